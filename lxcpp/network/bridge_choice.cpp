// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_choice.h"

#include "base/sha256.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace lxcpp {
namespace {

// Well spread over all bits, whatever the names have in common.
std::uint64_t spread(std::string_view seed, std::string_view purpose) {
    const std::string digest = sha256_hex(fmt::format("{}\n{}", purpose, seed));
    std::uint64_t number = 0;
    for (const char c : std::string_view(digest).substr(0, 16)) {
        number = number << 4 | static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return number;
}

Ipv4Network own_ipv4(const BridgeConfig& config, const BridgeChoice& choice) {
    const Ipv4Network own =
        ipv4_network(config.ipv4_address == kAutomatic ? choice.ipv4 : config.ipv4_address);
    if (own.address == own.first() || own.address == own.last())
        throw Error(fmt::format("ipv4.address = {}: it stands for the network as a whole; the "
                                "bridge needs one of a host, as {}/{}",
                                text_of(own), ipv4_text(own.first() + 1), own.prefix));
    return own;
}

void settle_range(BridgeSettings& settings, const BridgeConfig& config) {
    const Ipv4Network& own = *settings.ipv4;
    settings.ipv4_first = own.first() + 1;
    settings.ipv4_last = own.last() - 1;
    if (config.ipv4_first.empty()) return;
    settings.ipv4_first = ipv4_number(config.ipv4_first);
    settings.ipv4_last = ipv4_number(config.ipv4_last);
    const bool inside = own.contains(settings.ipv4_first) && own.contains(settings.ipv4_last) &&
                        settings.ipv4_first > own.first() && settings.ipv4_last < own.last();
    if (!inside || settings.ipv4_first > settings.ipv4_last)
        throw Error(
            fmt::format("ipv4.dhcp.range = {},{}: it is no range inside the bridge's network {}/{}",
                        config.ipv4_first, config.ipv4_last, ipv4_text(own.first()), own.prefix));
}

} // namespace

Ipv4Network choose_ipv4(std::string_view seed, std::span<const Ipv4Network> routes) {
    constexpr std::uint64_t kNetworks = 1 << 16; // of 10.0.0.0/8
    const std::uint64_t start = spread(seed, "ipv4");
    for (std::uint64_t i = 0; i < kNetworks; ++i) {
        // A large odd step visits all of them, and the neighbours of what is in use late.
        const auto number =
            static_cast<std::uint32_t>((start % kNetworks + i * 25'033) % kNetworks);
        const Ipv4Network candidate{0x0a00'0001u | number << 8, 24};
        const auto covers = [&](const Ipv4Network& route) {
            return route.prefix > 0 && route.overlaps(candidate);
        };
        if (std::ranges::none_of(routes, covers)) return candidate;
    }
    throw Error("the host has routes to all networks of 10.0.0.0/8: choose one and set "
                "ipv4.address in net.conf");
}

Ipv6Address choose_ipv6(std::string_view seed) {
    const std::uint64_t number = spread(seed, "ipv6");
    Ipv6Address address{0xfd};
    for (std::size_t i = 0; i < 7; ++i)
        address[i + 1] = static_cast<std::uint8_t>(number >> (8 * i));
    address[15] = 1;
    return address;
}

std::string choose_mac(std::string_view seed) {
    const std::uint64_t number = spread(seed, "mac");
    MacAddress mac{};
    for (std::size_t i = 0; i < mac.size(); ++i)
        mac[i] = static_cast<std::uint8_t>(number >> (8 * i));
    mac[0] = static_cast<std::uint8_t>((mac[0] & 0xfc) | 2);
    if (mac[0] == kUsersMac) mac[0] |= 4;
    return mac_address_text(mac);
}

BridgeSettings settle_bridge(const BridgeConfig& config, const BridgeChoice& choice,
                             std::string_view seed) {
    BridgeSettings settings;
    settings.bridge = config.bridge;
    settings.mac =
        config.mac.empty() ? choose_mac(fmt::format("{}\n{}", seed, config.bridge)) : config.mac;
    settings.mtu = config.mtu;
    settings.domain = config.domain;
    settings.filter = config.filter;
    settings.dnsmasq_file = config.dnsmasq_file;
    settings.uplink = config.uplink;
    if (config.ipv4_address != kNone) {
        settings.ipv4 = own_ipv4(config, choice);
        settings.ipv4_nat = config.ipv4_nat;
        settle_range(settings, config);
    }
    if (config.ipv6_address != kNone) {
        const std::string text =
            config.ipv6_address == kAutomatic ? choice.ipv6 : config.ipv6_address;
        settings.ipv6 = ipv6_address(std::string_view(text).substr(0, text.find('/')));
        if (*settings.ipv6 == ipv6_prefix64(*settings.ipv6))
            throw Error(fmt::format("ipv6.address = {}: it stands for the network as a whole; the "
                                    "bridge needs one of a host",
                                    text));
        settings.ipv6_nat = config.ipv6_nat;
        settings.ipv6_router = config.ipv6_nat || config.ipv6_address != kAutomatic;
    }
    return settings;
}

std::string bridge_settings_text(const BridgeSettings& settings) {
    const auto flag = [](bool value) { return value ? "1" : "0"; };
    std::string text =
        fmt::format("bridge={}\nmac={}\nmtu={}\ndomain={}\nfilter={}\ndnsmasq={}\nuplink={}\n",
                    settings.bridge, settings.mac, settings.mtu, settings.domain,
                    flag(settings.filter), settings.dnsmasq_file, settings.uplink);
    if (settings.ipv4) {
        text += fmt::format("ipv4={}\nfirst={}\nlast={}\nnat4={}\n", text_of(*settings.ipv4),
                            ipv4_text(settings.ipv4_first), ipv4_text(settings.ipv4_last),
                            flag(settings.ipv4_nat));
    }
    if (settings.ipv6) {
        text += fmt::format("ipv6={}\nnat6={}\nrouter={}\n", ipv6_text(*settings.ipv6),
                            flag(settings.ipv6_nat), flag(settings.ipv6_router));
    }
    return text;
}

BridgeSettings parse_bridge_settings(std::string_view text) {
    std::map<std::string_view, std::string_view> values;
    for (const std::string_view line : split_lines(text)) {
        const auto equals = line.find('=');
        if (equals != line.npos) values[line.substr(0, equals)] = line.substr(equals + 1);
    }
    BridgeSettings settings;
    settings.bridge = values["bridge"];
    settings.mac = values["mac"];
    settings.mtu = static_cast<std::uint32_t>(parse_u64(values["mtu"]).value_or(0));
    settings.domain = values["domain"];
    settings.filter = values["filter"] != "0";
    settings.dnsmasq_file = values["dnsmasq"];
    settings.uplink = values["uplink"];
    if (values.contains("ipv4")) {
        settings.ipv4 = ipv4_network(values["ipv4"]);
        settings.ipv4_first = ipv4_number(values["first"]);
        settings.ipv4_last = ipv4_number(values["last"]);
        settings.ipv4_nat = values["nat4"] == "1";
    }
    if (values.contains("ipv6")) {
        settings.ipv6 = ipv6_address(values["ipv6"]);
        settings.ipv6_nat = values["nat6"] == "1";
        settings.ipv6_router = values["router"] == "1";
    }
    return settings;
}

std::optional<std::uint32_t>
choose_container_ipv4(const BridgeSettings& settings, std::string_view key,
                      const std::function<bool(std::uint32_t)>& taken) {
    if (!settings.ipv4) return std::nullopt;
    const std::uint64_t size = std::uint64_t{settings.ipv4_last} - settings.ipv4_first + 1;
    const std::uint64_t start = spread(key, "container") % size;
    for (std::uint64_t i = 0; i < size; ++i) {
        const auto address = static_cast<std::uint32_t>(settings.ipv4_first + (start + i) % size);
        if (address != settings.ipv4->address && !taken(address)) return address;
    }
    return std::nullopt;
}

} // namespace lxcpp
