// SPDX-License-Identifier: Apache-2.0
// Addresses, interface names and the other values behind lxc.net.N, against what the C library reads.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "config/codec_net.h"
#include "config/item.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>

namespace lxcpp::fuzz {
namespace {

using Raw = std::array<unsigned char, 16>;

std::optional<Raw> bytes_of(Family family, const std::string& text) {
    Raw raw{};
    if (inet_pton(family == Family::Ipv4 ? AF_INET : AF_INET6, text.c_str(), raw.data()) != 1) return std::nullopt;
    return raw;
}

void check_address(Family family, std::string_view text) {
    const std::string copy(text);
    const auto expected = text.find('\0') == text.npos ? bytes_of(family, copy) : std::nullopt;
    const auto address = accepted([&] { return parse_address(family, text); });
    FUZZ_CHECK_WITH(address.has_value() == expected.has_value(), copy);
    if (!address) return;
    FUZZ_CHECK_WITH(bytes_of(family, *address) == expected, copy);
    FUZZ_CHECK_WITH(parse_address(family, *address) == *address, copy);
}

void check_ip(Family family, std::string_view text) {
    const auto ip = accepted([&] { return parse_ip(family, text); });
    if (!ip) return;
    FUZZ_CHECK(ip->prefix >= (family == Family::Ipv4 ? kNoPrefix : 0) && ip->prefix <= (family == Family::Ipv4 ? 32 : 128));
    FUZZ_CHECK(bytes_of(family, ip->address).has_value());
    FUZZ_CHECK(ip->broadcast.empty() || bytes_of(family, ip->broadcast).has_value());
    IpAddress plain = *ip;
    plain.broadcast.clear();
    FUZZ_CHECK_WITH(parse_ip(family, ip_text(*ip)) == plain, text);
}

void check_device(const NetDevice& device) {
    for (const std::string* name : {&device.link, &device.name, &device.veth.pair}) {
        FUZZ_CHECK_WITH(name->size() <= (name == &device.link ? 127u : 15u) && *name != "." && *name != "..", *name);
        FUZZ_CHECK_WITH(name->find_first_of("/: \t\n") == std::string::npos, *name);
    }
    if (!device.mtu.empty()) FUZZ_CHECK(parse_u64(device.mtu).value_or(0) >= 68);
    if (!device.hwaddr.empty()) FUZZ_CHECK(device.hwaddr.size() == 17 || device.hwaddr.size() == 59);
    for (const std::uint16_t id : device.veth.vlan_tagged_ids) FUZZ_CHECK(id <= 4094);
    if (device.type != NetType::Veth) FUZZ_CHECK(device.veth == Veth{});
}

// "KEY VALUE" lines for devices 0 to 3; KEY may begin with its device: "2.link br0".
void check_devices(std::string_view text) {
    Config config;
    for (const auto line : split_lines(text)) {
        const auto blank = std::min(line.find(' '), line.size());
        const auto value = trim(line.substr(blank));
        std::string key(line.substr(0, blank));
        if (key.empty()) continue;
        if (key.size() < 2 || key[0] < '0' || key[0] > '3' || key[1] != '.') key.insert(0, "0.");
        succeeds([&] { set_item(config, "lxc.net." + key, value); });
    }
    FUZZ_CHECK(std::ranges::is_sorted(config.net, {}, &NetDevice::index));
    for (const NetDevice& device : config.net) check_device(device);
    Config again;
    for (const KeyText& line : effective_lines(config)) {
        FUZZ_CHECK_WITH(succeeds([&] { set_item(again, line.key, line.value); }), line.key + " = " + line.value);
    }
    FUZZ_CHECK_WITH(again.net == config.net, effective_text(config));
}

} // namespace

void one_input(std::string_view bytes) {
    Bytes input(bytes);
    switch (input.byte()) {
    case '4': check_address(Family::Ipv4, input.rest()); return check_ip(Family::Ipv4, input.rest());
    case '6': check_address(Family::Ipv6, input.rest()); return check_ip(Family::Ipv6, input.rest());
    default: return check_devices(bytes);
    }
}

std::vector<std::string> made_seeds() { return {}; }

} // namespace lxcpp::fuzz
