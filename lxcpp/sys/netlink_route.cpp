// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink_route.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <cerrno>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

namespace lxcpp::sys {
namespace {

NetlinkRequest route_request(std::uint16_t type, std::uint16_t flags, const NetLink& device,
                             const Route& route) {
    rtmsg fixed{};
    fixed.rtm_family = static_cast<std::uint8_t>(route.family);
    fixed.rtm_dst_len = static_cast<std::uint8_t>(route.prefix);
    fixed.rtm_table = RT_TABLE_MAIN;
    fixed.rtm_protocol = RTPROT_BOOT;
    fixed.rtm_type = RTN_UNICAST;
    fixed.rtm_scope =
        route.gateway.empty() && route.family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    if (route.on_link) fixed.rtm_flags = RTNH_F_ONLINK;
    NetlinkRequest request(type, flags, as_bytes(fixed));
    if (route.prefix > 0) request.bytes(RTA_DST, address_bytes(route.family, route.destination));
    if (!route.gateway.empty())
        request.bytes(RTA_GATEWAY, address_bytes(route.family, route.gateway));
    request.number<std::int32_t>(RTA_OIF, device.index);
    return request;
}

std::string text_of(const Route& route, const NetLink& device) {
    const std::string to = route.prefix == 0
                               ? "the default route"
                               : fmt::format("the route to {}/{}", route.destination, route.prefix);
    return fmt::format("{}{}{} through {}", to, route.gateway.empty() ? "" : " by ", route.gateway,
                       printable(device.name));
}

NetlinkRequest proxy_request(std::uint16_t type, std::uint16_t flags, const NetLink& device,
                             int family, const std::string& address) {
    ndmsg fixed{};
    fixed.ndm_family = static_cast<std::uint8_t>(family);
    fixed.ndm_ifindex = device.index;
    fixed.ndm_state = NUD_PERMANENT;
    fixed.ndm_flags = NTF_PROXY;
    NetlinkRequest request(type, flags, as_bytes(fixed));
    request.bytes(NDA_DST, address_bytes(family, address));
    return request;
}

} // namespace

void add_route(Netlink& netlink, const NetLink& device, const Route& route) {
    netlink.request(route_request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, device, route),
                    "add " + text_of(route, device));
}

void remove_route(Netlink& netlink, const NetLink& device, const Route& route) {
    try {
        netlink.request(route_request(RTM_DELROUTE, 0, device, route),
                        "remove " + text_of(route, device));
    } catch (const SystemError& error) {
        if (error.code() != ESRCH) throw;
    }
}

void add_neighbour_proxy(Netlink& netlink, const NetLink& device, int family,
                         const std::string& address) {
    netlink.request(proxy_request(RTM_NEWNEIGH, NLM_F_CREATE, device, family, address),
                    fmt::format("answer for {} on {}", address, printable(device.name)));
}

void remove_neighbour_proxy(Netlink& netlink, const NetLink& device, int family,
                            const std::string& address) {
    try {
        netlink.request(
            proxy_request(RTM_DELNEIGH, 0, device, family, address),
            fmt::format("answer no more for {} on {}", address, printable(device.name)));
    } catch (const SystemError& error) {
        if (error.code() != ENOENT) throw;
    }
}

} // namespace lxcpp::sys
