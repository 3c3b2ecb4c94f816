// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string_view>

namespace lxcpp::debian {

// Orders two package versions ([epoch:]upstream[-revision]) as Debian policy 5.6.12 defines it.
[[nodiscard]] std::strong_ordering compare_versions(std::string_view left, std::string_view right) noexcept;

// Whether text is a version that policy allows: starts with a digit, known characters only.
[[nodiscard]] bool valid_version(std::string_view text) noexcept;

} // namespace lxcpp::debian
