// SPDX-License-Identifier: Apache-2.0
#include "plan/mount_options.h"
#include "plan/planner.h"

#include "base/error.h"
#include "base/strings.h"

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
    context.add(AttachRoot{context.host.staging});
}

} // namespace lxcpp
