// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include "base/error.h"

#include <sched.h>
#include <string_view>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace lxcpp {
namespace {

constexpr const char* kConsole = "dev/console";

struct DeviceNode {
    std::string_view name;
    unsigned major;
    unsigned minor;
};
constexpr DeviceNode kNodes[] = {
    {"full", 1, 7}, {"null", 1, 3}, {"random", 1, 8}, {"tty", 5, 0}, {"urandom", 1, 9}, {"zero", 1, 5},
};

struct DeviceLink {
    std::string_view target;
    std::string_view name;
};
constexpr DeviceLink kLinks[] = {
    {"/proc/self/fd", "fd"},       {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
    {"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"},
};

bool may_make_nodes(const PlanContext& context) {
    return !context.creates(CLONE_NEWUSER) && !context.host.inside_user_namespace;
}

void plan_nodes(const PlanContext& context) {
    for (const DeviceNode& node : kNodes) {
        const std::string path = "dev/" + std::string(node.name);
        if (may_make_nodes(context)) {
            context.add(MakeNode{path, S_IFCHR | 0666, ::makedev(node.major, node.minor)});
        } else {
            // mknod(2) of devices is refused in a user namespace; the host's node serves as well.
            context.add(MountBind{.source = "/" + path, .target = {path, Create::File}});
        }
    }
}

std::string tty_path(const Config& config, const std::string& name) {
    return config.tty.dir.empty() ? "dev/" + name : "dev/" + config.tty.dir + "/" + name;
}

SetupPtys pty_step(const PlanContext& context) {
    const Config& config = context.config;
    SetupPtys step;
    step.options = {"mode=0620", "ptmxmode=0666"};
    // Room for the console and ttys twice: when a monitor dies, programs hold the old ones while the new are made.
    const int own = config.tty.max + 1;
    step.options.push_back("max=" + std::to_string((config.pty.max > 0 ? config.pty.max : 1024) + 2 * own));
    step.console = config.console.path != "none";
    step.console_file = kConsole;
    for (int i = 1; i <= config.tty.max; ++i) {
        step.ttys.push_back(tty_path(config, "tty" + std::to_string(i)));
    }
    return step;
}

bool maps_group(const Config& config, std::uint32_t gid) {
    if (config.idmap.empty()) return true;
    for (const IdMapEntry& entry : config.idmap) {
        if (entry.kind == IdKind::Gid && gid >= entry.nsid && gid - entry.nsid < entry.range) return true;
    }
    return false;
}

void plan_ptys(const PlanContext& context) {
    SetupPtys step = pty_step(context);
    // Group 5 is tty wherever there is one; a gid that is not mapped would fail the mount.
    if (maps_group(context.config, 5)) step.options.emplace_back("gid=5");
    context.plan.console = step.console;
    const std::size_t ttys = step.ttys.size();
    const std::string dir = context.config.tty.dir;
    context.add(std::move(step));
    if (dir.empty()) return;
    for (std::size_t i = 1; i <= ttys; ++i) {
        const std::string name = "tty" + std::to_string(i);
        context.add(MakeLink{dir + "/" + name, "dev/" + name});
    }
}

// The image's own /dev: openpty(3) inside must come to the container's devpts, whatever is there by that name.
void plan_ptmx_of_image(const PlanContext& context) {
    context.add(MakeLink{"pts/ptmx", "dev/ptmx", true});
    context.add(MountInside{.source = "dev/pts/ptmx", .target = {"dev/ptmx", Create::No, true}});
}

} // namespace

std::vector<std::string> terminal_files(const Config& config) {
    std::vector<std::string> files;
    if (config.console.path != "none") files.emplace_back(kConsole);
    for (int i = 1; i <= config.tty.max; ++i) files.push_back(tty_path(config, "tty" + std::to_string(i)));
    return files;
}

void plan_dev_tmpfs(const PlanContext& context) {
    const Autodev& autodev = context.config.autodev;
    if (!autodev.enabled || context.config.rootfs.path.empty()) return;
    context.add(MountFs{.type = "tmpfs", .source = "none",
                        .options = {"mode=0755", "size=" + std::to_string(autodev.tmpfs_size)},
                        .attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
                        .target = {"dev", Create::Dir}});
}

void plan_dev(const PlanContext& context) {
    const auto hooks = [&context](const std::string& type, const std::vector<std::string>& commands) {
        for (RunProgram& hook : plan_hooks(context.request, context.config, context.host.staging, type, commands)) {
            context.add(std::move(hook));
        }
    };
    hooks("mount", context.config.hooks.mount);
    if (context.config.autodev.enabled) hooks("autodev", context.config.hooks.autodev);
    if (context.config.rootfs.path.empty()) return; // the host's own /dev stays
    if (context.config.autodev.enabled) plan_nodes(context);
    plan_ptys(context);
    if (!context.config.autodev.enabled) return plan_ptmx_of_image(context);
    for (const DeviceLink& link : kLinks) {
        context.add(MakeLink{std::string(link.target), "dev/" + std::string(link.name)});
    }
    if (!context.config.mounts.automatic.proc || context.host.boot_id.empty()) return;
    // Journals of several containers and the host must not look like one boot.
    context.add(WriteInside{"dev/.lxc-boot-id", context.host.boot_id + "\n", 0444});
    context.add(MountInside{.source = "dev/.lxc-boot-id", .attributes_set = MOUNT_ATTR_RDONLY,
                            .target = {"proc/sys/kernel/random/boot_id", Create::No, true}});
}

} // namespace lxcpp
