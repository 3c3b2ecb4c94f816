// SPDX-License-Identifier: Apache-2.0
#include "network/proxy.h"

#include "base/strings.h"
#include "network/sysctl.h"
#include "sys/netlink_route.h"

#include <algorithm>
#include <fmt/format.h>

namespace lxcpp {
namespace {

constexpr const char* kLoopback = "lo";

void require_sysctl(const NicPlan& nic, const std::string& link, int family,
                    const std::string& name) {
    if (interface_sysctl(family, link, name) == "1") return;
    refuse(nic, "l2proxy",
           fmt::format("needs the sysctl {} = 1 on the host", sysctl_name(family, link, name)));
}

void require_sysctls(const NicPlan& nic, const std::string& link) {
    const auto has = [&nic](int family) {
        return std::ranges::any_of(
            nic.addresses, [family](const NicAddress& one) { return one.family == family; });
    };
    if (has(AF_INET)) require_sysctl(nic, link, AF_INET, "forwarding");
    if (!has(AF_INET6)) return;
    require_sysctl(nic, link, AF_INET6, "proxy_ndp");
    require_sysctl(nic, link, AF_INET6, "forwarding");
}

sys::Route route_to(const HostProxy& proxy) {
    return {.family = proxy.family,
            .destination = proxy.address,
            .prefix = proxy.family == AF_INET ? 32 : 128};
}

} // namespace

void answer_for(const NicPlan& nic, const NicWork& work) {
    if (!nic.l2proxy) return;
    const sys::NetLink link = host_link(nic, work.host);
    require_sysctls(nic, link.name);
    for (const NicAddress& one : nic.addresses) {
        const HostProxy proxy{link.name, one.family, one.address, nic.type == NetType::Ipvlan};
        work.note({nic.index, proxy});
        sys::add_neighbour_proxy(work.host, link, one.family, one.address);
        // What an ipvlan in its layer 3 gets from the host comes by lo.
        if (proxy.route)
            sys::add_route(work.host, *sys::find_link(work.host, kLoopback), route_to(proxy));
    }
}

void answer_no_more(const HostProxy& proxy, sys::Netlink& host) {
    if (const auto link = sys::find_link(host, proxy.link)) {
        sys::remove_neighbour_proxy(host, *link, proxy.family, proxy.address);
    }
    if (!proxy.route) return;
    if (const auto loopback = sys::find_link(host, kLoopback))
        sys::remove_route(host, *loopback, route_to(proxy));
}

} // namespace lxcpp
