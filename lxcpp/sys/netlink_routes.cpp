// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink_routes.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

namespace lxcpp::sys {

std::vector<KnownRoute> list_routes(Netlink& netlink, int family) {
    std::vector<KnownRoute> routes;
    rtmsg fixed{};
    fixed.rtm_family = static_cast<unsigned char>(family);
    const NetlinkRequest request(RTM_GETROUTE, NLM_F_DUMP, as_bytes(fixed));
    netlink.dump(
        request, "list routes", [&] { routes.clear(); },
        [&](std::uint16_t type, std::string_view payload) {
            const auto route = read_as<rtmsg>(payload);
            if (type != RTM_NEWROUTE || route.rtm_family != family ||
                route.rtm_table == RT_TABLE_LOCAL)
                return;
            if (route.rtm_type != RTN_UNICAST && route.rtm_type != RTN_BLACKHOLE &&
                route.rtm_type != RTN_UNREACHABLE)
                return;
            const NetlinkAttributes attributes = attributes_behind(payload, sizeof route);
            const auto destination = attributes.find(RTA_DST);
            routes.push_back({family, destination ? address_text(family, *destination) : "",
                              route.rtm_dst_len, attributes.number<int>(RTA_OIF)});
        });
    return routes;
}

} // namespace lxcpp::sys
