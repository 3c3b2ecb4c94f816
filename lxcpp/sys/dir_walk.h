// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/rooted_dir.h"

#include <filesystem>
#include <functional>
#include <string>

namespace lxcpp::sys {

struct DirWalk {
    // Before what is below; false ends the walk.
    std::function<bool(const RootedDir& directory)> enter;
    // After what is below, from the directory above; not called for top.
    std::function<void(const RootedDir& parent, const std::string& name)> leave;
};

// Visits top and all directories below it with one or two open descriptors, however deep somebody
// made them (a path to them may be longer than the kernel takes). Directories that vanish meanwhile
// are skipped; nothing happens when top is not there. Returns false when enter ended the walk.
bool walk_directories(const std::filesystem::path& top, const DirWalk& walk);

// unlinkat(2) with AT_REMOVEDIR: 0 or -errno.
[[nodiscard]] int try_remove_dir_in(const RootedDir& parent, const std::string& name) noexcept;

} // namespace lxcpp::sys
