// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink_bridge.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <cerrno>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace lxcpp::sys {
namespace {

struct PortFlag {
    std::optional<bool> BridgePort::*wish;
    std::uint16_t attribute;
};
constexpr PortFlag kPortFlags[] = {
    {&BridgePort::hairpin, IFLA_BRPORT_MODE},
    {&BridgePort::isolated, IFLA_BRPORT_ISOLATED},
    {&BridgePort::learning, IFLA_BRPORT_LEARNING},
    {&BridgePort::flood, IFLA_BRPORT_UNICAST_FLOOD},
    {&BridgePort::multicast_flood, IFLA_BRPORT_MCAST_FLOOD},
    {&BridgePort::broadcast_flood, IFLA_BRPORT_BCAST_FLOOD},
    {&BridgePort::guard, IFLA_BRPORT_GUARD},
    {&BridgePort::root_block, IFLA_BRPORT_PROTECT},
    {&BridgePort::fast_leave, IFLA_BRPORT_FAST_LEAVE},
    {&BridgePort::neighbour_suppression, IFLA_BRPORT_NEIGH_SUPPRESS},
    {&BridgePort::locked, IFLA_BRPORT_LOCKED},
};

ifinfomsg port_of(const NetLink& port) noexcept {
    ifinfomsg fixed{};
    fixed.ifi_family = AF_BRIDGE;
    fixed.ifi_index = port.index;
    return fixed;
}

NetlinkRequest vlan_request(std::uint16_t type, const NetLink& port, const BridgeVlan& vlan) {
    bridge_vlan_info info{};
    info.vid = vlan.id;
    info.flags = static_cast<std::uint16_t>((vlan.pvid ? BRIDGE_VLAN_INFO_PVID : 0) |
                                            (vlan.untagged ? BRIDGE_VLAN_INFO_UNTAGGED : 0));
    NetlinkRequest request(type, 0, as_bytes(port_of(port)));
    request.nested(IFLA_AF_SPEC, [&](NetlinkRequest& spec) {
        spec.bytes(IFLA_BRIDGE_VLAN_INFO, as_bytes(info));
    });
    return request;
}

} // namespace

void set_bridge_port(Netlink& netlink, const NetLink& port, const BridgePort& wish) {
    NetlinkRequest request(RTM_SETLINK, 0, as_bytes(port_of(port)));
    request.nested(IFLA_PROTINFO, [&](NetlinkRequest& info) {
        for (const PortFlag& row : kPortFlags) {
            if (const auto& value = wish.*row.wish)
                info.number<std::uint8_t>(row.attribute, *value ? 1 : 0);
        }
    });
    netlink.request(request, "set up the bridge port " + printable(port.name));
}

void add_bridge_vlan(Netlink& netlink, const NetLink& port, const BridgeVlan& vlan) {
    netlink.request(
        vlan_request(RTM_SETLINK, port, vlan),
        fmt::format("put the bridge port {} into VLAN {}", printable(port.name), vlan.id));
}

void remove_bridge_vlan(Netlink& netlink, const NetLink& port, std::uint16_t id) {
    try {
        netlink.request(
            vlan_request(RTM_DELLINK, port, {.id = id}),
            fmt::format("take the bridge port {} out of VLAN {}", printable(port.name), id));
    } catch (const SystemError& error) {
        if (error.code() != ENOENT) throw;
    }
}

} // namespace lxcpp::sys
