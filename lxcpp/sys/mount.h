// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lxcpp::sys {

// A detached mount (open_tree(2), fsmount(2)): visible nowhere until attached, gone with its owner.
class MountTree {
public:
    // fsopen/fsconfig/fsmount. options: "name" or "name=value"; the kernel takes at most 255 bytes
    // for one value. attributes: MOUNT_ATTR_*. The SystemError carries the kernel's own
    // explanation.
    [[nodiscard]] static MountTree create(const std::string& type, const std::string& source,
                                          const std::vector<std::string>& options = {},
                                          std::uint64_t attributes = 0);
    // open_tree(OPEN_TREE_CLONE): a bind mount of path, with everything mounted below it when
    // recursive.
    [[nodiscard]] static MountTree clone(const std::filesystem::path& path, bool recursive = false);
    [[nodiscard]] static MountTree clone_fd(FdRef fd, bool recursive = false);
    explicit MountTree(Fd fd) : fd_(std::move(fd)) {}

    // mount_setattr(2).
    void set_attributes(std::uint64_t set, std::uint64_t clear = 0, bool recursive = false);
    // MOUNT_ATTR_IDMAP with the ids of that user namespace. Throws SystemError with EINVAL when the
    // file system cannot be idmapped.
    void idmap(FdRef user_namespace, bool recursive = false);
    void attach(const std::filesystem::path& target) const; // a link at the end is not followed
    void attach_fd(FdRef target) const; // onto the very inode that target refers to
    [[nodiscard]] FdRef fd() const noexcept { return fd_; }
    [[nodiscard]] Fd take() && { return std::move(fd_); }

private:
    Fd fd_;
};

// True when file systems of the type that path is on take idmapped mounts here (tried, not
// guessed).
[[nodiscard]] bool can_idmap(const std::filesystem::path& path);
void make_mounts_private(); // "/" recursively MS_SLAVE then MS_PRIVATE, in the current namespace
void unmount(const std::filesystem::path& target, bool detach);

} // namespace lxcpp::sys
