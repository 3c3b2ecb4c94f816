// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/item.h"

#include <string>
#include <string_view>

namespace lxcpp {

enum class Severity { Error, Warning };

// One thing wrong with a configuration and what to do about it.
struct Problem {
    Severity severity = Severity::Error;
    Origin origin;
    std::string key;
    std::string message;
    std::string suggestion; // "" when we know none
    bool operator==(const Problem&) const = default;
};

// "FILE:LINE: error: KEY: MESSAGE (SUGGESTION)"
[[nodiscard]] std::string problem_line(const Problem& problem);

// Text of the administrator's quoted in a message: printable, cut after 100 bytes.
[[nodiscard]] std::string excerpt(std::string_view text);

} // namespace lxcpp
