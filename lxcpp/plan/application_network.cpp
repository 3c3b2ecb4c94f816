// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include <sys/mount.h>
#include <utility>

namespace lxcpp {

// What the configuration says of addresses is meant.
bool may_take_lease(const NetDevice& device) {
    return device.type == NetType::Veth && device.veth.mode == VethMode::Bridge &&
           !device.link.empty() && device.up && device.ipv4_addresses.empty();
}

// Below the entries of the configuration, which may name a file of their own.
void plan_name_servers(const PlanContext& context) {
    if (context.host.name_servers.empty() || context.plan.rootfs.path.empty()) return;
    Target target{.path = "etc/resolv.conf", .create = Create::File, .follow = true};
    context.add(MountPrepared{context.plan.prepared_mounts.size(), 0, std::move(target)});
    PreparedMount file{.source = context.host.name_servers};
    file.attributes_set =
        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    context.plan.prepared_mounts.push_back(std::move(file));
}

} // namespace lxcpp
