// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_link.h"

#include "base/ascii.h"
#include "network/forwarding.h"
#include "sys/file.h"
#include "sys/netlink_address.h"
#include "sys/netlink_link.h"
#include "sys/netlink_routes.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>
#include <net/if.h>
#include <sys/socket.h>

namespace lxcpp {
namespace {

constexpr int kGlobalScope = 0; // RT_SCOPE_UNIVERSE
constexpr int kLinkScope = 253; // RT_SCOPE_LINK

std::vector<sys::InterfaceAddress> wanted_addresses(const BridgeSettings& settings) {
    std::vector<sys::InterfaceAddress> wanted;
    if (settings.ipv4)
        wanted.push_back({AF_INET, ipv4_text(settings.ipv4->address), settings.ipv4->prefix,
                          ipv4_text(settings.ipv4->last())});
    if (settings.ipv6)
        wanted.push_back({.family = AF_INET6,
                          .address = ipv6_text(*settings.ipv6),
                          .prefix = 64,
                          .without_detection = true});
    return wanted;
}

bool is_it(const sys::InterfaceAddress& wanted, const sys::NetAddress& address) {
    return wanted.family == address.family && wanted.address == address.text &&
           wanted.prefix == address.prefix;
}

std::vector<sys::InterfaceAddress> missing_addresses(const BridgeSettings& settings,
                                                     std::span<const sys::NetAddress> own) {
    std::vector<sys::InterfaceAddress> missing = wanted_addresses(settings);
    std::erase_if(missing, [&](const sys::InterfaceAddress& wanted) {
        return std::ranges::any_of(own, [&](const auto& address) { return is_it(wanted, address); });
    });
    return missing;
}

void correct_addresses(sys::Netlink& netlink, const sys::NetLink& link,
                       const BridgeSettings& settings) {
    const std::vector<sys::NetAddress> own = netlink.addresses(link);
    const std::vector<sys::InterfaceAddress> wanted = wanted_addresses(settings);
    for (const sys::NetAddress& address : own) {
        const auto same = [&](const auto& one) { return is_it(one, address); };
        if (address.scope == kGlobalScope && std::ranges::none_of(wanted, same))
            sys::remove_address(netlink, link, {address.family, address.text, address.prefix});
    }
    for (const sys::InterfaceAddress& address : missing_addresses(settings, own))
        sys::add_address(netlink, link, address);
}

std::string link_local(const BridgeSettings& settings) {
    return ipv6_text(ipv6_link_local(mac_address(settings.mac)));
}

// The kernel makes it when the interface comes up, and not again when somebody has removed it. Routers speak from it.
bool lacks_link_local(const BridgeSettings& settings, std::span<const sys::NetAddress> own) {
    return settings.ipv6 && std::ranges::none_of(own, [](const sys::NetAddress& one) {
               return one.family == AF_INET6 && one.scope == kLinkScope;
           });
}

sys::NetLink require_link(sys::Netlink& netlink, const std::string& name) {
    if (auto link = sys::find_link(netlink, name)) return *link;
    throw Error(fmt::format("{} went away while it was being set up", name));
}

// Without spanning tree and its delay a port forwards at once.
void add_link(sys::Netlink& netlink, const BridgeSettings& settings, const BridgeFiles& files) {
    sys::make_private_dirs(files.runtime);
    sys::write_file_atomic(files.made(), settings.bridge + "\n",
                           0600); // first: a crash leaves no bridge of nobody
    sys::NewLink link;
    link.name = settings.bridge;
    link.mac = settings.mac;
    link.mtu = settings.mtu;
    sys::add_bridge(netlink, link,
                    {.spanning_tree = false,
                     .vlan_filtering = {},
                     .multicast_snooping = {},
                     .link_local_learning = false,
                     .forward_delay = 0});
}

} // namespace

std::vector<Ipv4Network> routed_networks(sys::Netlink& netlink, const std::string& bridge) {
    const auto own = sys::find_link(netlink, bridge);
    std::vector<Ipv4Network> networks;
    for (const sys::KnownRoute& route : sys::list_routes(netlink, AF_INET)) {
        if (route.prefix == 0 || (own && route.device == own->index)) continue;
        networks.push_back({ipv4_number(route.destination), route.prefix});
    }
    for (const sys::NetAddress& address : netlink.addresses()) {
        if (address.family != AF_INET || address.interface == bridge) continue;
        networks.push_back({ipv4_number(address.text), address.prefix});
    }
    return networks;
}

std::string not_ours(sys::Netlink& netlink, const BridgeFiles& files, const std::string& bridge) {
    const auto link = sys::find_link(netlink, bridge);
    if (!link || (link->kind == "bridge" && sys::exists(files.made()))) return "";
    return fmt::format("there is an interface {} already of which no record says that lxcpp-net has made it: remove "
                       "it (ip link delete {}), or set another name (bridge) in net.conf",
                       bridge, bridge);
}

void make_bridge_link(sys::Netlink& netlink, const BridgeSettings& settings,
                      const BridgeFiles& files) {
    auto link = sys::find_link(netlink, settings.bridge);
    if (const std::string why = not_ours(netlink, files, settings.bridge); !why.empty())
        throw Error(why);
    if (!link) add_link(netlink, settings, files);
    link = require_link(netlink, settings.bridge);
    quiet_bridge(settings);
    sys::LinkChange change;
    if (!same_letters(link->mac, settings.mac)) change.mac = settings.mac;
    if (settings.mtu != 0 && link->mtu != settings.mtu) change.mtu = settings.mtu;
    if (change.mac || change.mtu) sys::change_link(netlink, *link, change);
    correct_addresses(netlink, *link, settings);
}

std::vector<std::string> bridge_link_problems(sys::Netlink& netlink,
                                              const BridgeSettings& settings) {
    const auto link = sys::find_link(netlink, settings.bridge);
    if (!link) return {"it is missing"};
    std::vector<std::string> problems;
    const bool up = (link->flags & IFF_UP) != 0;
    if (!up) problems.emplace_back("it is down");
    const std::vector<sys::NetAddress> own = netlink.addresses(*link);
    for (const sys::InterfaceAddress& missing : missing_addresses(settings, own))
        problems.push_back(fmt::format("it lacks the address {}/{}", missing.address, missing.prefix));
    if (up && lacks_link_local(settings, own))
        problems.push_back(fmt::format("it lacks the address {}/64", link_local(settings)));
    return problems;
}

void raise_bridge_link(sys::Netlink& netlink, const BridgeSettings& settings) {
    netlink.set_up(settings.bridge);
    const sys::NetLink link = require_link(netlink, settings.bridge);
    if (!lacks_link_local(settings, netlink.addresses(link))) return;
    sys::add_address(netlink, link,
                     {.family = AF_INET6,
                      .address = link_local(settings),
                      .prefix = 64,
                      .without_detection = true});
}

void delete_bridge_link(sys::Netlink& netlink, const BridgeFiles& files,
                        const std::string& bridge) {
    if (!sys::exists(files.made())) return; // not ours
    const auto link = sys::find_link(netlink, bridge);
    if (link && link->kind == "bridge") sys::delete_link(netlink, *link);
}

} // namespace lxcpp
