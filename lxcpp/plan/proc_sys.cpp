// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include "base/error.h"

#include <algorithm>
#include <iterator>
#include <sched.h>
#include <sys/mount.h>
#include <utility>

namespace lxcpp {
namespace {

constexpr std::uint64_t kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

// Hardware and the host's kernel, on which an unprivileged reader could listen or whose root could act.
constexpr const char* kMaskedInProc[] = {
    "proc/acpi",        "proc/apm",          "proc/asound",        "proc/interrupts",   "proc/kallsyms",
    "proc/kcore",       "proc/keys",         "proc/key-users",     "proc/kmsg",         "proc/latency_stats",
    "proc/pagetypeinfo", "proc/sched_debug", "proc/scsi",          "proc/slabinfo",     "proc/sysrq-trigger",
    "proc/timer_list",  "proc/timer_stats",  "proc/vmallocinfo",
};
constexpr const char* kMaskedInSys[] = {
    "sys/firmware",
    "sys/kernel/notes",
    "sys/kernel/vmcoreinfo",
    "sys/devices/virtual/powercap",
    "sys/devices/system/cpu/cpu#/thermal_throttle",
};
constexpr const char* kReadOnly[] = {"proc/bus", "proc/fs", "proc/irq"};

// A bind of a place onto itself is a mount of its own, with flags of its own.
MountInside read_only(const std::string& path, bool optional) {
    return {.source = path, .recursive = true, .attributes_set = MOUNT_ATTR_RDONLY, .target = {path, Create::No, optional}};
}

MountInside writable_again(const std::string& path) {
    return {.source = path, .attributes_clear = MOUNT_ATTR_RDONLY, .target = {path, Create::No, true}};
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
    for (Step& step : protect_proc(context.creates(CLONE_NEWNET))) context.add(std::move(step));
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

void mask_in_sys(const PlanContext& context) {
    context.add(Mask{{std::begin(kMaskedInSys), std::end(kMaskedInSys)}});
}

void plan_sys(const PlanContext& context) {
    const auto& mode = context.config.mounts.automatic.sys;
    if (!mode) return;
    if (*mode == AutoMode::ReadWrite) {
        mount_sysfs(context, kQuiet);
        // userns.conf leaves writing to the kernel's checks; it would let anybody read.
        if (context.creates(CLONE_NEWUSER)) mask_in_sys(context);
        return;
    }
    mount_sysfs(context, kQuiet | MOUNT_ATTR_RDONLY);
    mask_in_sys(context);
    if (*mode == AutoMode::Mixed && context.creates(CLONE_NEWNET)) {
        context.add(writable_again("sys/devices/virtual/net"));
    }
}

// A user namespace may mount proc and sysfs only where its mount namespace shows each as a whole: there, with
// nothing masked or read-only. For root alone, because of just that.
void plan_nesting(const PlanContext& context) {
    if (!context.config.apparmor.allow_nesting || context.config.rootfs.path.empty()) return;
    context.add(MakeDir{"dev/.lxc", 0700});
    for (const auto& [type, path] : {std::pair("proc", "dev/.lxc/proc"), std::pair("sysfs", "dev/.lxc/sys")}) {
        context.add(MountFs{.type = type, .source = type, .attributes = kQuiet, .target = {path, Create::Dir, true}});
    }
}

} // namespace

std::vector<Step> protect_proc(bool own_network) {
    std::vector<Step> steps{read_only("proc/sys", false)};
    if (own_network) steps.emplace_back(writable_again("proc/sys/net"));
    for (const char* path : kReadOnly) steps.emplace_back(read_only(path, true));
    steps.emplace_back(Mask{{std::begin(kMaskedInProc), std::end(kMaskedInProc)}});
    return steps;
}

void plan_proc_sys(const PlanContext& context) {
    plan_proc(context);
    plan_sys(context);
    plan_nesting(context);
}

} // namespace lxcpp
