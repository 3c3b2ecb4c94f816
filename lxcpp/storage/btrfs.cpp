// SPDX-License-Identifier: Apache-2.0
#include "storage/backends.h"

#include "sys/subvolume.h"

namespace lxcpp {
namespace {

constexpr auto kRoot = "rootfs";

} // namespace

std::optional<sys::Child> BtrfsStorage::make(const NewRoot& root) const {
    const auto container = sys::RootedDir::open(root.directory);
    if (container.exists(kRoot)) container.remove_dir(kRoot); // of the template
    sys::snapshot_subvolume(sys::RootedDir::open(root.trees.front()).fd(), container.fd(), kRoot);
    return std::nullopt;
}

sys::RootedDir BtrfsStorage::open(const NewRoot& root) const { return sys::RootedDir::open(root.directory / kRoot); }

std::string BtrfsStorage::config_path(const NewRoot&, const std::filesystem::path& container, const std::filesystem::path&) const {
    return "btrfs:" + (container / kRoot).string();
}

} // namespace lxcpp
