// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <string_view>

namespace lxcpp::distro {

// When an image that is made now expires: text says after how long, as in "30d", "1w 2d" or "1h30m" (s, m, h, d and w
// are added up). What is none of that counts nothing, as in distrobuilder.
[[nodiscard]] std::time_t expiry_date(std::time_t now, std::string_view text);

} // namespace lxcpp::distro
