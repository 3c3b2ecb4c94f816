// SPDX-License-Identifier: Apache-2.0
#include "network/veth.h"

#include "base/strings.h"
#include "config/hwaddr.h"
#include "network/patience.h"
#include "network/router.h"
#include "network/sysctl.h"
#include "sys/netlink_bridge.h"

#include <lxcpp/error.h>

#include <fmt/format.h>

#include <cerrno>
#include <random>
#include <utility>

namespace lxcpp {
namespace {

constexpr int kNameAttempts = 100;

std::string random_name() {
    constexpr std::string_view letters =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    std::random_device random;
    std::string name = "veth";
    for (int i = 0; i < 6; ++i) name += letters[random() % letters.size()];
    return name;
}

void require_bridge(const NicPlan& nic, const sys::NetLink& link) {
    if (link.kind == "bridge") return;
    refuse(nic, "link",
           fmt::format(
               "{} is no bridge{}: name one, or share the interface with lxc.net.{}.type = macvlan",
               printable(link.name), link.kind.empty() ? "" : ", but a " + link.kind + " interface",
               nic.index));
}

void require_vlans(const NicPlan& nic, const sys::NetLink& bridge) {
    if (nic.veth.vlan_id.empty() && nic.veth.vlan_tagged_ids.empty()) return;
    const char* const key = nic.veth.vlan_id.empty() ? "veth.vlan.tagged.id" : "veth.vlan.id";
    if (!bridge.vlan_filtering) {
        refuse(nic, key, "the kernel's bridges have no VLANs (CONFIG_BRIDGE_VLAN_FILTERING)");
    }
    if (!*bridge.vlan_filtering) {
        refuse(nic, key,
               fmt::format("the bridge {0} does not tell VLANs apart: ip link set {0} type bridge "
                           "vlan_filtering 1",
                           bridge.name));
    }
}

void join_vlans(const NicPlan& nic, const sys::NetLink& bridge, const sys::NetLink& port,
                sys::Netlink& host) {
    if (!nic.veth.vlan_id.empty()) {
        const bool none = nic.veth.vlan_id == "none";
        const auto id = static_cast<std::uint16_t>(parse_u64(nic.veth.vlan_id).value_or(0));
        // The bridge has put the port into its default VLAN already.
        if (bridge.default_pvid != 0 && (none || id != bridge.default_pvid))
            sys::remove_bridge_vlan(host, port, bridge.default_pvid);
        if (!none) sys::add_bridge_vlan(host, port, {.id = id, .pvid = true, .untagged = true});
    }
    for (const std::uint16_t id : nic.veth.vlan_tagged_ids)
        sys::add_bridge_vlan(host, port, {.id = id});
}

bool is_a_pair_elsewhere(sys::Netlink& host, const std::string& name) {
    const auto link = sys::find_link(host, name);
    return !link || (link->kind == "veth" && link->parent_namespace);
}

// Rules of the managed bridge name the port before it is there.
std::string free_name(sys::Netlink& host) {
    for (int i = 0; i < kNameAttempts; ++i) {
        std::string name = random_name();
        if (!sys::find_link(host, name)) return name;
    }
    throw Error("no name for the host's end of the pair is free");
}

// One of a container that has just ended, or of one that runs still, is waited for.
void refuse_taken_name(const NicPlan& nic, sys::Netlink& host) {
    const std::string& name = nic.veth.pair;
    if (name.empty() || is_a_pair_elsewhere(host, name)) return;
    refuse(nic, "veth.pair", fmt::format("the host has an interface {} already", name));
}

std::string add_named_pair(const NicPlan& nic, const NicWork& work, const sys::NewLink& host,
                           const sys::NewLink& inside) {
    try {
        until_the_last_one_is_gone(
            {EEXIST}, [&] { return is_a_pair_elsewhere(work.host, host.name); },
            [&] { sys::add_veth(work.host, host, inside); });
        return host.name;
    } catch (const SystemError& error) {
        if (error.code() == EEXIST && sys::find_link(work.host, host.name))
            refuse(nic, "veth.pair",
                   fmt::format("the host has an interface {} already", host.name));
        throw;
    }
}

// Returns the name of the host's end.
std::string add_pair(const NicPlan& nic, const NicWork& work, sys::NewLink host,
                     const sys::NewLink& inside) {
    if (!host.name.empty()) return add_named_pair(nic, work, host, inside);
    for (int i = 0;; ++i) {
        host.name = random_name();
        try {
            sys::add_veth(work.host, host, inside);
            return host.name;
        } catch (const SystemError& error) {
            // Else it is the name inside that is taken.
            if (error.code() != EEXIST || i == kNameAttempts ||
                !sys::find_link(work.host, host.name))
                throw;
        }
    }
}

// What a user may do to the end that is theirs.
MadeNic take_users_pair(const NicPlan& nic, const NicWork& work) {
    const NicWork::UsersPair pair = work.make_for_user(nic);
    MadeNic made{.nic = nic.index, .link = nic.link, .peer = pair.peer};
    made.inside = link_inside(nic, work.inside);
    sys::LinkChange change;
    if (nic.takes_lease) made.lease = pair.managed;
    if (!pair.managed && !nic.hwaddr.empty()) change.mac = hardware_address(nic);
    if (nic.mtu != 0) change.mtu = nic.mtu;
    if (change.mac || change.mtu) sys::change_link(work.inside, made.inside, change);
    return made;
}

} // namespace

MadeNic make_veth(const NicPlan& nic, const NicWork& work) {
    if (work.make_for_user) return take_users_pair(nic, work);
    const bool bridged = nic.veth.mode == VethMode::Bridge && !nic.link.empty();
    sys::NewLink inside{.name = nic.name, .mac = hardware_address(nic)};
    sys::NewLink host{.name = nic.veth.pair};
    std::optional<PortAddresses> managed;
    refuse_taken_name(nic, work.host); // before there is a rule for it
    if (bridged && work.is_managed(nic.link)) {
        const std::string port = host.name.empty() ? free_name(work.host) : host.name;
        managed = work.manage(nic, port, inside.mac);
        if (managed) {
            host.name = port;
            inside.mac = managed->mac;
        }
    }
    sys::NetLink bridge;
    if (bridged) {
        bridge = host_link(nic, work.host);
        require_bridge(nic, bridge);
        require_vlans(nic, bridge);
    }
    inside.mtu = nic.mtu != 0 ? nic.mtu : bridge.mtu;
    inside.rx_queues = static_cast<unsigned>(nic.veth.n_rxqueues);
    inside.tx_queues = static_cast<unsigned>(nic.veth.n_txqueues);
    inside.network_namespace = work.network_namespace;
    host.mtu = inside.mtu;
    host.rx_queues = inside.rx_queues;
    host.tx_queues = inside.tx_queues;
    // A bridge takes the lowest address of its ports as its own: ours must never be that.
    host.mac = expand_hwaddr("fe:xx:xx:xx:xx:xx");
    host.master = bridge.index;
    host.up = true;
    MadeNic made{.nic = nic.index, .link = bridged ? bridge.name : nic.link};
    made.peer = add_pair(nic, work, std::move(host), inside);
    believe_no_router(made.peer);
    made.inside = link_inside(nic, work.inside);
    const sys::NetLink port{.index = made.inside.parent, .name = made.peer};
    if (bridged) join_vlans(nic, bridge, port, work.host);
    if (nic.takes_lease) made.lease = managed;
    if (managed && managed->hairpin) sys::set_bridge_port(work.host, port, {.hairpin = true});
    add_host_routes(nic, port, work.host);
    return made;
}

} // namespace lxcpp
