// SPDX-License-Identifier: Apache-2.0
#include "sys/reap.h"

#include <sys/wait.h>

namespace lxcpp::sys {

void reap_all_except(pid_t keep) noexcept {
    for (;;) {
        siginfo_t info{};
        const int look = WEXITED | WNOHANG;
        if (::waitid(P_ALL, 0, &info, look | WNOWAIT) != 0 || info.si_pid == 0) return;
        // The kernel shows children in a fixed order: behind keep nobody can be seen, and need not.
        if (info.si_pid == keep) return;
        (void)::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, look);
    }
}

} // namespace lxcpp::sys
