// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <sys/types.h>

namespace lxcpp::sys {

// kill(2) to every process of the group that leader leads; 0 or -errno.
[[nodiscard]] int try_kill_group(pid_t leader, int signal) noexcept;

// The same for every process whose session (setsid(2)) that process made; it may have ended meanwhile.
void kill_session(pid_t session, int signal);

// A process group that dies with this process, however that dies: a process of its own leads it and waits for that.
class GuardedGroup {
public:
    GuardedGroup(); // single-threaded callers only
    GuardedGroup(const GuardedGroup&) = delete;
    GuardedGroup& operator=(const GuardedGroup&) = delete;
    ~GuardedGroup(); // kills what is left of it
    [[nodiscard]] pid_t leader() const noexcept { return leader_; }

private:
    pid_t leader_;
    Fd pidfd_;
};

} // namespace lxcpp::sys
