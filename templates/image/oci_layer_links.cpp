// SPDX-License-Identifier: Apache-2.0
#include "image/oci_layer_links.h"

#include "image/tree_walk.h"

#include <mutex>

namespace lxcpp::image {
namespace {

// Subvolumes of one btrfs have the same numbers for different files.
bool same_file(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_mode == b.st_mode && a.st_size == b.st_size &&
           a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

} // namespace

std::vector<std::string> LayerLinks::others(const std::string& path) {
    const auto info = root_.stat(path);
    if (!info || S_ISDIR(info->st_mode) || info->st_nlink < 2) return {};
    if (!names_) find_all();
    std::vector<std::string> names;
    const auto known = names_->find({info->st_dev, info->st_ino});
    if (known == names_->end()) return names;
    for (const std::string& name : known->second) { // some may be gone since
        const auto other = name == path ? std::nullopt : root_.stat(name);
        if (other && same_file(*other, *info)) names.push_back(name);
    }
    return names;
}

void LayerLinks::find_all() {
    names_.emplace();
    std::mutex mutex;
    TreeWalk walk;
    walk.run([&](const std::string& path) {
        const auto directory = root_.sub_dir(path);
        for (const sys::DirEntry& entry : directory.list()) {
            const auto info = directory.stat(entry.name);
            if (!info) continue;
            std::string place = join_path(path, entry.name);
            if (S_ISDIR(info->st_mode)) {
                walk.add(std::move(place));
            } else if (info->st_nlink > 1) {
                const std::lock_guard lock(mutex);
                (*names_)[{info->st_dev, info->st_ino}].push_back(std::move(place));
            }
        }
    }, [] {});
}

} // namespace lxcpp::image
