// SPDX-License-Identifier: Apache-2.0
#include "network/nic.h"

#include "base/strings.h"
#include "config/hwaddr.h"
#include "config/names.h"

#include <lxcpp/error.h>

#include <fmt/format.h>

namespace lxcpp {

void refuse(const NicPlan& nic, std::string_view key, const std::string& why) {
    throw ConfigError("", 0, fmt::format("lxc.net.{}.{}", nic.index, key), why);
}

sys::NetLink host_link(const NicPlan& nic, sys::Netlink& host) {
    std::optional<sys::NetLink> link = sys::find_link(host, nic.link);
    if (link) return std::move(*link);
    const char* what = nic.type == NetType::Veth && nic.veth.mode == VethMode::Bridge
                           ? "bridge"
                           : "network interface";
    refuse(nic, "link",
           fmt::format("there is no {} {} on the host: make it, or name another one", what,
                       printable(nic.link)));
}

sys::NetLink link_inside(const NicPlan& nic, sys::Netlink& inside) {
    std::optional<sys::NetLink> link = sys::find_link(inside, nic.name);
    if (!link)
        throw Error("the interface " + nic.name + " is not inside, although it was made there");
    return std::move(*link);
}

std::string hardware_address(const NicPlan& nic) {
    return expand_hwaddr(nic.hwaddr);
}

} // namespace lxcpp
