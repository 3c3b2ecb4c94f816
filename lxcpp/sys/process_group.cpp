// SPDX-License-Identifier: Apache-2.0
#include "sys/process_group.h"

#include <cerrno>
#include <csignal>

namespace lxcpp::sys {

int try_kill_group(pid_t leader, int signal) noexcept {
    if (leader <= 1) return -EINVAL; // 0 and -1 mean something much larger
    return ::kill(-leader, signal) < 0 ? -errno : 0;
}

} // namespace lxcpp::sys
