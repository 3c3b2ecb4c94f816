// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/clone.h"

#include <span>
#include <vector>

// A process with rights makes itself small: what the caller left it is thrown away first, what it
// does not need after that.
namespace lxcpp::sys {

// No environment, working directory "/", umask 077, all signals blocked and at their default,
// nobody's parent's death matters, resource limits and priorities as a service has them (as far as
// they may be changed).
void forget_caller();
void set_no_new_privs();
// From now on only these system calls (SYS_…) of this machine, besides reading and writing what is
// open, memory, waiting and ending; any other one kills the process. Without effect in a build with
// sanitizers, which do calls of their own.
void allow_only_calls(std::span<const int> calls);
// As clone_process(), in the topmost cgroup of v2 where that is possible: the caller of a program
// with rights may freeze and starve the group that it runs in.
[[nodiscard]] Cloned clone_in_top_cgroup();
[[nodiscard]] std::vector<unsigned char> random_bytes(std::size_t count); // getrandom(2)

} // namespace lxcpp::sys
