// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"

#include "base/log.h"
#include "base/strings.h"

#include <lxcpp/error.h>
#include <lxcpp/version.h>

#include <algorithm>
#include <cstdio>
#include <fmt/core.h>

namespace lxcpp::tools {
namespace {

void say(const std::string& text) { (void)std::fputs(text.c_str(), stderr); }

} // namespace

Cli::Cli(std::string program, std::string description, std::string synopsis, Name name)
    : program_(std::move(program)), synopsis_(std::move(synopsis)), wants_name_(name),
      app_(std::move(description), program_) {
    app_.set_help_flag();
    app_.add_flag("-h,-?,--help", help_, "print this help");
    app_.add_flag("--usage", usage_, "print a short usage line");
    app_.add_flag("--version", version_, "print the version");
    if (name == Name::Required) app_.add_option("-n,--name", name_, "name of the container");
    app_.add_option("-P,--lxcpath", lxcpath_, "directory of the containers");
    app_.add_option("-o,--logfile", log_file_, "write log messages to this file");
    app_.add_option("-l,--logpriority", log_level_, "least important messages: TRACE DEBUG INFO NOTICE WARN ERROR");
    app_.add_flag("-q,--quiet", quiet_, "no messages on standard error");
    if (name == Name::Required) app_.add_option("--rcfile", rcfile_, "load this configuration instead of the container's");
    app_.allow_extras(); // the words; as an option of the parser "[a,b]" would become two
}

void Cli::flag(const std::string& names, bool& target, const std::string& help) { app_.add_flag(names, target, help); }

void Cli::optional_value(char letter, const std::string& name, std::string& target, std::string standing,
                         const std::string& help) {
    optional_values_.push_back({letter, name, std::move(standing)});
    app_.add_option(fmt::format("-{},--{}", letter, name), target, help);
}

// getopt_long(3) takes an optional value only when it is attached; the parser takes the next word.
std::vector<std::string> Cli::with_standing_values(int argc, char** argv) const {
    std::vector<std::string> words;
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        for (const OptionalValue& value : optional_values_) {
            const std::string letter = fmt::format("-{}", value.letter);
            if (word == letter || word == "--" + value.name) {
                word = fmt::format("--{}={}", value.name, value.standing);
            } else if (word.starts_with(letter) && !word.starts_with("--")) {
                word = fmt::format("--{}={}", value.name, word.substr(word[2] == '=' ? 3 : 2));
            }
        }
        words.push_back(std::move(word));
    }
    return words;
}

void Cli::print_usage() const { say(fmt::format("Usage: {} {}\n", program_, synopsis_)); }

std::optional<int> Cli::take_name() {
    if (wants_name_ == Name::None) return std::nullopt;
    if (name_.empty() && !words_.empty()) {
        name_ = words_.front();
        words_.erase(words_.begin());
    }
    if (!name_.empty()) return std::nullopt;
    say(fmt::format("{}: No container name specified\n", program_));
    return 1;
}

std::optional<int> Cli::parse(int argc, char** argv) {
    const auto dashes = std::find_if(argv + 1, argv + argc, [](const char* word) { return std::string_view(word) == "--"; });
    std::vector<std::string> options = with_standing_values(static_cast<int>(dashes - argv), argv);
    std::reverse(options.begin(), options.end()); // the parser takes them from the back
    try {
        app_.parse(options);
        words_ = app_.remaining();
        for (const std::string& word : words_) {
            if (word.size() > 1 && word.front() == '-') throw CLI::ExtrasError({word});
        }
        // What follows "--" is the program's that is run inside, word for word.
        if (dashes != argv + argc) words_.insert(words_.end(), dashes + 1, argv + argc);
    } catch (const CLI::ParseError& error) {
        say(fmt::format("{}: {}\n", program_, error.what()));
        print_usage();
        return 1;
    }
    if (help_) {
        print_usage();
        say(app_.help());
        return 0;
    }
    if (usage_) {
        print_usage();
        return 0;
    }
    if (version_) {
        fmt::print("{}\n", version());
        return 0;
    }
    LogOptions log{.program = program_, .level = LogLevel::Error, .file = log_file_, .to_stderr = !quiet_};
    if (!log_level_.empty()) {
        const auto level = parse_log_level(log_level_);
        if (!level) {
            say(fmt::format("{}: -l {}: no such log level\n", program_, log_level_));
            return 1;
        }
        log.level = *level;
    }
    log::configure(log);
    return take_name();
}

int run_tool(Cli& cli, int argc, char** argv, const std::function<int(Cli&)>& body) {
    try {
        if (const auto code = cli.parse(argc, argv)) return *code;
        return body(cli);
    } catch (const std::exception& error) {
        if (!cli.quiet()) {
            const std::string subject = cli.name().empty() ? "" : printable(cli.name()) + ": ";
            say(fmt::format("{}: {}{}\n", cli.program(), subject, error.what()));
        }
        const auto* program = dynamic_cast<const ProgramError*>(&error);
        return program == nullptr ? 1 : program->exit_code();
    }
}

std::optional<std::chrono::seconds> parse_timeout(const std::string& text) {
    const auto number = parse_integer(text);
    if (!number || *number < -1 || *number > 1'000'000'000) {
        throw Error("-t " + text + ": expected seconds, or -1 to wait for ever");
    }
    if (*number == -1) return std::nullopt;
    return std::chrono::seconds(*number);
}

} // namespace lxcpp::tools
