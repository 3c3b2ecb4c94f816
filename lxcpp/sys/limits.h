// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace lxcpp::sys {

// prlimit(2) of another process; RLIM_INFINITY = unlimited. Throws SystemError.
void set_limit(pid_t pid, int resource, std::uint64_t soft, std::uint64_t hard);

// What this process may have at most; RLIM_INFINITY = unlimited.
[[nodiscard]] std::uint64_t hard_limit(int resource);

// Of this process, and of what it starts: CPU time, file size, data and address space and number of processes are
// bounded by the hard limit only, as far as that can be set.
void reset_soft_limits() noexcept;

// RLIMIT_FSIZE of this process in bytes; nullopt: none.
[[nodiscard]] std::optional<std::uint64_t> file_size_limit() noexcept;

} // namespace lxcpp::sys
