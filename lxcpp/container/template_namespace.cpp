// SPDX-License-Identifier: Apache-2.0
#include "container/template_namespace.h"

#include "base/error.h"
#include "sys/clone.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/namespace.h"
#include "sys/pidfd.h"
#include "sys/socket.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace lxcpp {
namespace {

sys::MountTree tree_of(const std::filesystem::path& directory, FdRef idmap) {
    sys::MountTree tree = sys::MountTree::clone(directory);
    if (idmap.valid()) tree.idmap(idmap);
    return tree;
}

// The descriptor is of the caller's mount namespace and cannot be cloned in this one; it tells which one is meant.
sys::MountTree tree_at(const std::filesystem::path& path, FdRef meant, FdRef idmap) {
    sys::MountTree tree = tree_of(path, idmap);
    const struct stat found = sys::stat_fd(tree.fd());
    const struct stat wanted = sys::stat_fd(meant);
    if (found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino) return tree;
    throw Error("--dir " + path.string() + ": somebody has replaced the directory meanwhile");
}

// What its caller named may be for the host's root alone: the template may read that, and nothing beside it.
sys::MountTree image_tree(const TemplateNamespace& wish) {
    sys::MountTree tree = tree_of(wish.image, wish.image_idmap);
    tree.set_attributes(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    return tree;
}

void attach_image(const sys::MountTree& tree, const std::filesystem::path& target) {
    if (S_ISDIR(sys::stat_fd(tree.fd()).st_mode)) sys::make_dir(target, 0755);
    else sys::write_file_atomic(target, "");
    tree.attach(target);
}

// In a child that has its own copy of all mounts.
void arrange(const TemplateNamespace& wish) {
    sys::unshare_namespaces(CLONE_NEWNS);
    sys::make_mounts_private();
    const sys::MountTree place = tree_of(wish.construction, wish.idmap);
    const bool with_cache = !wish.cache.empty();
    std::optional<sys::MountTree> cache;
    if (with_cache) cache = tree_of(wish.cache_source, wish.idmap);
    std::optional<sys::MountTree> rootfs;
    if (!wish.rootfs.empty()) rootfs = tree_at(wish.rootfs, wish.rootfs_fd, wish.idmap);
    std::optional<sys::MountTree> image;
    if (!wish.image.empty()) image = image_tree(wish);
    sys::MountTree::create("tmpfs", "lxcpp-create", {"mode=0755", "size=64k"}, MOUNT_ATTR_NODEV).attach(wish.lxcpath);
    const std::filesystem::path directory = wish.lxcpath / wish.name;
    sys::make_dir(directory, 0755);
    place.attach(directory);
    if (rootfs) rootfs->attach(wish.rootfs);
    if (image) attach_image(*image, wish.lxcpath / kTemplateImage);
    if (!with_cache) return;
    if (!sys::exists(wish.cache)) sys::make_dirs(wish.cache); // it was below the lxcpath
    cache->attach(wish.cache);
}

[[noreturn]] void run_child(const TemplateNamespace& wish, const Fd& channel) noexcept {
    std::string answer = "ok";
    try {
        arrange(wish);
    } catch (const std::exception& error) {
        answer = error.what();
    }
    if (sys::try_send_packet(channel, answer) != 0) ::_exit(1); // who waits for it sees that
    // The parent takes hold of the namespace, then closes its end.
    try {
        (void)sys::receive_packet(channel, 64);
    } catch (const std::exception&) {
    }
    ::_exit(0);
}

} // namespace

Fd make_template_namespace(const TemplateNamespace& wish) {
    if (!wish.cache.empty()) sys::make_dirs(wish.cache, 0700);
    auto [ours, theirs] = sys::socket_pair();
    sys::Cloned child = sys::clone_process({});
    if (child.pid == 0) {
        ours.reset();
        run_child(wish, theirs);
    }
    theirs.reset();
    const auto answer = sys::receive_packet(ours, 4096, std::chrono::seconds(30));
    std::optional<Fd> ns;
    if (answer && answer->data == "ok") ns = sys::open_namespace(child.pid, "mnt");
    ours.reset();
    (void)sys::reap(child.pidfd);
    if (ns) return std::move(*ns);
    throw Error("prepare the template's view of the file system: " +
                (answer && !answer->data.empty() ? answer->data : std::string("its helper died")));
}

} // namespace lxcpp
