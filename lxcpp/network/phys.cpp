// SPDX-License-Identifier: Apache-2.0
#include "network/phys.h"

#include "base/strings.h"
#include "config/hwaddr.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <net/if.h>

namespace lxcpp {
namespace {

constexpr std::string_view kBridge = "bridge";

bool begins_so(const sys::NetLink& link, const std::string& prefix) {
    return link.name.starts_with(prefix) ||
           std::ranges::any_of(link.other_names,
                               [&](const std::string& name) { return name.starts_with(prefix); });
}

TakenLink taken_of(const sys::NetLink& link, const std::string& inside) {
    return {link.name,          inside,    0,           link.mtu,        link.mac,
            link.permanent_mac, link.kind, link.device, link.other_names};
}

// Names, addresses and the index are the container's to change, these are not.
bool can_be(const sys::NetLink& link, const TakenLink& taken) {
    return (link.flags & IFF_LOOPBACK) == 0 && link.kind == taken.kind &&
           link.permanent_mac == taken.permanent_mac && link.device == taken.device;
}

bool is_unmistakable(const TakenLink& taken) {
    return !taken.permanent_mac.empty() || !taken.device.empty();
}

std::optional<sys::NetLink> find_inside(const TakenLink& taken, sys::Netlink& inside) {
    if (taken.index != 0) {
        const auto link = sys::find_link(inside, taken.index);
        if (link && can_be(*link, taken)) return link;
    } else if (const auto link = sys::find_link(inside, taken.inside);
               link && can_be(*link, taken)) {
        return link; // the start did not come so far that anybody else could have named it
    }
    if (!is_unmistakable(taken)) return std::nullopt;
    for (sys::NetLink& link : inside.links()) {
        if (can_be(link, taken)) return std::move(link);
    }
    return std::nullopt;
}

// A name that nobody has, for the moment between two namespaces.
std::string passing_name() {
    return "lxcpp-" + expand_hwaddr("xxxxxxxx");
}

void forget_names_of_the_container(const sys::NetLink& link, const TakenLink& taken,
                                   sys::Netlink& inside) {
    for (const std::string& name : link.other_names) {
        const bool own = std::ranges::find(taken.other_names, name) != taken.other_names.end();
        if (!own) sys::remove_other_name(inside, link, name);
    }
}

// The name it had is the last thing that is changed: until then it is found by what it is.
void make_what_it_was(const sys::NetLink& link, const TakenLink& taken, sys::Netlink& host) {
    for (const std::string& name : taken.other_names) {
        const bool has = std::ranges::find(link.other_names, name) != link.other_names.end();
        if (!has && !sys::find_link(host, name)) sys::add_other_name(host, link, name);
    }
    sys::LinkChange change;
    if (link.mac != taken.mac && !taken.mac.empty()) change.mac = taken.mac;
    if (link.mtu != taken.mtu && taken.mtu != 0) change.mtu = taken.mtu;
    if (change.mac || change.mtu) sys::change_link(host, link, change);
    sys::change_link(host, link, {.name = taken.name});
}

std::string give_its_name(const sys::NetLink& link, const TakenLink& taken, sys::Netlink& host) {
    if (link.name == taken.name) return "";
    sys::change_link(host, link, {.up = false}); // older kernels rename only what is down
    try {
        make_what_it_was(link, taken, host);
        return "";
    } catch (const SystemError& error) {
        return fmt::format("the interface that was {} is back as {}: {}", taken.name, link.name,
                           error.what());
    }
}

// The kernel moves hardware to its first network namespace when the one it is in ends; the rest is
// gone.
std::string find_on_host(const TakenLink& taken, sys::Netlink& host) {
    if (!is_unmistakable(taken))
        return fmt::format(
            "the interface {} is gone: the container, or the kernel with its network, removed it",
            taken.name);
    for (const sys::NetLink& link : host.links()) {
        if (can_be(link, taken)) return give_its_name(link, taken, host);
    }
    return fmt::format("the interface {} is not on this machine any more", taken.name);
}

// What an interface takes depends on its hardware; the kernel says no more than that it is invalid.
void move_inside(const NicPlan& nic, const NicWork& work, const sys::NetLink& link,
                 const sys::LinkChange& change) {
    try {
        sys::move_link(work.host, link, work.network_namespace, change);
    } catch (const SystemError& error) {
        if (error.code() != EINVAL || nic.mtu == 0 || nic.mtu == link.mtu) throw;
        refuse(nic, "mtu",
               fmt::format("{} does not take {}; it has {} now", printable(link.name), nic.mtu,
                           link.mtu));
    }
}

} // namespace

sys::NetLink choose_phys(const NicPlan& nic, sys::Netlink& host) {
    if (!nic.link_prefix) {
        sys::NetLink link = host_link(nic, host);
        if (link.kind == kBridge)
            refuse(nic, "link",
                   fmt::format("{} is a bridge, and the kernel moves none: lxc.net.{}.type = veth "
                               "joins it",
                               printable(link.name), nic.index));
        return link;
    }
    for (sys::NetLink& link : host.links()) {
        if ((link.flags & IFF_LOOPBACK) == 0 && link.kind != kBridge && begins_so(link, nic.link))
            return std::move(link);
    }
    refuse(
        nic, "link",
        fmt::format(
            "there is no network interface on the host whose name begins with {}, or none is left",
            printable(nic.link)));
}

MadeNic take_phys(const NicPlan& nic, const NicWork& work, const sys::NetLink& link) {
    const std::string name = nic.name.empty() ? link.name : nic.name;
    TakenLink taken = taken_of(link, name);
    work.note({nic.index, taken});
    sys::LinkChange change{.name = name};
    if (!nic.hwaddr.empty()) change.mac = hardware_address(nic);
    if (nic.mtu != 0) change.mtu = nic.mtu;
    move_inside(nic, work, link, change);
    const auto inside = sys::find_link(work.inside, name);
    if (!inside)
        throw Error("the interface " + name + " is not inside, although it was moved there");
    taken.index = inside->index;
    work.note({nic.index, taken});
    return {.nic = nic.index, .link = link.name, .peer = {}, .inside = *inside};
}

std::string give_phys_back(const TakenLink& taken, FdRef network_namespace) {
    sys::Netlink host;
    const Fd own = sys::open_file("/proc/self/ns/net");
    std::optional<sys::NetLink> link;
    std::optional<sys::Netlink> inside;
    if (network_namespace.valid()) {
        inside.emplace(sys::Netlink::inside(network_namespace));
        link = find_inside(taken, *inside);
    }
    if (!link) {
        // Killed before it was moved, or after it came back: there is nothing to do.
        const auto still = sys::find_link(host, taken.name);
        if (still && still->name == taken.name && can_be(*still, taken)) return "";
        return find_on_host(taken, host);
    }
    forget_names_of_the_container(*link, taken, *inside);
    const std::string passing = passing_name();
    sys::change_link(*inside, *link, {.up = false});
    sys::move_link(*inside, *link, own, {.name = passing});
    const auto back = sys::find_link(host, passing);
    if (!back) throw Error("the interface " + taken.name + " did not come back");
    return give_its_name(*back, taken, host);
}

} // namespace lxcpp
