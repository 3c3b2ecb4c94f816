// SPDX-License-Identifier: Apache-2.0
#include "network/tap_filter.h"

#include <array>
#include <cstdint>
#include <linux/if_ether.h>

namespace lxcpp {
namespace {

constexpr std::uint32_t kEtherType = 12; // in the frame
constexpr std::uint32_t kTarget4 = 14 + 16;
constexpr std::uint32_t kSource6 = 14 + 8;
constexpr std::uint32_t kTarget6 = 14 + 24;
constexpr std::uint32_t kAll = 0xffff'ffff;

constexpr sock_filter load(std::uint16_t size, std::uint32_t offset) {
    return {static_cast<std::uint16_t>(BPF_LD | BPF_ABS | size), 0, 0, offset};
}
// How many instructions to skip.
constexpr sock_filter equal(std::uint32_t value, std::uint8_t if_so, std::uint8_t if_not) {
    return {BPF_JMP | BPF_JEQ | BPF_K, if_so, if_not, value};
}
constexpr sock_filter result(std::uint32_t value) {
    return {BPF_RET | BPF_K, 0, 0, value};
}

// 127.0.0.0/8, and 0.0.0.0/8, which connect(2) takes for it. Of IPv6 all that begins with 64 zero
// bits: ::, ::1, ::127.0.0.1 and ::ffff:127.0.0.1, which a socket of IPv6 takes for IPv4. From ::
// come questions whether an address is taken, which nobody there could answer; pasta of 2023 takes
// it for the container's address.
constexpr std::array kFilter{
    load(BPF_H, kEtherType),   equal(ETH_P_IP, 0, 3),   load(BPF_B, kTarget4), equal(127, 11, 0),
    equal(0, 10, 9),           equal(ETH_P_IPV6, 0, 8), load(BPF_W, kTarget6), equal(0, 0, 2),
    load(BPF_W, kTarget6 + 4), equal(0, 5, 0),          load(BPF_W, kSource6), equal(0, 0, 2),
    load(BPF_W, kSource6 + 4), equal(0, 1, 0),          result(kAll),          result(0),
};

} // namespace

std::span<const sock_filter> tap_filter() noexcept {
    return kFilter;
}

} // namespace lxcpp
