// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include <algorithm>
#include <sched.h>
#include <sys/mount.h>

namespace lxcpp {
namespace {

constexpr std::uint64_t kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

std::uint64_t access(AutoMode mode) { return mode == AutoMode::ReadOnly ? kQuiet | MOUNT_ATTR_RDONLY : kQuiet; }

void mount_unified(const PlanContext& context, const std::string& path, std::uint64_t attributes) {
    context.add(MountFs{.type = "cgroup2", .source = "cgroup2", .attributes = attributes,
                        .target = {path, Create::Dir, false}});
}

// "cpu,cpuacct" is mounted with both options; "name=systemd" appears as "systemd".
std::string directory_of(const std::string& hierarchy) {
    return hierarchy.starts_with("name=") ? hierarchy.substr(5) : hierarchy;
}

std::vector<std::string> options_of(const std::string& hierarchy) {
    std::vector<std::string> options;
    if (hierarchy.starts_with("name=")) options.emplace_back("none");
    std::size_t start = 0;
    while (start <= hierarchy.size()) {
        const std::size_t comma = std::min(hierarchy.find(',', start), hierarchy.size());
        options.push_back(hierarchy.substr(start, comma - start));
        start = comma + 1;
    }
    return options;
}

// One tmpfs with a directory a hierarchy, as systemd lays it out on a v1 host.
void mount_all(const PlanContext& context, std::uint64_t attributes) {
    context.add(MountFs{.type = "tmpfs", .source = "cgroup", .options = {"mode=0755", "size=10240k"},
                        .attributes = kQuiet, .target = {"sys/fs/cgroup", Create::No, false}});
    for (const std::string& hierarchy : context.host.cgroup_v1) {
        context.add(MountFs{.type = "cgroup", .source = "cgroup", .options = options_of(hierarchy),
                            .attributes = attributes,
                            .target = {"sys/fs/cgroup/" + directory_of(hierarchy), Create::Dir, false}});
    }
    if (context.host.cgroup_v2) mount_unified(context, "sys/fs/cgroup/unified", attributes);
    if ((attributes & MOUNT_ATTR_RDONLY) == 0) return;
    context.add(ChangeMount{.set = MOUNT_ATTR_RDONLY, .target = {"sys/fs/cgroup", Create::No, false}});
}

} // namespace

void plan_cgroup_mounts(const PlanContext& context) {
    const AutoMounts& wish = context.config.mounts.automatic;
    if (!wish.sys && wish.cgroup == AutoCgroup::None) return;
    const std::uint64_t attributes = access(wish.cgroup_mode);
    const bool own_view = context.creates(CLONE_NEWCGROUP);
    // A unified host has one sensible mount, asked for or not; so has a payload that knows no other.
    if (context.host.unified_cgroups || wish.cgroup == AutoCgroup::Cgroup2 ||
        (context.host.payload_unified_only && context.host.cgroup_v2)) {
        if (own_view) return mount_unified(context, "sys/fs/cgroup", attributes);
        context.plan.warnings.emplace_back("lxc.mount.auto: cgroups are not mounted, because the container "
                                           "shares the host's cgroup namespace and would see all of it");
        return;
    }
    if (wish.cgroup == AutoCgroup::None) return;
    // With a cgroup namespace the payload mounts what it understands: systemd before 258 the v1
    // hierarchies, later ones cgroup2. Only :force does it for payloads that mount nothing.
    if (own_view && wish.cgroup_force) return mount_all(context, attributes);
    if (!own_view) {
        context.plan.warnings.emplace_back("lxc.mount.auto: cgroups are not mounted, because the container "
                                           "shares the host's cgroup namespace and would see all of it");
    }
}

} // namespace lxcpp
