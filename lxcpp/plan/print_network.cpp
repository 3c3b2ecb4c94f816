// SPDX-License-Identifier: Apache-2.0
#include "plan/print_network.h"

#include "base/strings.h"
#include "config/names.h"
#include "plan/user_nic.h"

#include <fmt/format.h>
#include <sys/socket.h>

namespace lxcpp {
namespace {

std::string ids_text(const std::vector<std::uint16_t>& ids) {
    std::vector<std::string> texts;
    for (const std::uint16_t id : ids) texts.push_back(std::to_string(id));
    return join(texts, " ");
}

void add_if(std::vector<std::string>& words, bool there, std::string word) {
    if (there) words.push_back(std::move(word));
}

void add_veth(std::vector<std::string>& words, const Veth& veth) {
    add_if(words, veth.mode == VethMode::Router, "router");
    add_if(words, !veth.pair.empty(), "host's end " + veth.pair);
    add_if(words, veth.n_rxqueues != 0, fmt::format("{} receive queues", veth.n_rxqueues));
    add_if(words, veth.n_txqueues != 0, fmt::format("{} transmit queues", veth.n_txqueues));
    add_if(words, !veth.vlan_id.empty(), "vlan " + veth.vlan_id);
    add_if(words, !veth.vlan_tagged_ids.empty(), "tagged vlans " + ids_text(veth.vlan_tagged_ids));
}

std::string details(const NicPlan& nic) {
    std::vector<std::string> words;
    if (nic.type == NetType::Veth) add_veth(words, nic.veth);
    add_if(words, nic.type == NetType::Macvlan, std::string(name_of(nic.macvlan_mode)));
    add_if(words, nic.type == NetType::Ipvlan,
           fmt::format("{}, {}", name_of(nic.ipvlan_mode), name_of(nic.ipvlan_isolation)));
    add_if(words, nic.type == NetType::Vlan, fmt::format("id {}", nic.vlan_id));
    add_if(words, !nic.hwaddr.empty(), "hwaddr " + nic.hwaddr);
    add_if(words, nic.mtu != 0, fmt::format("mtu {}", nic.mtu));
    add_if(words, nic.up, "up");
    return words.empty() ? "" : " (" + join(words, ", ") + ")";
}

std::string on_link(const NicPlan& nic) {
    if (nic.link.empty()) return "";
    return " on " + nic.link + (nic.link_prefix ? "..." : "");
}

std::string address_text(const NicAddress& one) {
    return fmt::format("{}/{}{}{}", one.address, one.prefix,
                       one.broadcast.empty() ? "" : " broadcast ", one.broadcast);
}

std::string gateway_text(const NicPlan& nic, const NicGateway& gateway) {
    const std::string_view family = gateway.family == AF_INET ? "IPv4" : "IPv6";
    switch (gateway.kind) {
    case GatewayKind::Link:
        return fmt::format("{} default route by the address of {}", family, nic.link);
    case GatewayKind::Device:
        return fmt::format("{} default route to the device", family);
    case GatewayKind::Address:
        break;
    }
    return fmt::format("{} default route by {}{}", family, gateway.address,
                       gateway.on_link ? " (on the link)" : "");
}

std::vector<std::string> acts(const NicPlan& nic) {
    std::vector<std::string> lines;
    if (nic.type == NetType::Empty)
        lines.emplace_back("no interface");
    else if (nic.type == NetType::Phys)
        lines.push_back(fmt::format("move {}{} inside{}{}", nic.link, nic.link_prefix ? "..." : "",
                                    nic.name.empty() ? "" : " as " + nic.name, details(nic)));
    else if (nic.type == NetType::User)
        lines.push_back(
            fmt::format("make {}, carried by a program of the user (pasta or slirp4netns){}",
                        nic.name, details(nic)));
    else
        lines.push_back(
            fmt::format("make {} {}{}{}", name_of(nic.type), nic.name, on_link(nic), details(nic)));
    for (const NicAddress& one : nic.addresses) lines.push_back("address " + address_text(one));
    if (nic.takes_lease) lines.push_back("the address and the default route that a managed bridge has for it");
    for (const NicGateway& gateway : nic.gateways) lines.push_back(gateway_text(nic, gateway));
    if (nic.ipv6_as_host)
        lines.push_back(fmt::format("where the host has IPv6: address {}/{}, default route by {}",
                                    kUserAddress6, kUserPrefix6, kUserGateway6));
    if (nic.type == NetType::User) lines.push_back("name server " + user_resolver(nic, AF_INET));
    for (const auto* routes : {&nic.veth.ipv4_routes, &nic.veth.ipv6_routes}) {
        for (const IpAddress& route : *routes)
            lines.push_back(fmt::format("route of the host to {}/{}", route.address, route.prefix));
    }
    if (nic.l2proxy) lines.push_back("answer for its addresses on " + nic.link);
    if (nic.script_up) lines.push_back("run " + nic.script_up->what);
    if (nic.script_down) lines.push_back("when it stops, run " + nic.script_down->what);
    return lines;
}

} // namespace

std::string print_nics(const std::vector<NicPlan>& nics) {
    std::string text;
    for (const NicPlan& nic : nics) {
        for (const std::string& line : acts(nic))
            text += fmt::format("net {}: {}\n", nic.index, line);
    }
    return text;
}

} // namespace lxcpp
