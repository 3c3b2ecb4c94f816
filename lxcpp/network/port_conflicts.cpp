// SPDX-License-Identifier: Apache-2.0
#include "network/port_conflicts.h"

#include "base/ascii.h"
#include "network/publish.h"
#include "network/reservations.h"
#include "sys/netlink_link.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>

namespace lxcpp {
namespace {

// Keys and values of one device's configuration that may be somebody's.
class OwnChoice {
public:
    explicit OwnChoice(const PortRequest& request) : request_(request) {}

    void check_mac(const std::string& wanted, const std::string& theirs,
                   const std::string& whose) const {
        if (same_letters(wanted, theirs)) refuse("hwaddr", wanted, whose);
    }
    void check_ipv4(const std::vector<std::string>& theirs, const std::string& whose) const {
        for (const IpAddress& one : request_.ipv4) {
            if (std::ranges::count(theirs, one.address) != 0) refuse("ipv4.address", one.address, whose);
        }
    }
    void check_ipv6(const std::string& theirs, const std::string& whose) const {
        for (const IpAddress& one : request_.ipv6) {
            if (ipv6_address(one.address) == ipv6_address(theirs))
                refuse("ipv6.address", one.address, whose);
        }
    }

private:
    [[noreturn]] void refuse(std::string_view key, const std::string& value,
                             const std::string& whose) const {
        throw Error(fmt::format("lxc.net.{}.{} = {}: {} has it", request_.owner.nic, key, value, whose));
    }

    const PortRequest& request_;
};

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
    const OwnChoice choice(request);
    const std::string bridge = "the bridge " + settings.bridge;
    choice.check_mac(wanted.mac, settings.mac, bridge);
    if (settings.ipv6) {
        choice.check_ipv6(ipv6_text(*settings.ipv6), bridge);
        choice.check_ipv6(ipv6_text(ipv6_link_local(mac_address(settings.mac))), bridge);
        choice.check_ipv6(ipv6_text(ipv6_prefix64(*settings.ipv6)), "any router of the network");
    }
    for (const Reservation& other : reservations_of_others(files, wanted.owner)) {
        const std::string whose = whose_it_is(files, wanted.owner, other.owner);
        choice.check_mac(wanted.mac, other.mac, whose);
        if (!other.ipv6.empty()) choice.check_ipv6(other.ipv6, whose);
    }
    sys::Netlink netlink;
    for (const BridgePort& other : load_bridge_ports(files)) {
        if (owner_key(other.owner) == owner_key(wanted.owner)) continue;
        if (!sys::find_link(netlink, other.port)) continue; // it has ended, and nobody has told
        const std::string whose = whose_it_is(files, wanted.owner, other.owner);
        choice.check_mac(wanted.mac, other.mac, whose);
        choice.check_ipv4(other.ipv4, whose);
        for (const std::string& theirs : other.ipv6) choice.check_ipv6(theirs, whose);
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
