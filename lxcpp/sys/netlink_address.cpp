// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink_address.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <cerrno>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <map>

namespace lxcpp::sys {
namespace {

NetAddress parse_address(std::string_view payload, const std::map<int, std::string>& names) {
    const auto fixed = read_as<ifaddrmsg>(payload);
    const NetlinkAttributes attributes = attributes_behind(payload, sizeof fixed);
    NetAddress address;
    address.family = fixed.ifa_family;
    address.prefix = fixed.ifa_prefixlen;
    address.scope = fixed.ifa_scope;
    const auto name = names.find(static_cast<int>(fixed.ifa_index));
    if (name != names.end()) address.interface = name->second;
    // On a point-to-point link IFA_ADDRESS is the other end.
    auto value = attributes.find(IFA_LOCAL);
    if (!value) value = attributes.find(IFA_ADDRESS);
    if (value) address.text = address_text(address.family, *value);
    return address;
}

NetlinkRequest request_for(std::uint16_t type, std::uint16_t flags, const NetLink& link,
                           const InterfaceAddress& address) {
    ifaddrmsg fixed{};
    fixed.ifa_family = static_cast<std::uint8_t>(address.family);
    fixed.ifa_prefixlen = static_cast<std::uint8_t>(address.prefix);
    fixed.ifa_index = static_cast<std::uint32_t>(link.index);
    const std::string bytes = address_bytes(address.family, address.address);
    NetlinkRequest request(type, flags, as_bytes(fixed));
    request.bytes(IFA_LOCAL, bytes);
    request.bytes(IFA_ADDRESS, bytes);
    if (!address.broadcast.empty())
        request.bytes(IFA_BROADCAST, address_bytes(address.family, address.broadcast));
    if (address.without_detection) request.number<std::uint32_t>(IFA_FLAGS, IFA_F_NODAD);
    return request;
}

std::vector<NetAddress> list_addresses(Netlink& netlink, const ifaddrmsg& wanted,
                                       const std::map<int, std::string>& names) {
    std::vector<NetAddress> result;
    netlink.dump(
        NetlinkRequest(RTM_GETADDR, 0, as_bytes(wanted)), "list network addresses",
        [&] { result.clear(); },
        [&](std::uint16_t type, std::string_view payload) {
            if (type == RTM_NEWADDR) result.push_back(parse_address(payload, names));
        });
    return result;
}

} // namespace

void add_address(Netlink& netlink, const NetLink& link, const InterfaceAddress& address) {
    netlink.request(request_for(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, link, address),
                    fmt::format("give the network interface {} the address {}/{}",
                                printable(link.name), address.address, address.prefix));
}

void remove_address(Netlink& netlink, const NetLink& link, const InterfaceAddress& address) {
    try {
        netlink.request(request_for(RTM_DELADDR, 0, link, address),
                        fmt::format("take {}/{} from the network interface {}", address.address,
                                    address.prefix, printable(link.name)));
    } catch (const SystemError& error) {
        if (error.code() != EADDRNOTAVAIL) throw;
    }
}

std::vector<NetAddress> Netlink::addresses() {
    return addresses(links());
}

std::vector<NetAddress> Netlink::addresses(std::span<const NetLink> links) {
    std::map<int, std::string> names;
    for (const NetLink& link : links) names[link.index] = link.name;
    return list_addresses(*this, {}, names);
}

std::vector<NetAddress> Netlink::addresses(const NetLink& link) {
    ifaddrmsg wanted{};
    wanted.ifa_index = static_cast<std::uint32_t>(link.index);
    std::vector<NetAddress> all = list_addresses(*this, wanted, {{link.index, link.name}});
    std::erase_if(all, [](const NetAddress& one) { return one.interface.empty(); }); // of an older kernel's list
    return all;
}

} // namespace lxcpp::sys
