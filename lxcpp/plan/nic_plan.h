// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"
#include "plan/run_program.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp {

struct NicAddress {
    int family = 0; // AF_INET, AF_INET6
    std::string address;
    int prefix = 0;
    std::string broadcast = {}; // IPv4; empty = none
};

enum class GatewayKind : std::uint8_t {
    Address, // the one that is named
    Link,    // "auto": the address that the link has on the host
    Device,  // "dev": everything is on the link
};

struct NicGateway {
    int family = 0;
    GatewayKind kind = GatewayKind::Address;
    std::string address = {};
    bool on_link = false; // it is in none of the device's networks
};

// One lxc.net.N that is a device, with everything that can be said without the kernel. Names of
// links are not looked up, random digits not thrown.
struct NicPlan {
    unsigned index = 0; // N
    NetType type = NetType::Empty;
    std::string name;         // inside; empty: a physical one keeps its own
    std::string link;         // on the host
    bool link_prefix = false; // phys: any whose name begins with link
    std::string hwaddr;       // x stands for a random digit
    std::uint32_t mtu = 0;    // 0: that of the bridge, or the kernel's
    bool up = false;
    bool l2proxy = false;
    std::vector<NicAddress> addresses;
    std::vector<NicGateway> gateways;
    // On a managed bridge it is set to the address that DHCP would give: nobody inside will ask.
    bool takes_lease = false;
    // Of one type only:
    Veth veth;
    MacvlanMode macvlan_mode = MacvlanMode::Private;
    IpvlanMode ipvlan_mode = IpvlanMode::L3;
    IpvlanIsolation ipvlan_isolation = IpvlanIsolation::Bridge;
    std::uint16_t vlan_id = 0;
    bool ipv6_as_host = false; // user: an IPv6 address and route too where the host has one
    // With the arguments that are known before the device is there.
    std::optional<RunProgram> script_up;
    std::optional<RunProgram> script_down;
};

} // namespace lxcpp
