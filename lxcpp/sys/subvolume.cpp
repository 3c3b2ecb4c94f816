// SPDX-License-Identifier: Apache-2.0
#include "sys/subvolume.h"

#include "sys/file.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <optional>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace lxcpp::sys {
namespace {

constexpr ino_t kRootOfSubvolume = 256; // BTRFS_FIRST_FREE_OBJECTID

bool on_btrfs(FdRef fd) noexcept {
    struct statfs info {};
    return ::fstatfs(fd.raw(), &info) == 0 && info.f_type == BTRFS_SUPER_MAGIC;
}

// ioctl(2) wants more than O_PATH.
Fd reopened(FdRef directory) noexcept { return Fd(::openat(directory.raw(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

std::optional<btrfs_ioctl_fs_info_args> file_system(FdRef fd) noexcept {
    btrfs_ioctl_fs_info_args info{};
    if (!on_btrfs(fd) || ::ioctl(reopened(fd).raw(), BTRFS_IOC_FS_INFO, &info) != 0) return std::nullopt;
    return info;
}

// Arguments end in a name of fixed length; 0 or -errno.
template <typename Arguments>
int call(FdRef parent, unsigned long request, Arguments arguments, const std::string& name) noexcept {
    if (name.size() >= sizeof arguments.name) return -ENAMETOOLONG;
    std::memcpy(arguments.name, name.c_str(), name.size() + 1);
    return ::ioctl(reopened(parent).raw(), request, &arguments) == 0 ? 0 : -errno;
}

void set_mode_of(FdRef parent, const std::string& name, mode_t mode) {
    if (::fchmodat(parent.raw(), name.c_str(), mode, 0) != 0) throw SystemError("set the mode of " + name);
}

} // namespace

bool is_subvolume(FdRef directory) {
    return stat_fd(directory).st_ino == kRootOfSubvolume && on_btrfs(directory);
}

bool on_one_btrfs(FdRef first, FdRef second) {
    const auto one = file_system(first);
    const auto other = file_system(second);
    return one && other && std::memcmp(one->fsid, other->fsid, sizeof one->fsid) == 0;
}

void make_subvolume(FdRef parent, const std::string& name, mode_t mode) {
    const int result = on_btrfs(parent) ? call(parent, BTRFS_IOC_SUBVOL_CREATE, btrfs_ioctl_vol_args{}, name) : -EOPNOTSUPP;
    if (result != 0) throw SystemError("make the subvolume " + name, -result);
    set_mode_of(parent, name, mode);
}

void make_dir_or_subvolume(FdRef parent, const std::string& name, mode_t mode) {
    try {
        return make_subvolume(parent, name, mode);
    } catch (const SystemError& error) {
        if (error.code() == EEXIST || error.code() == ENOSPC || error.code() == EDQUOT) throw;
    }
    if (::mkdirat(parent.raw(), name.c_str(), mode) != 0) throw SystemError("make the directory " + name);
}

void snapshot_subvolume(FdRef subvolume, FdRef parent, const std::string& name) {
    const Fd source = reopened(subvolume);
    btrfs_ioctl_vol_args_v2 arguments{};
    arguments.fd = source.raw();
    const int result = call(parent, BTRFS_IOC_SNAP_CREATE_V2, arguments, name);
    if (result != 0) throw SystemError("copy a subvolume to " + name, -result);
}

bool try_remove_subvolume(FdRef parent, const std::string& name, FdRef subvolume) noexcept {
    if (call(parent, BTRFS_IOC_SNAP_DESTROY, btrfs_ioctl_vol_args{}, name) == 0) return true;
    const Fd open = reopened(subvolume);
    std::uint64_t flags = 0;
    if (::ioctl(open.raw(), BTRFS_IOC_SUBVOL_GETFLAGS, &flags) == 0 && (flags & BTRFS_SUBVOL_RDONLY) != 0) {
        flags &= ~static_cast<std::uint64_t>(BTRFS_SUBVOL_RDONLY);
        (void)!::ioctl(open.raw(), BTRFS_IOC_SUBVOL_SETFLAGS, &flags);
    }
    return false;
}

} // namespace lxcpp::sys
