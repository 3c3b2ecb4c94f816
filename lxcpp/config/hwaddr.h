// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/text.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace lxcpp {

// Each x or X becomes a random hexadecimal digit, so that the first octet stays a unicast one.
[[nodiscard]] std::string expand_hwaddr(std::string_view pattern);

// The same in every lxc.net.N.hwaddr line of a container that is being created; every other byte
// of the text stays. Returns how many lines changed.
std::size_t expand_hwaddrs(ConfigText& text);

} // namespace lxcpp
