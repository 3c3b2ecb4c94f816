// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/nic_plan.h"

#include <optional>
#include <string>

// The addresses of user-mode networking. The network exists only between the container and the
// program that carries it; the numbers are those that slirp has used since QEMU's first days.
namespace lxcpp {

inline constexpr const char* kUserAddress4 =
    "10.0.2.15"; // the first that slirp4netns gives by DHCP
inline constexpr int kUserPrefix4 = 24;
inline constexpr const char* kUserAddress6 = "fd00::15";
inline constexpr const char* kUserGateway6 = "fd00::2";
inline constexpr const char* kUserResolver6 = "fd00::3";
inline constexpr int kUserPrefix6 = 64;
inline constexpr std::uint32_t kUserMtu = 65520; // the program makes packets of its own anyway

// What lxc.net.N of type user leaves open: an IPv4 address, gateways.
void complete_user_nic(NicPlan& nic);
// The same for IPv6, which only the host's own uplink decides (ipv6_as_host).
void add_user_ipv6(NicPlan& nic);

// A device that was to be on a bridge: its name, hardware address, MTU and scripts; addresses of
// the bridge's network mean nothing here.
[[nodiscard]] NicPlan as_user_nic(const NicPlan& veth);

[[nodiscard]] const NicAddress* user_address(const NicPlan& nic, int family); // nullptr: none
[[nodiscard]] std::string user_gateway(const NicPlan& nic, int family);       // "" for none
// At which the host's own resolver answers.
[[nodiscard]] std::string user_resolver(const NicPlan& nic, int family);
// "10.0.2.0/24"
[[nodiscard]] std::string user_network4(const NicPlan& nic);

} // namespace lxcpp
