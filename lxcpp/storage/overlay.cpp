// SPDX-License-Identifier: Apache-2.0
#include "storage/backends.h"

#include "config/overlay_root.h"
#include "sys/file.h"
#include "sys/file_meta.h"
#include "sys/overlay.h"

namespace lxcpp {
namespace {

constexpr auto kRoot = "rootfs";
std::string name_of(const NewRoot& root) { return "overlay" + root.suffix; }
std::string upper_of(const NewRoot& root) { return name_of(root) + "/upper"; }
std::string work_of(const NewRoot& root) { return name_of(root) + '/' + std::string(kOverlayWork); }

} // namespace

std::optional<sys::Child> OverlayStorage::make(const NewRoot& root) const {
    const auto container = sys::RootedDir::open(root.directory);
    if (root.suffix.empty() && container.exists(kRoot)) container.remove_dir(kRoot); // of the template
    for (const std::string& path : {name_of(root), upper_of(root), work_of(root)}) container.make_dir(path, 0755);
    // The root directory of an overlay is its upper's.
    const auto info = sys::stat_path(root.trees.front(), false);
    if (!info) return std::nullopt;
    for (const std::string& path : {upper_of(root), work_of(root)}) container.chown(path, info->st_uid, info->st_gid);
    container.chmod(upper_of(root), info->st_mode & 07777);
    return std::nullopt;
}

sys::RootedDir OverlayStorage::open(const NewRoot& root) const {
    return {sys::mount_overlay({root.trees, root.directory / upper_of(root), root.directory / work_of(root)}).take(), root.directory.string()};
}

std::string OverlayStorage::config_path(const NewRoot& root, const std::filesystem::path& container,
                                        const std::filesystem::path&) const {
    OverlayRoot overlay;
    for (const auto& tree : root.trees) overlay.lowers.push_back(tree.string());
    overlay.upper = (container / upper_of(root)).string();
    return std::string(kOverlayType) + ':' + format_overlay_root(overlay);
}

} // namespace lxcpp
