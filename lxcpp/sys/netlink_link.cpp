// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink_link.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <cerrno>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

namespace lxcpp::sys {
namespace {

constexpr std::size_t kMaxOtherName = 128; // ALTIFNAMSIZ, with the zero at its end
constexpr std::uint16_t kCreate = NLM_F_CREATE | NLM_F_EXCL;

std::string hardware_place(const NetlinkAttributes& attributes) {
    const std::string bus = attributes.text(IFLA_PARENT_DEV_BUS_NAME);
    const std::string name = attributes.text(IFLA_PARENT_DEV_NAME);
    return bus.empty() || name.empty() ? "" : bus + '/' + name;
}

void parse_kind(const NetlinkAttributes& info, NetLink& link) {
    link.kind = info.text(IFLA_INFO_KIND);
    if (link.kind != "bridge") return;
    const NetlinkAttributes data = info.nested(IFLA_INFO_DATA);
    if (data.find(IFLA_BR_VLAN_FILTERING))
        link.vlan_filtering = data.number<std::uint8_t>(IFLA_BR_VLAN_FILTERING) != 0;
    link.default_pvid = data.number<std::uint16_t>(IFLA_BR_VLAN_DEFAULT_PVID);
}

NetLink parse_link(std::string_view payload) {
    const auto fixed = read_as<ifinfomsg>(payload);
    const NetlinkAttributes attributes = attributes_behind(payload, sizeof fixed);
    NetLink link;
    link.index = fixed.ifi_index;
    link.flags = fixed.ifi_flags;
    link.name = attributes.text(IFLA_IFNAME);
    link.alias = attributes.text(IFLA_IFALIAS);
    link.mac = mac_text(attributes.find(IFLA_ADDRESS).value_or(std::string_view()));
    link.permanent_mac = mac_text(attributes.find(IFLA_PERM_ADDRESS).value_or(std::string_view()));
    link.mtu = attributes.number<std::uint32_t>(IFLA_MTU);
    link.master = attributes.number<int>(IFLA_MASTER);
    link.parent = attributes.number<int>(IFLA_LINK);
    if (attributes.find(IFLA_LINK_NETNSID))
        link.parent_namespace = attributes.number<int>(IFLA_LINK_NETNSID);
    link.device = hardware_place(attributes);
    parse_kind(attributes.nested(IFLA_LINKINFO), link);
    const NetlinkAttributes names = attributes.nested(IFLA_PROP_LIST);
    for (const auto& [type, value] : names.all()) {
        if (type == IFLA_ALT_IFNAME)
            link.other_names.emplace_back(value.substr(0, value.find('\0')));
    }
    if (const auto counters = attributes.find(IFLA_STATS64)) {
        link.rx_bytes = read_as<rtnl_link_stats64>(*counters).rx_bytes;
        link.tx_bytes = read_as<rtnl_link_stats64>(*counters).tx_bytes;
    }
    return link;
}

ifinfomsg flags_of(std::optional<bool> up, int index = 0) noexcept {
    ifinfomsg fixed{};
    fixed.ifi_index = index;
    fixed.ifi_change = up ? IFF_UP : 0;
    fixed.ifi_flags = up.value_or(false) ? IFF_UP : 0;
    return fixed;
}

ifinfomsg fixed_of(const NewLink& link) noexcept {
    return flags_of(link.up ? std::optional(true) : std::nullopt);
}

// A longer one is a name that no link has, and an error that says nothing.
const std::string& checked_name(const std::string& name) {
    if (name.empty() || name.size() >= IFNAMSIZ) {
        throw SystemError("network interface \"" + printable(name) +
                              "\": the name has to have 1 to 15 bytes",
                          EINVAL);
    }
    return name;
}

void add_attributes(NetlinkRequest& request, const NewLink& link) {
    if (!link.name.empty()) request.text(IFLA_IFNAME, checked_name(link.name));
    if (!link.mac.empty()) request.bytes(IFLA_ADDRESS, mac_bytes(link.mac));
    if (link.mtu != 0) request.number<std::uint32_t>(IFLA_MTU, link.mtu);
    if (link.rx_queues != 0) request.number<std::uint32_t>(IFLA_NUM_RX_QUEUES, link.rx_queues);
    if (link.tx_queues != 0) request.number<std::uint32_t>(IFLA_NUM_TX_QUEUES, link.tx_queues);
    if (link.network_namespace.valid())
        request.number<std::int32_t>(IFLA_NET_NS_FD, link.network_namespace.raw());
}

struct Kind {
    const char* name;
    const char* option; // of the kernel's configuration
};
constexpr Kind kVeth{"veth", "CONFIG_VETH"};
constexpr Kind kMacvlan{"macvlan", "CONFIG_MACVLAN"};
constexpr Kind kIpvlan{"ipvlan", "CONFIG_IPVLAN"};
constexpr Kind kVlan{"vlan", "CONFIG_VLAN_8021Q"};
constexpr Kind kBridge{"bridge", "CONFIG_BRIDGE"};

// fill adds what only this kind understands.
template <typename Fill>
void add_link(Netlink& netlink, const Kind& kind, const NewLink& link, int parent, Fill&& fill) {
    const std::string what =
        fmt::format("make the {} interface {}", kind.name, printable(link.name));
    NetlinkRequest request(RTM_NEWLINK, kCreate, as_bytes(fixed_of(link)));
    add_attributes(request, link);
    if (link.master != 0) request.number<std::int32_t>(IFLA_MASTER, link.master);
    if (parent != 0) request.number<std::int32_t>(IFLA_LINK, parent);
    request.nested(IFLA_LINKINFO, [&](NetlinkRequest& info) {
        info.text(IFLA_INFO_KIND, kind.name);
        info.nested(IFLA_INFO_DATA, fill);
    });
    try {
        netlink.request(request, what);
    } catch (const SystemError& error) {
        if (error.code() != EOPNOTSUPP) throw;
        throw SystemError(
            fmt::format("{}: this kernel has no {} interfaces ({})", what, kind.name, kind.option),
            EOPNOTSUPP);
    }
}

std::optional<NetLink> find_one(Netlink& netlink, const NetlinkRequest& request,
                                const std::string& what) {
    std::optional<NetLink> found;
    try {
        netlink.request(request, what, [&](std::uint16_t type, std::string_view payload) {
            if (type == RTM_NEWLINK) found = parse_link(payload);
        });
    } catch (const SystemError& error) {
        if (error.code() != ENODEV) throw;
    }
    return found;
}

void add_changes(NetlinkRequest& request, const LinkChange& change) {
    if (change.mac) request.bytes(IFLA_ADDRESS, mac_bytes(*change.mac));
    if (change.mtu) request.number<std::uint32_t>(IFLA_MTU, *change.mtu);
    if (change.alias) request.bytes(IFLA_IFALIAS, *change.alias);
    if (change.master) request.number<std::int32_t>(IFLA_MASTER, *change.master);
    if (change.name) request.text(IFLA_IFNAME, checked_name(*change.name));
}

// Not what the kernel was asked for, but what the caller had in mind.
std::string purpose(const NetLink& link, const LinkChange& change) {
    const std::string name = printable(link.name);
    if (change.name)
        return "rename the network interface " + name + " to " + printable(*change.name);
    if (change.mac)
        return "give the network interface " + name + " the hardware address " + *change.mac;
    if (change.mtu)
        return fmt::format("give the network interface {} the mtu {}", name, *change.mtu);
    if (change.master)
        return (*change.master != 0 ? "put the network interface " + name + " into a bridge"
                                    : "take " + name + " out of its bridge");
    return "bring " + std::string(change.up.value_or(true) ? "up" : "down") +
           " network interface " + name;
}

NetlinkRequest other_name(std::uint16_t type, std::uint16_t flags, const NetLink& link,
                          const std::string& name) {
    NetlinkRequest request(type, flags, as_bytes(flags_of(std::nullopt, link.index)));
    request.nested(IFLA_PROP_LIST, [&](NetlinkRequest& list) { list.text(IFLA_ALT_IFNAME, name); });
    return request;
}

} // namespace

void add_veth(Netlink& netlink, const NewLink& link, const NewLink& peer) {
    add_link(netlink, kVeth, link, 0, [&](NetlinkRequest& data) {
        data.nested(VETH_INFO_PEER, [&](NetlinkRequest& other) {
            other.fixed(as_bytes(ifinfomsg{}));
            add_attributes(other, peer);
        });
    });
}

void add_macvlan(Netlink& netlink, const NewLink& link, int parent, MacvlanBehaviour behaviour) {
    add_link(netlink, kMacvlan, link, parent, [&](NetlinkRequest& data) {
        data.number(IFLA_MACVLAN_MODE, static_cast<std::uint32_t>(behaviour));
    });
}

void add_ipvlan(Netlink& netlink, const NewLink& link, int parent, IpvlanLayer layer,
                IpvlanSharing sharing) {
    add_link(netlink, kIpvlan, link, parent, [&](NetlinkRequest& data) {
        data.number(IFLA_IPVLAN_MODE, static_cast<std::uint16_t>(layer));
        data.number(IFLA_IPVLAN_FLAGS, static_cast<std::uint16_t>(sharing));
    });
}

void add_vlan(Netlink& netlink, const NewLink& link, int parent, std::uint16_t id) {
    add_link(netlink, kVlan, link, parent,
             [&](NetlinkRequest& data) { data.number(IFLA_VLAN_ID, id); });
}

void add_bridge(Netlink& netlink, const NewLink& link, const BridgeOptions& options) {
    add_link(netlink, kBridge, link, 0, [&](NetlinkRequest& data) {
        if (options.forward_delay)
            data.number<std::uint32_t>(IFLA_BR_FORWARD_DELAY, *options.forward_delay);
        if (options.spanning_tree)
            data.number<std::uint32_t>(IFLA_BR_STP_STATE, *options.spanning_tree ? 1 : 0);
        if (options.vlan_filtering)
            data.number<std::uint8_t>(IFLA_BR_VLAN_FILTERING, *options.vlan_filtering ? 1 : 0);
        if (options.multicast_snooping)
            data.number<std::uint8_t>(IFLA_BR_MCAST_SNOOPING, *options.multicast_snooping ? 1 : 0);
        if (options.link_local_learning) {
            constexpr std::uint32_t kBit = 1u << BR_BOOLOPT_NO_LL_LEARN;
            const br_boolopt_multi option{*options.link_local_learning ? 0 : kBit, kBit};
            data.bytes(IFLA_BR_MULTI_BOOLOPT, as_bytes(option));
        }
    });
}

std::optional<NetLink> find_link(Netlink& netlink, const std::string& name) {
    if (name.empty() || name.size() >= kMaxOtherName) return std::nullopt;
    NetlinkRequest request(RTM_GETLINK, 0, as_bytes(ifinfomsg{}));
    request.text(name.size() < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
    return find_one(netlink, request, "look for the network interface " + printable(name));
}

std::optional<NetLink> find_link(Netlink& netlink, int index) {
    const NetlinkRequest request(RTM_GETLINK, 0, as_bytes(flags_of(std::nullopt, index)));
    return find_one(netlink, request, fmt::format("look for network interface {}", index));
}

std::optional<int> namespace_number(Netlink& netlink, FdRef network_namespace) {
    NetlinkRequest request(RTM_GETNSID, 0, as_bytes(rtgenmsg{}));
    request.number<std::uint32_t>(NETNSA_FD, static_cast<std::uint32_t>(network_namespace.raw()));
    int number = NETNSA_NSID_NOT_ASSIGNED;
    netlink.request(request, "look for the number of a network namespace",
                    [&](std::uint16_t type, std::string_view payload) {
                        if (type != RTM_NEWNSID) return;
                        number = attributes_behind(payload, sizeof(rtgenmsg))
                                     .number<int>(NETNSA_NSID, NETNSA_NSID_NOT_ASSIGNED);
                    });
    return number < 0 ? std::nullopt : std::optional(number);
}

void change_link(Netlink& netlink, const NetLink& link, const LinkChange& change) {
    NetlinkRequest request(RTM_NEWLINK, 0, as_bytes(flags_of(change.up, link.index)));
    add_changes(request, change);
    netlink.request(request, purpose(link, change));
}

void move_link(Netlink& netlink, const NetLink& link, FdRef network_namespace,
               const LinkChange& change) {
    NetlinkRequest request(RTM_NEWLINK, 0, as_bytes(flags_of(change.up, link.index)));
    request.number<std::int32_t>(IFLA_NET_NS_FD, network_namespace.raw());
    add_changes(request, change);
    netlink.request(request, "move the network interface " + printable(link.name) +
                                 " to another network namespace");
}

void delete_link(Netlink& netlink, const NetLink& link) {
    const NetlinkRequest request(RTM_DELLINK, 0, as_bytes(flags_of(std::nullopt, link.index)));
    try {
        netlink.request(request, "remove the network interface " + printable(link.name));
    } catch (const SystemError& error) {
        if (error.code() != ENODEV) throw;
    }
}

void add_other_name(Netlink& netlink, const NetLink& link, const std::string& name) {
    netlink.request(other_name(RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL, link, name),
                    "give the network interface " + printable(link.name) + " the other name " +
                        printable(name));
}

void remove_other_name(Netlink& netlink, const NetLink& link, const std::string& name) {
    netlink.request(other_name(RTM_DELLINKPROP, 0, link, name),
                    "take the other name " + printable(name) + " from the network interface " +
                        printable(link.name));
}

void Netlink::set_up(const std::string& interface) {
    NetlinkRequest request(RTM_NEWLINK, 0, as_bytes(flags_of(true)));
    request.text(IFLA_IFNAME, checked_name(interface));
    this->request(request, "bring up network interface " + printable(interface));
}

std::vector<NetLink> Netlink::links() {
    std::vector<NetLink> result;
    dump(
        NetlinkRequest(RTM_GETLINK, 0, as_bytes(ifinfomsg{})), "list network interfaces",
        [&] { result.clear(); },
        [&](std::uint16_t type, std::string_view payload) {
            if (type == RTM_NEWLINK) result.push_back(parse_link(payload));
        });
    return result;
}

} // namespace lxcpp::sys
