// SPDX-License-Identifier: Apache-2.0
#include "plan/ipv4_number.h"

#include "sys/netlink_message.h"

#include <fmt/format.h>
#include <sys/socket.h>

namespace lxcpp {

std::uint32_t number_of_ipv4(const std::string& address) {
    std::uint32_t number = 0;
    for (const char byte : sys::address_bytes(AF_INET, address))
        number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

std::string ipv4_of_number(std::uint32_t number) {
    return fmt::format("{}.{}.{}.{}", number >> 24, number >> 16 & 0xff, number >> 8 & 0xff,
                       number & 0xff);
}

} // namespace lxcpp
