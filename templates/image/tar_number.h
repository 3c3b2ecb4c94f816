// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lxcpp::image {

// A number in a tar header: octal digits with blanks or NULs around, or GNU's base-256 (first bit
// set). nullopt when neither. raw is not empty.
[[nodiscard]] std::optional<std::int64_t> parse_tar_number(std::string_view raw);

} // namespace lxcpp::image
