// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lxcpp::tools {

// Text that may hold anything (a value of a configuration, a message that quotes one), line by line
// without what drives a terminal; see printable(). Line breaks and tabs stay.
[[nodiscard]] std::string harmless(std::string_view text);

// For standard output: harmless on a terminal, byte for byte into a file or a pipe.
[[nodiscard]] std::string for_output(std::string_view text);

} // namespace lxcpp::tools
