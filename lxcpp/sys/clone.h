// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <csignal>
#include <cstdint>
#include <sys/types.h>

namespace lxcpp::sys {

struct CloneOptions {
    std::uint64_t flags = 0; // CLONE_NEW*; CLONE_PIDFD is always added, CLONE_VM is refused
    FdRef into_cgroup;       // v2 cgroup directory: CLONE_INTO_CGROUP when valid
    int exit_signal = SIGCHLD;
};

// In the parent the new process; in the child pid 0 and no pidfd.
struct Cloned {
    pid_t pid = -1;
    Fd pidfd;
};

// clone3(2) like fork(2): the child has a copy of our memory and returns from the same call. It
// must keep to raw system calls until it execs or exits: nothing of the C library was told about
// it.
[[nodiscard]] Cloned clone_process(const CloneOptions& options); // SystemError "create a process"
// pid, 0 in the child, or -errno; pidfd is written in the parent only.
[[nodiscard]] pid_t try_clone_process(const CloneOptions& options, int& pidfd) noexcept;

} // namespace lxcpp::sys
