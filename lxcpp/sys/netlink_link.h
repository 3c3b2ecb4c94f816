// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/netlink.h"

#include <cstdint>
#include <optional>
#include <string>

// Network interfaces: making, finding, changing, moving and deleting them.
namespace lxcpp::sys {

// Empty and zero: as the kernel does without.
struct NewLink {
    std::string name; // "eth%d": the kernel counts
    std::string mac;
    std::uint32_t mtu = 0;
    unsigned rx_queues = 0;
    unsigned tx_queues = 0;
    int master = 0; // index of a bridge
    bool up = false;
    FdRef network_namespace; // in which it appears; invalid = that of the socket
};

// Both ends in one message, each where it belongs. The kernel cannot bring up peer before there is
// link: peer.up does nothing.
void add_veth(Netlink& netlink, const NewLink& link, const NewLink& peer);

enum class MacvlanBehaviour : std::uint32_t { Private = 1, Vepa = 2, Bridge = 4, Passthru = 8 };
enum class IpvlanLayer : std::uint16_t { L2 = 0, L3 = 1, L3s = 2 };
enum class IpvlanSharing : std::uint16_t { Bridge = 0, Private = 1, Vepa = 2 };
// On a link of the socket's namespace, whose index parent is.
void add_macvlan(Netlink& netlink, const NewLink& link, int parent, MacvlanBehaviour behaviour);
void add_ipvlan(Netlink& netlink, const NewLink& link, int parent, IpvlanLayer layer,
                IpvlanSharing sharing);
void add_vlan(Netlink& netlink, const NewLink& link, int parent, std::uint16_t id);

struct BridgeOptions {
    std::optional<bool> spanning_tree;
    std::optional<bool> vlan_filtering;
    std::optional<bool> multicast_snooping;
    std::optional<bool> link_local_learning; // of senders to 01:80:c2:00:00:0X, which rules do not see
    std::optional<std::uint32_t> forward_delay; // hundredths of a second
};
void add_bridge(Netlink& netlink, const NewLink& link, const BridgeOptions& options = {});

// By its name or one of its other names; nullopt when there is none.
[[nodiscard]] std::optional<NetLink> find_link(Netlink& netlink, const std::string& name);
[[nodiscard]] std::optional<NetLink> find_link(Netlink& netlink, int index);
// The number that the socket's namespace has for this one (NetLink::parent_namespace); nullopt: none yet.
[[nodiscard]] std::optional<int> namespace_number(Netlink& netlink, FdRef network_namespace);

struct LinkChange {
    std::optional<std::string> name; // of a link that is down; newer kernels rename others too
    std::optional<std::string> mac;
    std::optional<std::uint32_t> mtu;
    std::optional<std::string> alias; // up to 255 bytes; set before master
    std::optional<int> master; // 0 takes it out
    std::optional<bool> up;
};
void change_link(Netlink& netlink, const NetLink& link, const LinkChange& change);
// Into that namespace, and there the change; a new name is taken in any case.
void move_link(Netlink& netlink, const NetLink& link, FdRef network_namespace,
               const LinkChange& change = {});
void delete_link(Netlink& netlink, const NetLink& link); // no error when it is gone
void add_other_name(Netlink& netlink, const NetLink& link, const std::string& name);
void remove_other_name(Netlink& netlink, const NetLink& link, const std::string& name);

} // namespace lxcpp::sys
