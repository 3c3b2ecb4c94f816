// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include <algorithm>
#include <linux/capability.h>
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

void mount_tmpfs(const PlanContext& context) {
    context.add(MountFs{.type = "tmpfs", .source = "cgroup", .options = {"mode=0755", "size=10240k"},
                        .attributes = kQuiet, .target = {"sys/fs/cgroup", Create::Dir, false}});
}

void make_read_only(const PlanContext& context) {
    context.add(ChangeMount{.set = MOUNT_ATTR_RDONLY, .target = {"sys/fs/cgroup", Create::No, false}});
}

// One tmpfs with a directory a hierarchy, as systemd lays it out on a v1 host.
void mount_all(const PlanContext& context, std::uint64_t attributes) {
    mount_tmpfs(context);
    for (const std::string& hierarchy : context.host.cgroup_v1) {
        context.add(MountFs{.type = "cgroup", .source = "cgroup", .options = options_of(hierarchy),
                            .attributes = attributes,
                            .target = {"sys/fs/cgroup/" + directory_of(hierarchy), Create::Dir, false}});
    }
    if (context.host.cgroup_v2) mount_unified(context, "sys/fs/cgroup/unified", attributes);
    if ((attributes & MOUNT_ATTR_RDONLY) != 0) make_read_only(context);
}

// In the host's cgroup namespace every mount of a hierarchy would show all of it.
void mount_own(const PlanContext& context, bool only_unified) {
    const AutoMounts& wish = context.config.mounts.automatic;
    const bool whole = wish.cgroup == AutoCgroup::CgroupFull;
    const std::uint64_t own = access(wish.cgroup_mode);
    const std::uint64_t around = wish.cgroup_mode == AutoMode::ReadWrite ? kQuiet : kQuiet | MOUNT_ATTR_RDONLY;
    const auto add = [&](const std::string& source, const std::string& controllers, const std::string& directory) {
        context.add(MountOwnCgroup{source, controllers, "sys/fs/cgroup" + directory, own, whole, whole ? around : 0});
    };
    mount_tmpfs(context);
    const PlanHost& host = context.host;
    for (std::size_t i = 0; i < host.cgroup_v1.size() && !only_unified; ++i) {
        add(host.cgroup_v1_mounts.at(i), host.cgroup_v1[i], '/' + directory_of(host.cgroup_v1[i]));
    }
    if (host.cgroup_v2) add(host.cgroup_v2_mount, "", only_unified ? "" : "/unified");
    // Over the tmpfs, unless the one hierarchy covers it.
    if ((around & MOUNT_ATTR_RDONLY) != 0 && !(only_unified && whole)) make_read_only(context);
}

void plan_without_own_view(const PlanContext& context, bool only_unified) {
    if (context.config.mounts.automatic.cgroup == AutoCgroup::None) return;
    const bool another = std::ranges::any_of(context.plan.shared_namespaces,
                                             [](const SharedNamespace& share) { return share.flag == CLONE_NEWCGROUP; });
    if (!another) return mount_own(context, only_unified);
    context.plan.warnings.emplace_back("lxc.mount.auto: cgroups are not mounted, because in the cgroup namespace of "
                                       "another container this one's own are out of sight");
}

} // namespace

void plan_cgroup_mounts(const PlanContext& context) {
    const AutoMounts& wish = context.config.mounts.automatic;
    if (!wish.sys && wish.cgroup == AutoCgroup::None) return;
    // A unified host has one sensible mount, asked for or not; so has a payload that knows no other.
    const bool only_unified = context.host.unified_cgroups || wish.cgroup == AutoCgroup::Cgroup2 ||
                              (context.host.payload_unified_only && context.host.cgroup_v2);
    if (!context.creates(CLONE_NEWCGROUP)) return plan_without_own_view(context, only_unified);
    const std::uint64_t attributes = access(wish.cgroup_mode);
    if (only_unified) return mount_unified(context, "sys/fs/cgroup", attributes);
    if (wish.cgroup == AutoCgroup::None) return;
    // With a cgroup namespace the payload mounts what it understands: systemd before 258 the v1
    // hierarchies, later ones cgroup2. Only :force does it for payloads that mount nothing, for those
    // that may not, and for all when /sys is a view of the host's: its cgroups are in the way there.
    const bool payload_mounts = (context.host.bounding_set >> CAP_SYS_ADMIN & 1) != 0;
    const bool shows_host_sys = wish.sys && context.creates(CLONE_NEWUSER) && !context.creates(CLONE_NEWNET);
    if (wish.cgroup_force || !payload_mounts || shows_host_sys) mount_all(context, attributes);
}

} // namespace lxcpp
