// SPDX-License-Identifier: Apache-2.0
#include "config/codec_net.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>

namespace lxcpp {
namespace {

constexpr std::size_t kMaxInterfaceName = 15; // IFNAMSIZ - 1
constexpr std::size_t kMaxOtherName = 127;    // ALTIFNAMSIZ - 1
constexpr std::int64_t kMaxVlan = 4094;

constexpr int address_family(Family family) {
    return family == Family::Ipv4 ? AF_INET : AF_INET6;
}
constexpr int address_bits(Family family) {
    return family == Family::Ipv4 ? 32 : 128;
}
constexpr std::string_view family_name(Family family) {
    return family == Family::Ipv4 ? "an IPv4 address" : "an IPv6 address";
}

std::uint16_t parse_vlan(std::string_view text, std::int64_t last) {
    const auto number = parse_number(text);
    if (!number || *number < 0 || *number > last)
        reject(text, fmt::format("a VLAN id from 0 to {}", last));
    return static_cast<std::uint16_t>(*number);
}

bool is_interface_name(std::string_view text, std::size_t longest) {
    const bool clean = std::ranges::none_of(
        text, [](unsigned char c) { return c <= ' ' || c == '/' || c == ':' || c == 0x7f; });
    return clean && text.size() <= longest && text != "." && text != "..";
}

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_hardware_octet(std::string_view octet) {
    return octet.size() == 2 && std::ranges::all_of(octet, [](char c) {
               return is_hex_digit(c) || c == 'x' || c == 'X';
           });
}

} // namespace

std::string parse_address(Family family, std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    const std::string copy(text);
    const bool whole = copy.find('\0') == copy.npos; // inet_pton(3) would not see what follows
    if (!whole || inet_pton(address_family(family), copy.c_str(), address.data()) != 1)
        reject(text, family_name(family));
    std::array<char, INET6_ADDRSTRLEN> shown{};
    inet_ntop(address_family(family), address.data(), shown.data(), shown.size());
    return shown.data();
}

IpAddress parse_ip(Family family, std::string_view text) {
    const auto words = split_words(text);
    const bool has_broadcast = words.size() == 2 && family == Family::Ipv4;
    if (words.size() != 1 && !has_broadcast) reject(text, family_name(family));
    const auto slash = words[0].find('/');
    IpAddress ip;
    ip.address = parse_address(family, words[0].substr(0, slash));
    ip.prefix = family == Family::Ipv4 ? kNoPrefix : 64;
    if (slash != words[0].npos) {
        const auto prefix = parse_u64(words[0].substr(slash + 1));
        if (!prefix || *prefix > static_cast<std::uint64_t>(address_bits(family)))
            reject(text, fmt::format("a prefix from 0 to {}", address_bits(family)));
        ip.prefix = static_cast<int>(*prefix);
    }
    if (has_broadcast) ip.broadcast = parse_address(family, words[1]);
    return ip;
}

std::string ip_text(const IpAddress& address) {
    if (address.prefix == kNoPrefix) return address.address;
    return fmt::format("{}/{}", address.address, address.prefix);
}

void NetTypeWord::parse(std::string_view text, NetDevice& value) {
    NetType type{};
    Codec<NetType>::parse(text, type);
    if (type != value.type) reset(value, NetDevice{});
    value.type = type;
}

void NetTypeWord::reset(NetDevice& value, const NetDevice& fallback) {
    value.type = fallback.type;
    value.veth = fallback.veth;
    value.macvlan_mode = fallback.macvlan_mode;
    value.ipvlan_mode = fallback.ipvlan_mode;
    value.ipvlan_isolation = fallback.ipvlan_isolation;
    value.vlan_id = fallback.vlan_id;
}

void UpFlag::parse(std::string_view text, bool& value) {
    if (text != "up") reject(text, "up");
    value = true;
}

void InterfaceName::parse(std::string_view text, std::string& value) {
    if (!is_interface_name(text, kMaxInterfaceName))
        reject(text, "an interface name of at most 15 bytes without blanks, / and :");
    value = text;
}

void LinkName::parse(std::string_view text, std::string& value) {
    if (!is_interface_name(text, kMaxOtherName))
        reject(text, "an interface name of at most 127 bytes without blanks, / and :");
    value = text;
}

void HardwareAddress::parse(std::string_view text, std::string& value) {
    const auto octets = split(text, ':');
    // 6 octets on Ethernet, 20 on InfiniBand.
    if ((octets.size() != 6 && octets.size() != 20) ||
        !std::ranges::all_of(octets, is_hardware_octet))
        reject(text, "a hardware address such as 10:66:6a:xx:xx:xx");
    value = text;
}

void MtuText::parse(std::string_view text, std::string& value) {
    const auto number = parse_u64(text);
    if (!number || *number < 68 || *number > 0x7fff'ffff) reject(text, "a number of at least 68");
    value = text;
}

void VlanNumber::parse(std::string_view text, std::uint16_t& value) {
    value = parse_vlan(text, 0xffff);
}

void BridgeVlan::parse(std::string_view text, std::string& value) {
    value = text == "none" ? std::string(text) : std::to_string(parse_vlan(text, kMaxVlan));
}

std::uint16_t TaggedVlans::item(std::string_view text) {
    return parse_vlan(text, kMaxVlan);
}

} // namespace lxcpp
