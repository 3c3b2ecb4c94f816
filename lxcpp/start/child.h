// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lxcpp {

// argv and envp of one step in execve(2)'s form, made before clone.
struct ExecVectors {
    std::vector<char*> argv; // ends in nullptr
    std::vector<char*> envp;
    std::vector<char*> programs; // Exec: what to try, in order; ends in nullptr
    std::vector<std::string> enter_words; // Exec: lxcpp-enter's arguments
    std::vector<char*> enter;
};

// What the child needs beside the plan. Everything is in place before clone and only read after it.
struct ChildResources {
    int sync = -1;                         // its end of the pair
    std::span<const int> cgroup_tasks;     // "tasks" files of v1 hierarchies, opened by the parent
    std::span<const std::uint8_t> seccomp; // struct sock_filter array; empty = none
    int init_program = -1;                 // lxcpp-init
    // lxcpp-enter, sealed, as which the child runs init's program: it could find ours behind /proc/self/exe, and write
    // to it. Then no program that the child waits for may look into it either.
    int enter = -1;
    std::vector<ExecVectors> vectors;      // by step index; empty where a step runs nothing
    std::array<int, 3> stdio{-1, -1, -1};  // become 0, 1 and 2 where they are one
    int script = -1;                       // what init's program is; it stays open under its number
};

// sync: as in ChildResources.
[[nodiscard]] std::vector<ExecVectors> make_exec_vectors(const ChildPlan& plan, int sync);

// The life of a container's first process between clone and exec. Follows the fork rule: no
// allocation, no locks, no exceptions. Never returns: it execs, or reports Failure and exits.
[[noreturn]] void run_child(const ChildPlan& plan, const ChildResources& resources) noexcept;

} // namespace lxcpp
