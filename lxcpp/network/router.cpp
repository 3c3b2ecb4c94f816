// SPDX-License-Identifier: Apache-2.0
#include "network/router.h"

#include "network/patience.h"
#include "network/sysctl.h"
#include "sys/netlink_route.h"

#include <algorithm>
#include <cerrno>

namespace lxcpp {
namespace {

void add_one(sys::Netlink& host, const sys::NetLink& device, const sys::Route& route) {
    until_the_last_one_is_gone({EEXIST}, [&] { sys::add_route(host, device, route); });
}

void route_all(const std::vector<IpAddress>& routes, int family, const sys::NetLink& device,
               sys::Netlink& host) {
    for (const IpAddress& route : routes) {
        add_one(host, device,
                {.family = family, .destination = route.address, .prefix = route.prefix});
    }
}

void forward(const NicPlan& nic, int family, const std::string& device) {
    const bool uses_it = std::ranges::any_of(
        nic.addresses, [family](const NicAddress& one) { return one.family == family; });
    if (!uses_it) return;
    set_interface_sysctl(family, device, "forwarding", "1");
    if (family == AF_INET6) set_interface_sysctl(family, device, "proxy_ndp", "1");
}

} // namespace

void add_host_routes(const NicPlan& nic, const sys::NetLink& host_end, sys::Netlink& host) {
    if (nic.veth.mode == VethMode::Router) {
        for (const int family : {AF_INET, AF_INET6}) forward(nic, family, host_end.name);
        for (const NicGateway& gateway : nic.gateways) {
            if (gateway.kind == GatewayKind::Address)
                sys::add_neighbour_proxy(host, host_end, gateway.family, gateway.address);
        }
        for (const NicAddress& one : nic.addresses) {
            add_one(host, host_end,
                    {.family = one.family,
                     .destination = one.address,
                     .prefix = one.family == AF_INET ? 32 : 128});
        }
    }
    route_all(nic.veth.ipv4_routes, AF_INET, host_end, host);
    route_all(nic.veth.ipv6_routes, AF_INET6, host_end, host);
}

} // namespace lxcpp
