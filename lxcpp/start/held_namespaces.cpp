// SPDX-License-Identifier: Apache-2.0
#include "start/held_namespaces.h"

#include "sys/namespace.h"

namespace lxcpp {

std::vector<Fd> namespaces_for_stop_hooks(const Config& config, pid_t init) {
    std::vector<Fd> fds;
    if (config.hooks.stop.empty()) return fds;
    for (const sys::NamespaceType& type : sys::kNamespaces) {
        if (std::optional<Fd> fd = sys::open_namespace(init, type.name)) fds.push_back(std::move(*fd));
    }
    return fds;
}

} // namespace lxcpp
