// SPDX-License-Identifier: Apache-2.0
#include "config/problem.h"

#include "base/strings.h"

#include <fmt/format.h>

namespace lxcpp {

std::string problem_line(const Problem& problem) {
    std::string line = problem.origin.file;
    if (problem.origin.line > 0) line += fmt::format(":{}", problem.origin.line);
    if (!line.empty()) line += ": ";
    line += problem.severity == Severity::Error ? "error: " : "warning: ";
    if (!problem.key.empty()) line += problem.key + ": ";
    line += problem.message;
    if (!problem.suggestion.empty()) line += " (" + problem.suggestion + ")";
    return printable(line); // a value stands in some, and can have anything in it
}

std::string excerpt(std::string_view text) {
    constexpr std::size_t longest = 100;
    return text.size() <= longest ? printable(text) : printable(text.substr(0, longest)) + "...";
}

} // namespace lxcpp
