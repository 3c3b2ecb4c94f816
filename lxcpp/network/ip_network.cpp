// SPDX-License-Identifier: Apache-2.0
#include "network/ip_network.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <arpa/inet.h>
#include <fmt/format.h>

namespace lxcpp {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view what) {
    throw Error(fmt::format("\"{}\" is not {}", printable(text), what));
}

int digit_of(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

} // namespace

std::uint32_t ipv4_number(std::string_view text) {
    in_addr address{};
    if (::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1)
        refuse(text, "an IPv4 address");
    return ntohl(address.s_addr);
}

std::string ipv4_text(std::uint32_t address) {
    return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff,
                       address & 0xff);
}

Ipv4Network ipv4_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto prefix = slash == text.npos ? std::nullopt : parse_u64(text.substr(slash + 1));
    if (!prefix || *prefix > 32) refuse(text, "an IPv4 address with its prefix");
    return {ipv4_number(text.substr(0, slash)), static_cast<int>(*prefix)};
}

std::string text_of(const Ipv4Network& network) {
    return fmt::format("{}/{}", ipv4_text(network.address), network.prefix);
}

Ipv6Address ipv6_address(std::string_view text) {
    Ipv6Address address{};
    if (::inet_pton(AF_INET6, std::string(text).c_str(), address.data()) != 1)
        refuse(text, "an IPv6 address");
    return address;
}

std::string ipv6_text(const Ipv6Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return ::inet_ntop(AF_INET6, address.data(), text.data(), text.size());
}

MacAddress mac_address(std::string_view text) {
    MacAddress mac{};
    const auto octets = split(text, ':');
    if (octets.size() != mac.size()) refuse(text, "a hardware address");
    for (std::size_t i = 0; i < mac.size(); ++i) {
        const bool pair =
            octets[i].size() == 2 && digit_of(octets[i][0]) >= 0 && digit_of(octets[i][1]) >= 0;
        if (!pair) refuse(text, "a hardware address");
        mac[i] = static_cast<std::uint8_t>(digit_of(octets[i][0]) * 16 + digit_of(octets[i][1]));
    }
    return mac;
}

std::string mac_address_text(const MacAddress& mac) {
    return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3],
                       mac[4], mac[5]);
}

Ipv6Address ipv6_of_mac(const Ipv6Address& prefix, const MacAddress& mac) {
    Ipv6Address address = prefix;
    const std::array<std::uint8_t, 8> host{
        static_cast<std::uint8_t>(mac[0] ^ 2), mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]};
    std::ranges::copy(host, address.begin() + 8);
    return address;
}

Ipv6Address ipv6_link_local(const MacAddress& mac) {
    return ipv6_of_mac({0xfe, 0x80}, mac);
}

Ipv6Address ipv6_prefix64(Ipv6Address address) {
    std::fill(address.begin() + 8, address.end(), std::uint8_t{0});
    return address;
}

} // namespace lxcpp
