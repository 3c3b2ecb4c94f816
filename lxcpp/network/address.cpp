// SPDX-License-Identifier: Apache-2.0
#include "network/address.h"

#include "base/strings.h"
#include "network/patience.h"
#include "plan/planner.h"
#include "sys/netlink_address.h"
#include "sys/netlink_route.h"

#include <cerrno>
#include <fmt/format.h>

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

} // namespace

void configure_inside(const NicPlan& nic, const MadeNic& made, const NicWork& work) {
    for (const NicAddress& one : nic.addresses) {
        // An ipvlan's address is unique among all on the link, as a macvlan's hardware address
        // below.
        until_the_last_one_is_gone(
            {EADDRINUSE, EADDRNOTAVAIL}, [&nic] { return nic.type == NetType::Ipvlan; },
            [&] {
                sys::add_address(work.inside, made.inside,
                                 {.family = one.family,
                                  .address = one.address,
                                  .prefix = one.prefix,
                                  .broadcast = one.broadcast});
            });
    }
    if (!nic.up) return;
    until_the_last_one_is_gone(
        {EADDRINUSE, EBUSY}, [&nic] { return nic.type == NetType::Macvlan; },
        [&] { sys::change_link(work.inside, made.inside, {.up = true}); });
    for (const NicGateway& gateway : nic.gateways) {
        sys::add_route(work.inside, made.inside, route_by(nic, gateway, made.link, work.host));
    }
}

} // namespace lxcpp
