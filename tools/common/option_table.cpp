// SPDX-License-Identifier: Apache-2.0
#include "common/option_table.h"
#include "common/say.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cstdio>
#include <fmt/core.h>
#include <getopt.h>
#include <limits>

namespace lxcpp::tools {
namespace {

constexpr int kFirstLong = 1000; // above every letter

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); });
    return text;
}

// getopt_long(3) returns '?' for a wrong option, but "-?" is also one of ours: the word it came from tells.
bool asks_for_help(std::string_view word) { return word.starts_with('-') && !word.starts_with("--") && word.ends_with('?'); }

} // namespace

void OptionTable::add(const std::string& names, Value value, const std::string& help, Take take) {
    Option option{.letters = {}, .name = {}, .value = value, .help = help, .take = std::move(take)};
    for (const std::string_view word : split(names, ',')) {
        if (word.starts_with("--")) option.name = word.substr(2);
        else option.letters += word.at(1);
    }
    if (!option.name.empty()) {
        std::erase_if(options_, [&option](const Option& other) { return other.name == option.name; });
    }
    for (Option& other : options_) { // "-l" of lxcpp-config is --list
        std::erase_if(other.letters, [&option](char letter) { return option.letters.find(letter) != std::string::npos; });
    }
    options_.push_back(std::move(option));
}

std::string OptionTable::short_options() const {
    std::string text;
    for (const Option& option : options_) {
        for (const char letter : option.letters) {
            text += letter;
            text += option.value == Value::None ? "" : option.value == Value::Needed ? ":" : "::";
        }
    }
    return text;
}

const OptionTable::Option* OptionTable::chosen(int code) const {
    if (code >= kFirstLong) return &options_.at(static_cast<std::size_t>(code - kFirstLong));
    const auto found = std::ranges::find_if(options_, [code](const Option& option) {
        return option.letters.find(static_cast<char>(code)) != std::string::npos;
    });
    return found == options_.end() ? nullptr : &*found;
}

std::optional<std::vector<std::string>> OptionTable::parse(const std::string& program, int argc, char** argv) const {
    const std::string letters = short_options();
    std::vector<::option> long_options;
    for (std::size_t i = 0; i < options_.size(); ++i) {
        if (options_[i].name.empty()) continue;
        const int value = options_[i].value == Value::None       ? no_argument
                          : options_[i].value == Value::Needed ? required_argument
                                                               : optional_argument;
        long_options.push_back({options_[i].name.c_str(), value, nullptr, kFirstLong + static_cast<int>(i)});
    }
    long_options.push_back({nullptr, 0, nullptr, 0});

    std::vector<char*> words(argv, argv + argc); // getopt_long moves them
    std::string name = program;                  // begins its messages
    if (words.empty()) words.push_back(nullptr);
    words.front() = name.data();
    words.push_back(nullptr);
    const int count = static_cast<int>(words.size()) - 1;
    ::optind = 0; // from the start
    for (;;) {
        const int code = ::getopt_long(count, words.data(), letters.c_str(), long_options.data(), nullptr);
        if (code == -1) break;
        const char* word = words[static_cast<std::size_t>(std::max(::optind - 1, 0))];
        const Option* option = code == '?' && !asks_for_help(word) ? nullptr : chosen(code);
        if (option == nullptr) return std::nullopt;
        const std::string value = ::optarg == nullptr ? "" : ::optarg;
        try {
            option->take(value);
        } catch (const Error& error) {
            const std::string shown = option->letters.empty() ? "--" + option->name : std::string("-") + option->letters.front();
            say("{}: {} {}: {}\n", program, shown, printable(value), error.what());
            return std::nullopt;
        }
    }
    return std::vector<std::string>(words.begin() + ::optind, words.end() - 1);
}

std::string OptionTable::help() const {
    std::string text;
    for (const Option& option : options_) {
        std::string left = option.letters.empty() ? "    " : fmt::format("-{}{}", option.letters.front(), option.name.empty() ? "" : ", ");
        if (!option.name.empty()) left += "--" + option.name;
        const std::string word = option.name.empty() ? "VALUE" : upper(option.name);
        if (option.value == Value::Needed) left += option.name.empty() ? " " + word : "=" + word;
        if (option.value == Value::Attached) left += "[=" + word + "]";
        text += left.size() <= 28 ? fmt::format("  {:<28}  {}\n", left, option.help)
                                  : fmt::format("  {}\n{:32}{}\n", left, "", option.help);
    }
    return text;
}

void convert(const std::string& text, std::string& target) { target = text; }

void convert(const std::string& text, int& target) {
    const auto number = parse_integer(text);
    if (!number || *number < std::numeric_limits<int>::min() || *number > std::numeric_limits<int>::max()) {
        throw Error("expected a number");
    }
    target = static_cast<int>(*number);
}

void convert(const std::string& text, std::size_t& target) {
    const auto number = parse_u64(text);
    if (!number) throw Error("expected a number");
    target = *number;
}

void convert(const std::string& text, std::optional<std::uint32_t>& target) {
    const auto number = parse_u64(text);
    if (!number || *number > std::numeric_limits<std::uint32_t>::max()) throw Error("expected a number from 0 to 4294967295");
    target = static_cast<std::uint32_t>(*number);
}

void convert(const std::string& text, std::optional<std::string>& target) { target = text; }

void convert(const std::string& text, std::vector<std::string>& target) { target.push_back(text); }

} // namespace lxcpp::tools
