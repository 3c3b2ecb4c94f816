// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <filesystem>
#include <span>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

// How a new process gets into groups without the slow move of another process (a write of a pid to
// cgroup.procs waits 7-15 ms for the kernel): the parent opens these with its rights, the child uses
// them.
struct CgroupEntry {
    Fd unified;            // v2 directory for clone3(CLONE_INTO_CGROUP); invalid = there is none
    std::vector<Fd> tasks; // v1: a single-threaded process writes "0" to each one
};

// For start and for attach: dirs are absolute groups, at most one per hierarchy. A v2 group whose
// children have controllers may not hold processes itself; its leaf ".lxcpp" is used then, made when
// missing and given to the owner of the group.
[[nodiscard]] CgroupEntry attach_fds(std::span<const std::filesystem::path> dirs);

// Moves the calling, single-threaded process: fast on v1, slow on v2. Throws SystemError.
void enter_cgroups(std::span<const std::filesystem::path> dirs);

// Out of those of dirs in which the caller is, to the next group above that is none of dirs: they can
// be removed then. What fails is left as it is.
void leave_cgroups(std::span<const std::filesystem::path> dirs) noexcept;

// The slow way, where clone3(2) has no CLONE_INTO_CGROUP (Linux < 5.7): writes pid to cgroup.procs.
void move_to_cgroups(pid_t pid, std::span<const std::filesystem::path> dirs);

} // namespace lxcpp
