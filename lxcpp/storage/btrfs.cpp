// SPDX-License-Identifier: Apache-2.0
#include "storage/backends.h"

#include "sys/subvolume.h"

namespace lxcpp {
namespace {

std::string name_of(const NewRoot& root) { return "rootfs" + root.suffix; }

} // namespace

std::optional<sys::Child> BtrfsStorage::make(const NewRoot& root) const {
    const auto container = sys::RootedDir::open(root.directory);
    if (container.exists(name_of(root))) container.remove_dir(name_of(root)); // of the template
    if (root.trees.size() == 1) {
        sys::snapshot_subvolume(sys::RootedDir::open(root.trees.front()).fd(), container.fd(), name_of(root));
        return std::nullopt;
    }
    sys::make_subvolume(container.fd(), name_of(root), 0755);
    return DirStorage::make(root);
}

std::string BtrfsStorage::config_path(const NewRoot& root, const std::filesystem::path& container,
                                      const std::filesystem::path&) const {
    return "btrfs:" + (container / name_of(root)).string();
}

} // namespace lxcpp
