// SPDX-License-Identifier: Apache-2.0
#include "network/sub_link.h"

#include "base/strings.h"
#include "network/patience.h"

#include <cerrno>
#include <fmt/format.h>
#include <net/if.h>

namespace lxcpp {
namespace {

sys::MacvlanBehaviour behaviour_of(MacvlanMode mode) noexcept {
    switch (mode) {
    case MacvlanMode::Vepa:
        return sys::MacvlanBehaviour::Vepa;
    case MacvlanMode::Bridge:
        return sys::MacvlanBehaviour::Bridge;
    case MacvlanMode::Passthru:
        return sys::MacvlanBehaviour::Passthru;
    case MacvlanMode::Private:
        break;
    }
    return sys::MacvlanBehaviour::Private;
}

sys::IpvlanLayer layer_of(IpvlanMode mode) noexcept {
    switch (mode) {
    case IpvlanMode::L2:
        return sys::IpvlanLayer::L2;
    case IpvlanMode::L3s:
        return sys::IpvlanLayer::L3s;
    case IpvlanMode::L3:
        break;
    }
    return sys::IpvlanLayer::L3;
}

sys::IpvlanSharing sharing_of(IpvlanIsolation isolation) noexcept {
    switch (isolation) {
    case IpvlanIsolation::Private:
        return sys::IpvlanSharing::Private;
    case IpvlanIsolation::Vepa:
        return sys::IpvlanSharing::Vepa;
    case IpvlanIsolation::Bridge:
        break;
    }
    return sys::IpvlanSharing::Bridge;
}

void add(const NicPlan& nic, const NicWork& work, const sys::NewLink& link, int parent) {
    switch (nic.type) {
    case NetType::Macvlan:
        return sys::add_macvlan(work.host, link, parent, behaviour_of(nic.macvlan_mode));
    case NetType::Ipvlan:
        return sys::add_ipvlan(work.host, link, parent, layer_of(nic.ipvlan_mode),
                               sharing_of(nic.ipvlan_isolation));
    default:
        return sys::add_vlan(work.host, link, parent, nic.vlan_id);
    }
}

} // namespace

MadeNic make_sub_link(const NicPlan& nic, const NicWork& work) {
    const sys::NetLink parent = host_link(nic, work.host);
    if ((parent.flags & IFF_UP) == 0) {
        refuse(nic, "link",
               fmt::format("{0} is down, and so would be what is on top of it: ip link set {0} up",
                           printable(parent.name)));
    }
    if (nic.mtu > parent.mtu && nic.type != NetType::Ipvlan) {
        refuse(nic, "mtu",
               fmt::format("{} is more than that of {}, on which it is: {}", nic.mtu,
                           printable(parent.name), parent.mtu));
    }
    sys::NewLink link{.name = nic.name, .mac = hardware_address(nic), .mtu = nic.mtu};
    link.network_namespace = work.network_namespace;
    // A VLAN's number and a parent that is passed through can be had by one interface at a time.
    const bool alone = nic.type == NetType::Vlan ||
                       (nic.type == NetType::Macvlan && nic.macvlan_mode == MacvlanMode::Passthru);
    until_the_last_one_is_gone(
        {EEXIST, EINVAL}, [alone] { return alone; }, [&] { add(nic, work, link, parent.index); });
    return {
        .nic = nic.index, .link = parent.name, .peer = {}, .inside = link_inside(nic, work.inside)};
}

} // namespace lxcpp
