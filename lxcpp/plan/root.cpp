// SPDX-License-Identifier: Apache-2.0
#include "plan/mount_options.h"
#include "plan/planner.h"

#include "base/error.h"
#include "base/strings.h"
#include "config/overlay_root.h"

#include <sys/mount.h>

namespace lxcpp {
namespace {

void apply_rootfs_options(const PlanContext& context) {
    const MountOptions options = parse_mount_options(context.config.rootfs.options, "lxc.rootfs.options");
    if (options.create != Create::No || options.optional || options.relative || options.move) {
        throw ConfigError("", 0, "lxc.rootfs.options", "create, optional, relative and move make no sense here");
    }
    if (!options.data.empty()) {
        throw ConfigError("", 0, "lxc.rootfs.options",
                          "unknown mount option \"" + options.data.front() + "\" for a directory");
    }
    context.plan.rootfs.attributes = options.set;
    context.plan.rootfs.idmap = options.idmap;
}

std::optional<OverlayRoot> overlay_of(const Rootfs& rootfs) {
    try {
        return overlay_root(rootfs);
    } catch (const Error& error) {
        throw ConfigError("", 0, "lxc.rootfs.path", error.what());
    }
}

// userxattr, also where root could do without: what one kind of container writes, the other can stack.
void plan_overlay(const PlanContext& context, const OverlayRoot& overlay) {
    context.plan.rootfs.path = overlay.upper;
    context.plan.rootfs.lowers = overlay.lowers;
    AttachOverlay step{.staging = context.host.staging, .upper = {}, .lowers = {}, .options = {}, .attributes = context.plan.rootfs.attributes};
    step.upper = overlay.upper.substr(overlay.upper.rfind('/') + 1);
    for (std::size_t i = 0; i < overlay.lowers.size(); ++i) step.lowers.push_back(std::to_string(i));
    step.options = "userxattr,lowerdir=" + join(step.lowers, ":") + ",upperdir=" + kUpperLink + ",workdir=" + kUpperDirectory + '/' + std::string(kOverlayWork);
    context.add(std::move(step));
}

} // namespace

void plan_pivot(const PlanContext& context) {
    const Rootfs& rootfs = context.config.rootfs;
    if (rootfs.path.empty()) return;
    const MountOptions options = parse_mount_options(rootfs.options, "lxc.rootfs.options");
    context.add(PivotRoot{options.propagation, options.propagation_recursive});
}

void plan_root(const PlanContext& context) {
    const Rootfs& rootfs = context.config.rootfs;
    context.add(RootPropagation{MS_SLAVE});
    for (RunProgram& hook : plan_hooks(context.request, context.config, context.host.staging, "pre-mount",
                                       context.config.hooks.pre_mount)) {
        context.add(std::move(hook));
    }
    if (rootfs.path.empty()) {
        context.add(UseHostRoot{});
        return;
    }
    context.plan.rootfs.path = rootfs.path;
    apply_rootfs_options(context);
    const auto overlay = overlay_of(rootfs);
    if (overlay) {
        plan_overlay(context, *overlay);
    } else {
        context.add(AttachRoot{context.host.staging});
    }
}

} // namespace lxcpp
