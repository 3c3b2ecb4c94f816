// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "plan/plan.h"

#include <sys/types.h>
#include <vector>

// Mounts that only the host may make: clones of its directories, with the ids of the container. Detached, they are
// sent to the container's first process, which attaches them.
namespace lxcpp {

struct HostMounts {
    // [0] the root file system, or the directory of an overlay's UPPER; then StartPlan::prepared_mounts.
    std::vector<Fd> mounts;
    std::vector<Fd> layers; // RootfsPlan::lowers, in their order
};

// pid: a process in the container's user namespace. Throws Error that names the directory.
[[nodiscard]] HostMounts make_host_mounts(const StartPlan& plan, pid_t pid);

} // namespace lxcpp
