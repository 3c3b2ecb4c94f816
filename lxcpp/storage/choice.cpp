// SPDX-License-Identifier: Apache-2.0
#include "storage/choice.h"

#include "base/strings.h"
#include "sys/file.h"
#include "sys/file_probe.h"
#include "sys/mount.h"
#include "sys/overlay.h"
#include "sys/probe.h"
#include "sys/subvolume.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <linux/magic.h>
#include <optional>

namespace lxcpp {
namespace {

constexpr std::array kKinds{StorageKind::Btrfs, StorageKind::Reflink, StorageKind::Overlay, StorageKind::Dir};
constexpr std::array<std::string_view, 3> kBest{"", "best", "default"};
constexpr std::array<std::string_view, 6> kUnsupported{"zfs", "lvm", "loop", "rbd", "nbd", "nvme"};

using Obstacle = std::optional<std::string>;

Obstacle against_btrfs(const StorageWish& wish, FdRef store, FdRef place) {
    if (wish.elsewhere) return "--dir names a directory, and a snapshot is one of its own";
    if (wish.own_shift) return "only root can remove subvolumes everywhere";
    if (!sys::on_one_btrfs(store, place)) return "the store of images and " + wish.directory.string() + " are not on one btrfs";
    const bool layers = wish.trees.size() != 1;
    if (layers && !wish.copied) return "the image has several layers, of which no snapshot can be made";
    if (!layers && !sys::is_subvolume(store)) return wish.trees.front().string() + " is no subvolume";
    if (wish.unprivileged && !wish.idmapped) return "this kernel cannot map the ids of a btrfs";
    return std::nullopt;
}

Obstacle against_reflink(const StorageWish& wish, FdRef place) {
    if (wish.trees.size() != 1) return "the image has several layers, and what an overlay shows of them shares no blocks";
    // Nothing can be made in the tree, but beside it.
    const Fd beside = sys::open_file(wish.trees.front().parent_path(), {.access = sys::Access::Path, .directory = true});
    if (sys::can_share_blocks(beside, place)) return std::nullopt;
    return "files of the store of images and of " + wish.directory.string() + " cannot share blocks";
}

// Those that have never refused an upper directory; with all others, and for a user, only the mount itself tells:
// overlayfs and NFS take user.* and are no upper directory, and a guard or a kernel may refuse any mount to a user.
bool is_usual(FdRef place) {
    constexpr std::array<long, 4> kUsual{EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, TMPFS_MAGIC};
    return std::ranges::find(kUsual, sys::filesystem_magic(place)) != kUsual.end();
}

Obstacle against_mount(const StorageWish& wish, FdRef place) {
    if (!wish.own_shift && is_usual(place)) return std::nullopt;
    const sys::TempDir trial(wish.directory, ".overlay-");
    const auto upper = trial.path() / "upper";
    const auto work = trial.path() / "work";
    sys::make_dir(upper, 0700);
    sys::make_dir(work, 0700);
    try {
        (void)sys::mount_overlay({.lowers = {wish.trees.front()}, .upper = upper, .work = work});
        return std::nullopt;
    } catch (const Error& error) {
        return "the kernel makes no overlay in " + wish.directory.string() + " (" + error.what() + ")";
    }
}

Obstacle against_overlay(const StorageWish& wish, FdRef store, FdRef place) {
    if (wish.elsewhere) return "--dir names the whole root file system, and an overlay has none in one directory";
    if (sys::probe_file_system("overlay") == -ENODEV) return "this kernel has no overlayfs";
    if (!sys::takes_user_attributes(place)) return "the file system of " + wish.directory.string() + " keeps no attributes user.*";
    for (const auto& path : wish.trees) {
        if (path.string().find(':') != std::string::npos) return "a ':' in " + path.string() + " would separate layers";
    }
    if (wish.directory.string().find(':') != std::string::npos) return "a ':' in " + wish.directory.string() + " would separate layers";
    if (wish.own_shift && sys::probe_mountable("overlay") == -EPERM) return "a kernel before Linux 5.11 lets only root stack directories";
    if (wish.own_shift && *wish.own_shift != 0) return "lxc.idmap begins with others of your ids than the store of images, whose files an overlay would show";
    if (auto refused = against_mount(wish, place)) return refused;
    if (!wish.unprivileged || wish.own_shift) return std::nullopt;
    const auto refused = [](const std::filesystem::path& path) { return "the file system of " + path.string() + " takes no idmapped mounts"; };
    if (!wish.idmapped) return refused(wish.directory);
    const bool same = sys::stat_fd(store).st_dev == sys::stat_fd(place).st_dev; // to try costs a process
    if (!same && !sys::can_idmap(wish.trees.front())) return refused(wish.trees.front());
    return std::nullopt;
}

bool is_best(std::string_view asked) { return std::ranges::find(kBest, asked) != kBest.end(); }

std::optional<StorageKind> kind_named(std::string_view name) {
    const auto kind = std::ranges::find(kKinds, name, storage_name);
    return kind == kKinds.end() ? std::nullopt : std::optional(*kind);
}

[[noreturn]] void refuse(std::string_view asked) {
    if (std::ranges::find(kUnsupported, asked) != kUnsupported.end()) throw Error("-B " + std::string(asked) + ": not supported: use best, btrfs, overlay, reflink or dir");
    throw Error("-B " + printable(asked) + ": there is no such storage: best, btrfs, overlay, reflink or dir");
}

} // namespace

StorageObstacles probe_storage(const StorageWish& wish) {
    const Fd store = sys::open_file(wish.trees.front(), {.access = sys::Access::Path, .directory = true, .follow = false});
    const Fd place = sys::open_file(wish.directory, {.access = sys::Access::Path, .directory = true});
    StorageObstacles found;
    const auto note = [&found](StorageKind kind, Obstacle obstacle) {
        if (obstacle) found.emplace(kind, std::move(*obstacle));
    };
    note(StorageKind::Btrfs, against_btrfs(wish, store, place));
    note(StorageKind::Reflink, against_reflink(wish, place));
    note(StorageKind::Overlay, against_overlay(wish, store, place));
    return found;
}

StorageKind choose_storage(std::string_view asked, const StorageObstacles& obstacles) {
    if (is_best(asked)) {
        return *std::ranges::find_if(kKinds, [&](StorageKind kind) { return !obstacles.contains(kind); });
    }
    const auto kind = kind_named(asked);
    if (!kind) refuse(asked);
    const auto obstacle = obstacles.find(*kind);
    if (obstacle == obstacles.end()) return *kind;
    throw Error("-B " + std::string(asked) + ": " + obstacle->second);
}

StorageKind choose_template_storage(std::string_view asked) {
    if (is_best(asked) || asked == "none") return StorageKind::Dir;
    const auto kind = kind_named(asked);
    if (!kind) refuse(asked);
    if (*kind == StorageKind::Reflink) throw Error("-B reflink: works for images; the template fills a directory of its own: use dir");
    return *kind;
}

} // namespace lxcpp
