// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

inline constexpr std::size_t kMostLowers = 500; // what overlayfs takes
inline constexpr std::string_view kOverlayType = "overlay";
inline constexpr std::string_view kOverlayWork = "work"; // beside UPPER

// A root file system of stacked directories: lxc.rootfs.path = overlay:LOWER[:LOWER...]:UPPER, as in LXC.
struct OverlayRoot {
    std::vector<std::string> lowers; // the topmost first; only read
    std::string upper;               // takes what is written; overlayfs' own directory is "work" beside it

    bool operator==(const OverlayRoot&) const = default;
};

// Of LOWER[:LOWER...]:UPPER; paths come out without a '/' at the end. Throws Error that says what is wrong.
[[nodiscard]] OverlayRoot parse_overlay_root(std::string_view text);
// nullopt for every other type. Throws as above.
[[nodiscard]] std::optional<OverlayRoot> overlay_root(const Rootfs& rootfs);
[[nodiscard]] std::string format_overlay_root(const OverlayRoot& root); // without "overlay:"

// Its path is one directory with everything in it: no type, dir, or btrfs (a subvolume is a directory).
[[nodiscard]] bool is_directory_root(const Rootfs& rootfs) noexcept;

// The directory that is the container's own: UPPER, or the root file system itself; empty without one. What makes it
// out again is this directory's device and inode.
[[nodiscard]] std::string own_root_directory(const Rootfs& rootfs);

} // namespace lxcpp
