// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/bridge_config.h"
#include "network/ip_network.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// What the managed bridge chooses by itself. Pure: the same host and names give the same answers.
namespace lxcpp {

// A bridge with everything decided.
struct BridgeSettings {
    std::string bridge;
    std::string mac;
    std::uint32_t mtu = 0;
    std::optional<Ipv4Network> ipv4; // the bridge's own address
    std::uint32_t ipv4_first = 0;    // the range for containers
    std::uint32_t ipv4_last = 0;
    bool ipv4_nat = true;
    std::optional<Ipv6Address> ipv6; // the bridge's own address in a /64
    bool ipv6_nat = true;
    bool ipv6_router = true; // it tells of a way to elsewhere
    std::string domain;
    bool filter = true;
    std::string dnsmasq_file;
    std::string uplink;
    bool operator==(const BridgeSettings&) const = default;
};

// What "auto" stands for on this host.
struct BridgeChoice {
    std::string ipv4; // "10.37.124.1/24"
    std::string ipv6; // "fd....::1/64"
    bool operator==(const BridgeChoice&) const = default;
};

// 10.X.Y.1/24, beginning at one that follows from the seed, with which none of the routes overlaps.
// Throws Error when there is none.
[[nodiscard]] Ipv4Network choose_ipv4(std::string_view seed, std::span<const Ipv4Network> routes);
// The first address of a /64 of fd00::/8 (RFC 4193, with a hash of the seed as its random number).
[[nodiscard]] Ipv6Address choose_ipv6(std::string_view seed);
// First byte of what containers of ordinary users have, so that no name that a user finds for a
// container gives it the hardware address of another's.
inline constexpr std::uint8_t kUsersMac = 0x0a;
// Locally administered and unicast, and no user's.
[[nodiscard]] std::string choose_mac(std::string_view seed);

// Throws Error where the configuration contradicts itself.
[[nodiscard]] BridgeSettings settle_bridge(const BridgeConfig& config, const BridgeChoice& choice,
                                           std::string_view seed);
// As text and back, for later commands.
[[nodiscard]] std::string bridge_settings_text(const BridgeSettings& settings);
[[nodiscard]] BridgeSettings parse_bridge_settings(std::string_view text);

// An address of the range that is not taken, beginning at one that follows from the key; nullopt
// when all are.
[[nodiscard]] std::optional<std::uint32_t>
choose_container_ipv4(const BridgeSettings& settings, std::string_view key,
                      const std::function<bool(std::uint32_t)>& taken);

} // namespace lxcpp
