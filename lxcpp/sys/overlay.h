// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/mount.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp::sys {

// Directories stacked by overlayfs, always with the option userxattr (what a container in a user namespace writes and
// what root writes can then be stacked by both).
struct Overlay {
    std::vector<std::filesystem::path> lowers; // the topmost first, as overlayfs has it; at least one
    std::filesystem::path upper;               // empty: read-only (one lower alone is then bound, not stacked)
    std::filesystem::path work;                // empty directory on the file system of upper
    bool durable = true;                       // false: fsync(2) and the unmount write nothing to disk, and work must be removed afterwards
};

// A detached mount, with the ids of the files as they are. Works in a user namespace that owns its mount namespace
// too. Any number of lowers up to the kernel's 500 where it knows "lowerdir+" (6.5), about 100 before. Throws
// SystemError, also when a full disk makes the kernel mount it read-only; Error naming the number of layers when there are
// too many.
[[nodiscard]] MountTree mount_overlay(const Overlay& overlay);

} // namespace lxcpp::sys
