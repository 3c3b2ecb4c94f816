// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lxcpp::sys {

// One UDP packet to an IPv4 address (a number of the machine's byte order) by this interface: to an
// address of the host itself, too, whose listener then sees it as come in there. Root's. Throws
// SystemError.
void send_by_interface(const std::string& interface, std::uint32_t address, std::uint16_t port,
                       std::string_view bytes);

} // namespace lxcpp::sys
