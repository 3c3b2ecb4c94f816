// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// net.conf: the managed bridge of this host, lxcpp-net.conf(5).
namespace lxcpp {

inline constexpr std::string_view kAutomatic = "auto"; // chosen once and remembered
inline constexpr std::string_view kNone = "none";

struct BridgeConfig {
    std::string bridge = "lxcppbr0";
    std::string mac;                      // empty = derived from the host
    std::uint32_t mtu = 0;                // 0 = the kernel's
    std::string ipv4_address{kAutomatic}; // auto, none or ADDRESS/PREFIX
    std::string ipv4_first, ipv4_last;    // what DHCP gives away; empty = all of the network
    bool ipv4_nat = true;
    std::string ipv6_address{kAutomatic};
    bool ipv6_nat = true;
    std::string domain = "lxcpp";
    bool filter = true;
    std::string dnsmasq_file; // more configuration of dnsmasq; empty = none
    std::string uplink;       // packets to elsewhere leave here only; empty = by the routes
    bool operator==(const BridgeConfig&) const = default;
};

[[nodiscard]] std::filesystem::path bridge_config_file(const Paths& paths);
// A missing file is no error. Throws ConfigError with file and line.
[[nodiscard]] BridgeConfig load_bridge_config(const Paths& paths);
[[nodiscard]] BridgeConfig parse_bridge_config(std::string_view text, const std::string& file);

struct BridgeKeyInfo {
    std::string name;
    std::string syntax;
    std::string help;
    std::string fallback; // the default; "" for none
};
[[nodiscard]] std::vector<BridgeKeyInfo> bridge_keys();
// What "edit" begins with when there is no file: each key, commented out, with its help.
[[nodiscard]] std::string bridge_config_template();

} // namespace lxcpp
