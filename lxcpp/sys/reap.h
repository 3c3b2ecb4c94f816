// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <sys/types.h>

namespace lxcpp::sys {

// Reaps every child that has exited, but leaves that one for its owner. Never waits.
void reap_all_except(pid_t keep) noexcept;

// Who loses its parent, a child of ours or below one, is a child of ours from now on.
void adopt_orphans();
// Waits until there is no child any more; false after patience. Callers of one thread only.
[[nodiscard]] bool reap_all(std::chrono::milliseconds patience);

} // namespace lxcpp::sys
