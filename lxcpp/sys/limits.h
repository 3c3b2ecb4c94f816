// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <sys/types.h>

namespace lxcpp::sys {

// prlimit(2) of another process; RLIM_INFINITY = unlimited. Throws SystemError.
void set_limit(pid_t pid, int resource, std::uint64_t soft, std::uint64_t hard);

} // namespace lxcpp::sys
