// SPDX-License-Identifier: Apache-2.0
#include "user_nic/pair.h"

#include "sys/raw.h"

#include <lxcpp/error.h>

#include <algorithm>

namespace lxcpp::user_nic {
namespace {

constexpr std::string_view kMark = "lxcpp-user-nic";
constexpr uid_t kLastShort = 65536; // as LXC's lxc-user-nic

// With the blank behind it: u1 is not the beginning of u10.
std::string counted_by(const std::string& subject, const std::string& bridge) {
    std::string mark(kMark);
    return mark.append(" for=").append(subject).append(" bridge=").append(bridge).append(1, ' ');
}

bool is_ours(sys::Netlink& netlink, const sys::NetLink& link, FdRef network_namespace) {
    return link.kind == "veth" && link.parent != 0 && link.parent_namespace && link.master == 0 &&
           link.parent_namespace == sys::namespace_number(netlink, network_namespace);
}

} // namespace

std::string mark_of(const Request& request, const std::string& subject, uid_t owner) {
    return counted_by(subject, request.bridge) + "uid=" + std::to_string(owner) +
           " container=" + request.container;
}

Count count_marked(std::span<const sys::NetLink> links, const std::string& subject,
                   const std::string& bridge) {
    const std::string mark = counted_by(subject, bridge);
    Count count;
    for (const sys::NetLink& link : links) {
        if (!link.alias.starts_with(mark)) continue;
        ++count.all;
        if (link.parent_namespace.value_or(0) < 0) ++count.dying;
    }
    return count;
}

std::optional<sys::NetLink> find_bridge(sys::Netlink& netlink, const std::string& name) {
    auto link = sys::find_link(netlink, name);
    // The kernel finds interfaces by their other names, too.
    if (link && (link->name != name || link->kind != "bridge")) link.reset();
    return link;
}

std::string free_name(sys::Netlink& netlink, uid_t owner, std::span<const unsigned char> random) {
    constexpr std::string_view letters =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const bool is_short = owner <= kLastShort;
    const std::string begin = is_short ? "veth" + std::to_string(owner) + '_' : "veth";
    for (const std::size_t digits = is_short ? 4 : 6; random.size() >= digits;
         random = random.subspan(digits)) {
        std::string name = begin;
        for (const unsigned char byte : random.first(digits))
            name += letters[byte % letters.size()];
        if (!sys::find_link(netlink, name)) return name;
    }
    throw Error("no name for the host's end of the pair is free; try again");
}

sys::NetLink make_pair(sys::Netlink& netlink, const Pair& pair) {
    const std::uint32_t mtu = pair.bridge != nullptr ? pair.bridge->mtu : 0;
    sys::add_veth(netlink, {.name = pair.host, .mac = pair.host_mac, .mtu = mtu},
                  {.name = pair.inside,
                   .mac = pair.mac,
                   .mtu = mtu,
                   .network_namespace = pair.network_namespace});
    const auto made = sys::find_link(netlink, pair.host);
    if (!made || made->name != pair.host || !is_ours(netlink, *made, pair.network_namespace))
        throw Error("the pair of interfaces is gone as soon as it was made");
    try {
        // The host believes no container about routes, be the pair on no bridge, or its bridge gone.
        for (const auto& [family, name] : {std::pair("ipv6/conf/", "/accept_ra"), std::pair("ipv6/conf/", "/autoconf"), std::pair("ipv6/conf/", "/accept_redirects"), std::pair("ipv4/conf/", "/accept_redirects")}) {
            const std::string path = family + pair.host + name;
            const int error = sys::raw::write_proc(pair.sysctls.raw(), path.c_str(), "0", 1);
            if (error < 0 && error != -ENOENT) throw SystemError("write " + path, -error); // a kernel without IPv6
        }
        const auto bridge = pair.bridge != nullptr ? std::optional(pair.bridge->index) : std::nullopt;
        sys::change_link(netlink, *made, {.alias = pair.mark, .master = bridge, .up = true});
    } catch (const Error&) {
        sys::delete_link(netlink, *made);
        throw;
    }
    return *made;
}

} // namespace lxcpp::user_nic
