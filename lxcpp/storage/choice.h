// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/backend.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// What a root file system of an image is to be made of, and for whom.
struct StorageWish {
    std::vector<std::filesystem::path> trees; // the topmost first
    std::filesystem::path directory;          // below which the root will be
    bool unprivileged = true;                 // the container has ids of its own
    bool elsewhere = false;                   // --dir
    bool idmapped = true;                     // the file system of directory takes idmapped mounts (sys::can_idmap)
    bool copied = false;                      // a subvolume with a copy of several layers will do for btrfs
    std::optional<std::uint32_t> own_shift;   // an ordinary user's, whose trees have their ids: those of the container are that far from them
};

// Why a backend cannot be used; those that can are missing.
using StorageObstacles = std::map<StorageKind, std::string>;
// Asks the file systems, by trying. Leaves nothing behind.
[[nodiscard]] StorageObstacles probe_storage(const StorageWish& wish);

// -B: "best" (also "" and "default") takes the first that can be used. Throws Error that says why one that was asked
// for cannot be used, or is none.
[[nodiscard]] StorageKind choose_storage(std::string_view asked, const StorageObstacles& obstacles);

// For containers whose files do not come from an image: "dir", "btrfs" and "overlay", and for "best" the first of these.
[[nodiscard]] StorageKind choose_template_storage(std::string_view asked);

} // namespace lxcpp
