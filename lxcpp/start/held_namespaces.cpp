// SPDX-License-Identifier: Apache-2.0
#include "start/held_namespaces.h"

#include "sys/namespace.h"
#include "sys/own_namespace.h"

#include <algorithm>

namespace lxcpp {

std::vector<Fd> namespaces_for_stop_hooks(const Config& config, pid_t init) {
    std::vector<Fd> fds;
    if (config.hooks.stop.empty()) return fds;
    for (const sys::NamespaceType& type : sys::kNamespaces) {
        if (std::optional<Fd> fd = sys::open_namespace(init, type.name)) fds.push_back(std::move(*fd));
    }
    return fds;
}

Fd network_for_reboot(const Config& config, pid_t init) {
    if (!sys::in_own_namespace() || !config.hooks.stop.empty()) return {}; // or is one of those above
    if (std::ranges::count(config.net, NetType::Veth, &NetDevice::type) == 0) return {};
    return sys::open_namespace(init, "net").value_or(Fd());
}

} // namespace lxcpp
