// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/netlink.h"

#include <cstdint>
#include <optional>

// What a bridge knows of one of its ports (bridge(8)).
namespace lxcpp::sys {

struct BridgePort {
    std::optional<bool> hairpin;  // a packet may go back where it came from
    std::optional<bool> isolated; // nothing goes to other isolated ports
    std::optional<bool> learning;
    std::optional<bool> flood; // of packets to unknown addresses
    std::optional<bool> multicast_flood;
    std::optional<bool> broadcast_flood;
    std::optional<bool> guard;      // no spanning tree messages come in
    std::optional<bool> root_block; // never the way to the root of the spanning tree
    std::optional<bool> fast_leave;
    std::optional<bool>
        neighbour_suppression;  // the bridge answers neighbour requests for what it knows
    std::optional<bool> locked; // only known senders
};
void set_bridge_port(Netlink& netlink, const NetLink& port, const BridgePort& wish);

struct BridgeVlan {
    std::uint16_t id = 0;
    bool pvid = false;     // what comes in without a tag is of this one
    bool untagged = false; // goes out without a tag
};
// EOPNOTSUPP: a kernel without CONFIG_BRIDGE_VLAN_FILTERING.
void add_bridge_vlan(Netlink& netlink, const NetLink& port, const BridgeVlan& vlan);
void remove_bridge_vlan(Netlink& netlink, const NetLink& port,
                        std::uint16_t id); // no error when it has it not

} // namespace lxcpp::sys
