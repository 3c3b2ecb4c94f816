// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lxcpp {

// Throws Error naming a system call without which nothing here works, and the Linux that brought it. Some refused
// calls, together a few microseconds.
void require_kernel();

} // namespace lxcpp
