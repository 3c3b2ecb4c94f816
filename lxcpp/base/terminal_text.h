// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lxcpp {

// What a program that is not trusted prints, piece by piece, for a terminal: lines, tabs and
// carriage returns as they are, all else as printable() has it. A character that a piece ends in
// the middle of waits for the next one.
class TerminalText {
public:
    [[nodiscard]] std::string add(std::string_view piece);
    [[nodiscard]] std::string end(); // what still waits

private:
    std::string rest_;
};

} // namespace lxcpp
