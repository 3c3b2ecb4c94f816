// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace lxcpp::sys {

// kill(2) to every process of the group that leader leads; 0 or -errno.
[[nodiscard]] int try_kill_group(pid_t leader, int signal) noexcept;

// The same for every process whose session (setsid(2)) that process made; it may have ended meanwhile.
void kill_session(pid_t session, int signal);

} // namespace lxcpp::sys
