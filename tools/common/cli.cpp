// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"

#include "common/harmless.h"
#include "common/say.h"

#include "base/log.h"
#include "base/strings.h"
#include "config/load.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/signal.h"
#include "sys/stream.h"

#include <lxcpp/error.h>
#include <lxcpp/version.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fmt/core.h>
#include <new>
#include <unistd.h>

namespace lxcpp::tools {
namespace {

// Allocates nothing.
void say_out_of_memory() noexcept {
    (void)sys::try_write(FdRef(STDERR_FILENO), program_invocation_short_name);
    (void)sys::try_write(FdRef(STDERR_FILENO), ": out of memory\n");
}

[[noreturn]] void end() noexcept {
    try {
        if (const auto error = std::current_exception()) std::rethrow_exception(error);
    } catch (const std::bad_alloc&) {
        say_out_of_memory();
        std::_Exit(1);
    } catch (...) {
    }
    std::abort();
}

} // namespace

TellsOutOfMemory::TellsOutOfMemory() noexcept { std::set_terminate(end); }

Cli::Cli(std::string_view program, std::string_view description, std::string_view synopsis, Name name)
    : program_(program), description_(description), synopsis_(synopsis), wants_name_(name) {
    flag("-?,-h,--help", help_, "print this help");
    flag("--usage", usage_, "print a short usage line");
    flag("--version", version_, "print the version");
    if (name == Name::Required) option("-n,--name", name_, "name of the container");
    table_.add("-P,--lxcpath", OptionTable::Value::Needed, "directory of the containers",
               [this](const std::string& text) { take_lxcpath(text); });
    option("-o,--logfile", log_file_, "write log messages to this file");
    option("-l,--logpriority", log_level_, "least important messages: TRACE DEBUG INFO NOTICE WARN ERROR");
    flag("-q,--quiet", quiet_, "no messages on standard error");
    if (name == Name::Required) option("--rcfile", rcfile_, "load this configuration instead of the container's");
}

void Cli::flag(const std::string& names, bool& target, const std::string& help) {
    table_.add(names, OptionTable::Value::None, help, [&target](const std::string&) { target = true; });
}

void Cli::optional_value(const std::string& names, std::string& target, const std::string& standing,
                         const std::string& help) {
    table_.add(names, OptionTable::Value::Attached, help, [&target, standing](const std::string& text) {
        // getopt_long(3) gives "-e=CAP" as "=CAP"; LXC's manual pages write it so.
        target = text.empty() ? standing : text.starts_with('=') ? text.substr(1) : text;
    });
}

void Cli::print_usage() const { say("Usage: {} {}\n", program_, synopsis_); }

std::optional<int> Cli::take_name() {
    if (wants_name_ == Name::None) return std::nullopt;
    if (name_.empty() && !words_.empty()) {
        name_ = words_.front();
        words_.erase(words_.begin());
    }
    if (!name_.empty()) return std::nullopt;
    say("{}: No container name specified\n", program_);
    return 1;
}

void Cli::print_help() const {
    print_usage();
    say("\n{}\n\nOptions:\n{}", description_, table_.help());
    if (more_help_) more_help_();
}

// A script's unset variable must not make a command work on the default directory.
void Cli::take_lxcpath(const std::string& text) {
    if (text.empty()) throw Error("the directory has no name");
    if (!lxcpath_.empty()) throw Error("only one directory can be given");
    lxcpath_ = text;
}

// Where the running container has all that the program needs, the file must at least be a good one.
void Cli::check_rcfile() const {
    if (!rcfile_.empty()) (void)load_config(rcfile_);
}

std::optional<int> Cli::settled_by_options() {
    if (help_) {
        print_help();
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
    return std::nullopt;
}

std::optional<int> Cli::open_log() const {
    LogOptions log{.program = program_, .level = LogLevel::Error, .file = log_file_, .to_stderr = !quiet_};
    if (!log_level_.empty()) {
        const auto level = parse_log_level(log_level_);
        if (!level) {
            say("{}: -l {}: no such log level\n", program_, log_level_);
            return 1;
        }
        log.level = *level;
    }
    const std::filesystem::path directory = std::filesystem::path(log_file_).parent_path();
    if (!directory.empty()) sys::make_dirs(directory); // as LXC's tools do
    log::configure(log);
    return std::nullopt;
}

std::optional<int> Cli::parse(int argc, char** argv) {
    auto words = table_.parse(program_, argc, argv);
    if (!words) {
        print_usage();
        return 1;
    }
    words_ = std::move(*words);
    if (const auto code = settled_by_options()) return code;
    if (const auto code = open_log()) return code;
    if (const auto code = take_name()) return code;
    check_rcfile();
    return std::nullopt;
}

namespace {

// Who reads the output must not take half of it for all of it.
int after_output(int code) {
    errno = 0;
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw SystemError("write to the standard output", errno == 0 ? EIO : errno);
    return code;
}

} // namespace

int run_tool(Cli& cli, int argc, char** argv, const std::function<int(Cli&)>& body) {
    try {
        sys::fill_standard_fds();
        sys::ignore_file_size_signal();
        if (const auto code = cli.parse(argc, argv)) return after_output(*code);
        return after_output(body(cli));
    } catch (const std::bad_alloc&) {
        if (!cli.quiet()) say_out_of_memory();
        return 1;
    } catch (const std::exception& error) {
        if (!cli.quiet()) {
            const std::string subject = cli.name().empty() ? "" : printable(cli.name()) + ": ";
            say("{}: {}{}\n", cli.program(), subject, harmless(error.what()));
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

std::function<void(const std::string&)> note_printer(const Cli& cli) {
    if (cli.quiet()) return {};
    return [prefix = cli.program() + ": " + cli.name() + ": "](const std::string& line) {
        say("{}{}\n", prefix, harmless(line));
    };
}

} // namespace lxcpp::tools
