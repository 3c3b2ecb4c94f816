// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace lxcpp::sys {

// Reaps every child that has exited, but leaves that one for its owner. Never waits.
void reap_all_except(pid_t keep) noexcept;

} // namespace lxcpp::sys
