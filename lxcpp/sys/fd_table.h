// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <span>

// The descriptor table of this process: what an exec may inherit, and what must not be here at all.
namespace lxcpp::sys {

[[nodiscard]] bool is_open(FdRef fd) noexcept;
[[nodiscard]] int try_set_inheritable(FdRef fd, bool inherit) noexcept; // 0 or -errno
void set_inheritable(FdRef fd, bool inherit); // clears or sets FD_CLOEXEC
[[nodiscard]] Fd duplicate(FdRef fd); // close-on-exec, none of 0, 1, 2
void set_nonblocking(FdRef fd, bool nonblocking);
// Closes every descriptor above 2 that is not listed. Order and repeats do not matter.
void close_all_except(std::span<const FdRef> keep);
// Descriptors 0, 1 and 2 become /dev/null, whatever they were.
void null_standard_fds();
// Those of 0, 1 and 2 that the caller closed become /dev/null: otherwise the next file opened would be, say, the
// standard output, and what is printed would land in it.
void fill_standard_fds();

} // namespace lxcpp::sys
