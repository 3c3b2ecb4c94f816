// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lxcpp::image {

// A text as a scalar of YAML that is read back as the same text by readers of any version: plain where nobody could
// take it for something else, a block of lines indented by depth where it has several, in double quotes otherwise.
// With depth 0 there are no blocks.
[[nodiscard]] std::string yaml_scalar(std::string_view text, std::size_t depth);

// In double quotes.
[[nodiscard]] std::string yaml_quoted(std::string_view text);

} // namespace lxcpp::image
