// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/paths.h"
#include "config/types.h"
#include "start/enter_tasks.h"

#include <cstddef>
#include <string>
#include <sys/types.h>
#include <vector>

// lxcpp-enter, as which a process goes on that a privileged container is about to see: main_enter.cpp.
namespace lxcpp {

struct EnterCall {
    std::uint32_t tasks = 0; // EnterTask
    int report = -1;
    int terminal = -1;
    int filter = -1;
    uid_t uid = 0;
    gid_t gid = 0;
    std::size_t step = 0;
    std::uint64_t capabilities = 0;
    std::vector<gid_t> groups;
};

// The words before the programs to try and the arguments. Throws Error for too many groups.
[[nodiscard]] std::vector<std::string> enter_words(const EnterCall& call, std::size_t programs);

// A sealed copy. Throws Error when lxcpp-enter is not installed.
[[nodiscard]] Fd sealed_enter(const Paths& paths);

// The owner of the program that we are exists in the container, and could write to it: there is no user namespace,
// or it maps that id.
[[nodiscard]] bool may_write_to_us(const std::vector<IdMapEntry>& idmap);
[[nodiscard]] bool may_write_to_us(pid_t init); // in a user namespace of its own, which the kernel is asked about

} // namespace lxcpp
