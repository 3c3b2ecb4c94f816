// SPDX-License-Identifier: Apache-2.0
#include "network/address.h"

#include "base/strings.h"
#include "network/patience.h"
#include "plan/planner.h"
#include "sys/netlink_address.h"
#include "sys/netlink_route.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace lxcpp {
namespace {

const char* key_of(int family) noexcept {
    return family == AF_INET ? "ipv4.gateway" : "ipv6.gateway";
}

// The first global one; of IPv6 one that is only valid on the link will do.
std::string address_of_link(const NicPlan& nic, const std::string& link, int family,
                            sys::Netlink& host) {
    std::string other;
    for (const sys::NetAddress& one : host.addresses()) {
        if (one.interface != link || one.family != family || one.text.empty()) continue;
        if (one.scope == 0) return one.text;
        if (other.empty() && family == AF_INET6) other = one.text;
    }
    if (!other.empty()) return other;
    refuse(
        nic, key_of(family),
        fmt::format(
            "\"auto\" is the address of {}, which has none of {}: give it one, or name the gateway",
            printable(link), family == AF_INET ? "IPv4" : "IPv6"));
}

sys::Route route_by(const NicPlan& nic, const NicGateway& gateway, const std::string& link,
                    sys::Netlink& host) {
    sys::Route route{.family = gateway.family};
    if (gateway.kind == GatewayKind::Device) return route;
    route.gateway = gateway.address;
    route.on_link = gateway.on_link;
    if (gateway.kind != GatewayKind::Link) return route;
    route.gateway = address_of_link(nic, link, gateway.family, host);
    route.on_link = !is_in_networks(nic.addresses, gateway.family, route.gateway);
    return route;
}

void add_address(const NicPlan& nic, const NicAddress& address, const MadeNic& made,
                 const NicWork& work) {
    // Nobody is there who could have it, or the bridge lets nobody else have it.
    const bool is_alone = nic.type == NetType::User || made.lease;
    // An ipvlan's address is unique among all on the link, as a macvlan's hardware address below.
    until_the_last_one_is_gone(
        {EADDRINUSE, EADDRNOTAVAIL}, [&nic] { return nic.type == NetType::Ipvlan; },
        [&] {
            sys::add_address(work.inside, made.inside,
                             {.family = address.family,
                              .address = address.address,
                              .prefix = address.prefix,
                              .broadcast = address.broadcast,
                              .without_detection = is_alone});
        });
}

// A lease of IPv6 is what the device gives itself when the bridge advertises its network: that goes
// on, and this has the address there when the program begins.
std::vector<NicAddress> addresses_of(const NicPlan& nic, const MadeNic& made) {
    std::vector<NicAddress> all = nic.addresses;
    if (!made.lease) return all;
    for (const auto& [family, text] :
         {std::pair(AF_INET, made.lease->ipv4), std::pair(AF_INET6, made.lease->ipv6)}) {
        const auto slash = text.find('/');
        if (slash == text.npos) continue;
        all.push_back({family, text.substr(0, slash),
                       static_cast<int>(parse_u64(text.substr(slash + 1)).value_or(0))});
    }
    return all;
}

std::vector<NicGateway> gateways_of(const NicPlan& nic, const MadeNic& made) {
    std::vector<NicGateway> all = nic.gateways;
    if (!made.lease) return all;
    const auto add = [&](int family, const std::string& address) {
        const bool has = std::ranges::any_of(
            all, [family](const NicGateway& one) { return one.family == family; });
        if (!address.empty() && !has) all.push_back({.family = family, .address = address});
    };
    add(AF_INET, made.lease->ipv4_gateway);
    add(AF_INET6, made.lease->ipv6_gateway);
    return all;
}

} // namespace

void configure_inside(const NicPlan& nic, const MadeNic& made, const NicWork& work) {
    for (const NicAddress& one : addresses_of(nic, made)) add_address(nic, one, made, work);
    if (!nic.up) return;
    until_the_last_one_is_gone(
        {EADDRINUSE, EBUSY}, [&nic] { return nic.type == NetType::Macvlan; },
        [&] { sys::change_link(work.inside, made.inside, {.up = true}); });
    for (const NicGateway& gateway : gateways_of(nic, made)) {
        sys::add_route(work.inside, made.inside, route_by(nic, gateway, made.link, work.host));
    }
}

} // namespace lxcpp
