// SPDX-License-Identifier: Apache-2.0
#include "network/port_conflicts.h"

#include "base/ascii.h"
#include "network/publish.h"
#include "network/reservations.h"
#include "sys/netlink_link.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string_view>

namespace lxcpp {
namespace {

struct Clash {
    std::string_view key;
    std::string value;
};

// What of the device's configuration is theirs, too.
std::optional<Clash> clash(const PortRequest& request, const BridgePort& wanted,
                           const BridgePort& theirs) {
    if (same_letters(wanted.mac, theirs.mac)) return Clash{"hwaddr", wanted.mac};
    for (const IpAddress& one : request.ipv4) {
        if (std::ranges::count(theirs.ipv4, one.address) != 0)
            return Clash{"ipv4.address", one.address};
    }
    for (const IpAddress& one : request.ipv6) {
        const auto same = [&](const std::string& address) {
            return ipv6_address(address) == ipv6_address(one.address);
        };
        if (std::ranges::any_of(theirs.ipv6, same)) return Clash{"ipv6.address", one.address};
    }
    return std::nullopt;
}

[[noreturn]] void refuse(const PortRequest& request, const Clash& clash, const std::string& whose) {
    throw Error(fmt::format("lxc.net.{}.{} = {}: {} has it", request.owner.nic, clash.key,
                            clash.value, whose));
}

// Its IPv4 address is reserve_address()'s to refuse.
BridgePort place_of_bridge(const BridgeSettings& settings) {
    BridgePort place{.mac = settings.mac};
    if (!settings.ipv6) return place;
    place.ipv6 = {ipv6_text(*settings.ipv6),
                  ipv6_text(ipv6_link_local(mac_address(settings.mac)))};
    return place;
}

// A user is told nothing of others' containers.
std::string whose_it_is(const BridgeFiles& files, const PortOwner& asks, const PortOwner& has) {
    return is_of_user(asks) ? "another container" : "container " + owner_name(files, has);
}

} // namespace

void check_published(const BridgeFiles& files, const BridgePort& wanted,
                     const std::vector<PublishedPort>& before) {
    if (wanted.published.empty()) return;
    for (const BridgePort& other : load_bridge_ports(files)) {
        if (owner_key(other.owner) == owner_key(wanted.owner)) continue;
        for (const PublishedPort& theirs : other.published) {
            for (const PublishedPort& ours : wanted.published) {
                if (conflict(theirs, ours))
                    throw Error(fmt::format("lxc.publish = {}: container {} has published {}",
                                            published_port_text(ours),
                                            owner_name(files, other.owner),
                                            published_port_text(theirs)));
            }
        }
    }
    for (const PublishedPort& ours : wanted.published) {
        if (std::ranges::count(before, ours) != 0) continue;
        if (const auto listener = listener_in_the_way(ours))
            throw Error(fmt::format("lxc.publish = {}: a program of the host listens on {}",
                                    published_port_text(ours), *listener));
    }
}

void check_own_choice(const BridgeSettings& settings, const BridgeFiles& files,
                      const PortRequest& request, const BridgePort& wanted) {
    if (request.mac.empty() && request.ipv4.empty() && request.ipv6.empty()) return;
    if (const auto found = clash(request, wanted, place_of_bridge(settings)))
        refuse(request, *found, "the bridge " + settings.bridge);
    if (settings.ipv6) {
        const BridgePort routers{.ipv6 = {ipv6_text(ipv6_prefix64(*settings.ipv6))}};
        if (const auto found = clash(request, wanted, routers))
            refuse(request, *found, "any router of the network");
    }
    const std::vector<BridgePort> ports = load_bridge_ports(files);
    for (const Reservation& other : reservations_of_others(files, wanted.owner, ports)) {
        BridgePort theirs{.mac = other.mac};
        if (!other.ipv6.empty()) theirs.ipv6 = {other.ipv6};
        if (const auto found = clash(request, wanted, theirs))
            refuse(request, *found, whose_it_is(files, wanted.owner, other.owner));
    }
    sys::Netlink netlink;
    for (const BridgePort& other : ports) {
        if (owner_key(other.owner) == owner_key(wanted.owner)) continue;
        const auto found = clash(request, wanted, other);
        if (found && sys::find_link(netlink, other.port)) // else it has ended, and nobody has told
            refuse(request, *found, whose_it_is(files, wanted.owner, other.owner));
    }
}

std::vector<std::string> addresses_without_route(const BridgeSettings& settings,
                                                 const PortRequest& request) {
    std::vector<std::string> lines;
    for (const IpAddress& address : request.ipv4) {
        if (settings.ipv4 && settings.ipv4->contains(ipv4_number(address.address))) continue;
        const std::string own =
            settings.ipv4 ? text_of(Ipv4Network{settings.ipv4->first(), settings.ipv4->prefix})
                          : "which has IPv6 only";
        lines.push_back(fmt::format("lxc.net.{}.ipv4.address = {}: it is not in the network of the "
                                    "bridge {} ({}), and the host has no route to it by that",
                                    request.owner.nic, address.address, settings.bridge, own));
    }
    return lines;
}

} // namespace lxcpp
