// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/paths.h"
#include "sys/spawn.h"

#include <span>
#include <string>
#include <vector>

// A user's start works in the user's own user namespace, where no program can be setuid root. What
// has to run one, lxcpp-user-nic, is a process that stayed outside.
namespace lxcpp {

// lxcpp-outside: waits, as a child of the tool, until nobody has the other end of the socket any
// more.
struct Outside {
    sys::Child process;
    Fd socket;
};
[[nodiscard]] Outside stay_outside(const Paths& paths);

struct OutsideResult {
    int code = 0;       // of the program, 128 + the signal
    std::string output; // standard output and standard error
};
// argv[0] is the program's path; fds become descriptors 3, 4, … Throws Error.
[[nodiscard]] OutsideResult run_outside(FdRef socket, const std::vector<std::string>& argv,
                                        std::span<const FdRef> fds);
// The other end. Returns when the last one that could ask is gone.
void serve_outside(FdRef socket);

} // namespace lxcpp
