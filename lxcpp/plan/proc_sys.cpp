// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include "base/error.h"

#include <algorithm>
#include <sched.h>
#include <sys/mount.h>

namespace lxcpp {
namespace {

constexpr std::uint64_t kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

// A bind of a place onto itself is a mount of its own, with flags of its own.
void read_only(const PlanContext& context, const std::string& path, bool optional) {
    context.add(MountInside{.source = path, .recursive = true, .attributes_set = MOUNT_ATTR_RDONLY,
                            .target = {path, Create::No, optional}});
}

void writable_again(const PlanContext& context, const std::string& path) {
    context.add(MountInside{.source = path, .attributes_clear = MOUNT_ATTR_RDONLY,
                            .target = {path, Create::No, true}});
}

void plan_sysctls(const PlanContext& context) {
    for (const Setting& setting : context.config.sysctls) {
        std::string file = setting.name;
        std::ranges::replace(file, '.', '/');
        context.add(WriteProc{"sys/" + file, setting.value, "lxc.sysctl." + setting.name});
    }
}

void plan_proc(const PlanContext& context) {
    const auto& mode = context.config.mounts.automatic.proc;
    if (mode) {
        if (context.creates(CLONE_NEWUSER) && !context.creates(CLONE_NEWPID)) {
            throw ConfigError("", 0, "lxc.mount.auto",
                              "proc: only the owner of a pid namespace can mount it, and this container, in a user "
                              "namespace of its own, shares that of another; make it --privileged or leave proc out");
        }
        context.add(MountFs{.type = "proc", .source = "proc", .attributes = kQuiet,
                            .target = {"proc", Create::Dir}});
    }
    plan_sysctls(context); // while /proc/sys can still be written
    if (!mode || *mode == AutoMode::ReadWrite) return;
    read_only(context, "proc/sys", false);
    if (context.creates(CLONE_NEWNET)) writable_again(context, "proc/sys/net");
    read_only(context, "proc/sysrq-trigger", true);
}

void mount_sysfs(const PlanContext& context, std::uint64_t attributes) {
    if (context.creates(CLONE_NEWUSER) && !context.creates(CLONE_NEWNET)) {
        // sysfs belongs to the network namespace; one that is not ours cannot be mounted anew.
        context.add(MountBind{.source = "/sys", .recursive = true, .attributes_set = attributes | MOUNT_ATTR_RDONLY,
                              .target = {"sys", Create::Dir}});
        return;
    }
    context.add(MountFs{.type = "sysfs", .source = "sysfs", .attributes = attributes,
                        .target = {"sys", Create::Dir}});
}

void plan_sys(const PlanContext& context) {
    const auto& mode = context.config.mounts.automatic.sys;
    if (!mode) return;
    if (*mode == AutoMode::ReadWrite) return mount_sysfs(context, kQuiet);
    mount_sysfs(context, kQuiet | MOUNT_ATTR_RDONLY);
    if (*mode == AutoMode::Mixed && context.creates(CLONE_NEWNET)) {
        writable_again(context, "sys/devices/virtual/net");
    }
}

} // namespace

void plan_proc_sys(const PlanContext& context) {
    plan_proc(context);
    plan_sys(context);
}

} // namespace lxcpp
