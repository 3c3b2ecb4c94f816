// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <string>

// Subvolumes of btrfs: directories that can be copied and removed as a whole at once (btrfs-subvolume(8)).
namespace lxcpp::sys {

[[nodiscard]] bool is_subvolume(FdRef directory);
// Both are on one btrfs, so that the one's subvolumes can be copied into the other.
[[nodiscard]] bool on_one_btrfs(FdRef first, FdRef second);

// A directory name in parent, with this mode: a subvolume where that is possible, else a plain one. Throws SystemError.
void make_dir_or_subvolume(FdRef parent, const std::string& name, mode_t mode);
void make_subvolume(FdRef parent, const std::string& name, mode_t mode); // SystemError where it is not possible
// A writable copy of the subvolume, without the subvolumes in it. Throws SystemError.
void snapshot_subvolume(FdRef subvolume, FdRef parent, const std::string& name);

// Removes the subvolume name of parent with everything in it. False where something is in the way (other subvolumes
// in it, no right to): it is to be emptied then, and can be, if it was read-only before.
[[nodiscard]] bool try_remove_subvolume(FdRef parent, const std::string& name, FdRef subvolume) noexcept;

} // namespace lxcpp::sys
