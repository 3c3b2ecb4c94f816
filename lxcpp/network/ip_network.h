// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

// IP addresses as numbers. What is parsed was checked before (config/codec_net.h): anything else
// throws Error.
namespace lxcpp {

struct Ipv4Network {
    std::uint32_t address = 0; // of a host in it, or of the network
    int prefix = 0;
    [[nodiscard]] std::uint32_t mask() const noexcept {
        return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
    }
    [[nodiscard]] std::uint32_t first() const noexcept { return address & mask(); }
    [[nodiscard]] std::uint32_t last() const noexcept {
        return first() | ~mask();
    } // its broadcast address
    [[nodiscard]] bool contains(std::uint32_t other) const noexcept {
        return (other & mask()) == first();
    }
    [[nodiscard]] bool overlaps(const Ipv4Network& other) const noexcept {
        return contains(other.first()) || other.contains(first());
    }
    bool operator==(const Ipv4Network&) const = default;
};

[[nodiscard]] std::uint32_t ipv4_number(std::string_view text);
[[nodiscard]] std::string ipv4_text(std::uint32_t address);
[[nodiscard]] Ipv4Network ipv4_network(std::string_view text); // "10.0.3.1/24"
[[nodiscard]] std::string text_of(const Ipv4Network& network); // the address, not the network

using Ipv6Address = std::array<std::uint8_t, 16>;
using MacAddress = std::array<std::uint8_t, 6>;

[[nodiscard]] Ipv6Address ipv6_address(std::string_view text);
[[nodiscard]] std::string ipv6_text(const Ipv6Address& address);
[[nodiscard]] MacAddress mac_address(std::string_view text); // six pairs of digits
[[nodiscard]] std::string mac_address_text(const MacAddress& mac);

// The address that a device with this hardware address gives itself in a /64 (RFC 4291, EUI-64).
[[nodiscard]] Ipv6Address ipv6_of_mac(const Ipv6Address& prefix, const MacAddress& mac);
[[nodiscard]] Ipv6Address ipv6_link_local(const MacAddress& mac);
[[nodiscard]] Ipv6Address ipv6_prefix64(Ipv6Address address); // host part zero

} // namespace lxcpp
