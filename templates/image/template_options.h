// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

enum class Takes { Nothing, Value };

// One option of a template program, and what it does to the program's Options.
template <typename Options>
struct TemplateOption {
    std::string_view name; // long, without "--"
    char letter;           // '\0' = none
    Takes takes;
    void (*apply)(Options&, const std::string& value);
};

template <typename Options>
const TemplateOption<Options>& find_template_option(std::span<const TemplateOption<Options>> table, std::string_view argument) {
    const bool is_long = argument.starts_with("--") && argument.size() > 2;
    const bool is_short = argument.size() == 2 && argument[0] == '-' && argument[1] != '-';
    for (const auto& option : table) {
        if (is_long && option.name == argument.substr(2)) return option;
        if (is_short && option.letter == argument[1]) return option;
    }
    throw Error(fmt::format("unknown argument '{}': see --help", printable(argument)));
}

// "--name VALUE", "--name=VALUE", "-n VALUE". What is no option goes to operand; without one it is refused. Throws
// Error naming the argument.
template <typename Options>
void parse_template_options(std::span<const TemplateOption<Options>> table, const std::vector<std::string>& arguments,
                            Options& options, void (*operand)(Options&, const std::string&) = nullptr) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (operand != nullptr && !argument.starts_with('-')) {
            operand(options, arguments[i]);
            continue;
        }
        const auto equals = argument.starts_with("--") ? argument.find('=') : argument.npos;
        const auto& option = find_template_option(table, argument.substr(0, equals));
        std::string value;
        if (option.takes == Takes::Nothing) {
            if (equals != argument.npos) throw Error(fmt::format("--{} takes no value", option.name));
        } else if (equals != argument.npos) {
            value = argument.substr(equals + 1);
        } else if (++i < arguments.size()) {
            value = arguments[i];
        } else {
            throw Error(fmt::format("--{} needs a value", option.name));
        }
        option.apply(options, value);
    }
}

} // namespace lxcpp::image
