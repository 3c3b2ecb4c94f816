// SPDX-License-Identifier: Apache-2.0
#include "storage/backends.h"

#include "storage/copy.h"
#include "sys/fd_table.h"
#include "sys/overlay.h"

namespace lxcpp {
namespace {

std::string name_of(const NewRoot& root) { return "rootfs" + root.suffix; }

} // namespace

std::optional<sys::Child> DirStorage::make(const NewRoot& root) const {
    if (!root.outside.valid()) {
        const auto container = sys::RootedDir::open(root.directory);
        if (!container.exists(name_of(root))) container.make_dir(name_of(root), 0755);
    }
    const sys::MountTree from = sys::mount_overlay({root.trees, {}, {}});
    return copy_tree(from.fd(), open(root).fd(),
                     {root.libexec, "Copying the image", root.uid_shift, root.gid_shift, root.quiet});
}

sys::RootedDir DirStorage::open(const NewRoot& root) const {
    if (root.outside.valid()) return {sys::duplicate(root.outside), "the root file system"};
    return sys::RootedDir::open(root.directory / name_of(root));
}

std::string DirStorage::config_path(const NewRoot& root, const std::filesystem::path& container,
                                    const std::filesystem::path& elsewhere) const {
    return "dir:" + (elsewhere.empty() ? container / name_of(root) : elsewhere).string();
}

} // namespace lxcpp
