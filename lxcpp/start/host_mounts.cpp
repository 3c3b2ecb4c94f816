// SPDX-License-Identifier: Apache-2.0
#include "start/host_mounts.h"

#include "base/error.h"
#include "base/log.h"
#include "config/overlay_root.h"
#include "sys/file.h"
#include "sys/memory_file.h"
#include "sys/mount.h"
#include "sys/namespace.h"
#include "sys/rooted_dir.h"

#include <cerrno>
#include <filesystem>
#include <optional>
#include <sys/mount.h>
#include <sys/stat.h>

namespace lxcpp {
namespace {

Fd map_namespace(const std::string& idmap, pid_t pid) {
    if (idmap != "container") return sys::open_file(idmap);
    std::optional<Fd> own = sys::open_namespace(pid, "user");
    if (!own) throw Error("the container's first process died during set-up");
    return std::move(*own);
}

void apply_idmap(sys::MountTree& tree, FdRef user_namespace, const std::string& source) {
    try {
        tree.idmap(user_namespace, true);
    } catch (const SystemError& error) {
        // EPERM: the mount has a map already.
        if (error.code() != EINVAL && error.code() != EOPNOTSUPP && error.code() != EPERM) throw;
        throw Error("mount " + source + " with the container's ids: its file system, or one mounted below it, "
                    "takes no idmapped mounts; move it to ext4, xfs or btrfs, or shift its ids and remove idmap= "
                    "from the options");
    }
}

Fd prepared_mount(const PreparedMount& mount, pid_t pid) {
    sys::MountTree tree = sys::MountTree::clone(mount.source, mount.recursive);
    tree.set_attributes(mount.attributes_set, mount.attributes_clear, mount.recursive);
    if (!mount.idmap.empty()) apply_idmap(tree, map_namespace(mount.idmap, pid), mount.source);
    return std::move(tree).take();
}

// An optional one that cannot be made still takes its number: the child cannot mount what it gets.
Fd prepared_mount_or_nothing(const PreparedMount& mount, pid_t pid) {
    try {
        return prepared_mount(mount, pid);
    } catch (const Error& error) {
        if (!mount.optional) throw;
        log::info("lxc.mount.entry: {}", error.what());
        return sys::memory_file("lxcpp-skipped");
    }
}

Fd root_mount(const RootfsPlan& rootfs, FdRef user_namespace) {
    const sys::RootedDir directory = sys::RootedDir::open(rootfs.path);
    sys::MountTree tree = sys::MountTree::clone_fd(directory.fd(), true);
    tree.set_attributes(rootfs.attributes, 0, true);
    if (user_namespace.valid()) apply_idmap(tree, user_namespace, rootfs.path);
    return std::move(tree).take();
}

Fd layer_mount(const std::string& path, FdRef user_namespace) {
    return with_context("the lower directory " + path, [&] {
        const sys::RootedDir directory = sys::RootedDir::open(path);
        sys::MountTree tree = sys::MountTree::clone_fd(directory.fd());
        tree.set_attributes(MOUNT_ATTR_RDONLY);
        if (user_namespace.valid()) apply_idmap(tree, user_namespace, path);
        return std::move(tree).take();
    });
}

// overlayfs' own directory; whoever made the container may have left that to us. It belongs to whom UPPER does.
void make_work(const sys::RootedDir& parent, const struct stat& upper) {
    const auto info = parent.stat(kOverlayWork);
    if (info && S_ISDIR(info->st_mode)) return;
    if (info) throw Error(parent.name() + '/' + std::string(kOverlayWork) + ", the work directory of the overlay, is not a directory");
    parent.make_dir(kOverlayWork, 0700);
    parent.chown(kOverlayWork, upper.st_uid, upper.st_gid);
}

// overlayfs wants UPPER and its work directory on one mount: what is mounted is the directory of both.
Fd upper_mount(const std::string& path, FdRef user_namespace) {
    const std::filesystem::path upper = path;
    const sys::RootedDir parent = sys::RootedDir::open(upper.parent_path());
    const auto info = parent.stat(upper.filename().string());
    if (!info || !S_ISDIR(info->st_mode)) throw Error("the upper directory " + path + " does not exist or is no directory");
    make_work(parent, *info);
    sys::MountTree tree = sys::MountTree::clone_fd(parent.fd());
    if (user_namespace.valid()) apply_idmap(tree, user_namespace, parent.name());
    return std::move(tree).take();
}

void make_root(const StartPlan& plan, pid_t pid, HostMounts& made) {
    const RootfsPlan& rootfs = plan.rootfs;
    Fd user_namespace;
    if (!rootfs.idmap.empty()) user_namespace = map_namespace(rootfs.idmap, pid);
    if (rootfs.lowers.empty()) {
        made.mounts.push_back(root_mount(rootfs, user_namespace));
        return;
    }
    made.mounts.push_back(upper_mount(rootfs.path, user_namespace));
    for (const std::string& lower : rootfs.lowers) made.layers.push_back(layer_mount(lower, user_namespace));
}

} // namespace

HostMounts make_host_mounts(const StartPlan& plan, pid_t pid) {
    HostMounts made;
    if (!plan.rootfs.path.empty()) {
        make_root(plan, pid, made);
    } else if (!plan.prepared_mounts.empty()) {
        made.mounts.push_back(sys::MountTree::clone("/").take()); // keeps the numbering; not used
    }
    for (const PreparedMount& mount : plan.prepared_mounts) {
        made.mounts.push_back(prepared_mount_or_nothing(mount, pid));
    }
    return made;
}

} // namespace lxcpp
