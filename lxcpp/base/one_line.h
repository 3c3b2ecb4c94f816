// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/strings.h"

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// What another program has said on several lines, for a message of ours; nothing in it can drive a
// terminal.
[[nodiscard]] inline std::string one_line(std::string_view text) {
    std::vector<std::string> lines;
    for (const std::string_view line : split_lines(text)) {
        if (!trim(line).empty()) lines.push_back(printable(trim(line)));
    }
    return join(lines, "; ");
}

} // namespace lxcpp
