// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <sys/types.h>

// The child's half of spawn(): plain data prepared by the parent, and what runs on it.
namespace lxcpp::sys {

struct FdMove {
    int from;
    int to;
};

enum class SpawnStep {
    ProcessGroup,
    UserNamespace,
    MountNamespace,
    Ids,
    Rights,
    ParentDeath,
    WorkingDirectory,
    Descriptors,
    Exec,
};

struct SpawnFailure {
    SpawnStep step;
    int error;
};

struct SpawnPlan {
    const char* program = nullptr;
    char* const* argv = nullptr;
    char* const* env = nullptr;
    const char* working_directory = nullptr; // none: stay
    std::span<FdMove> moves;                 // from is overwritten in the child's copy
    int user_namespace = -1;
    int mount_namespace = -1;
    pid_t process_group = -1; // 0: one of its own, -1: ours
    bool die_with_parent = false;
    bool keep_rights = false;
    pid_t parent = -1;
    int report = -1; // close-on-exec; takes one SpawnFailure
};

// Becomes the program, or writes a SpawnFailure and exits with 127. Allocates nothing.
[[noreturn]] void run_spawned(const SpawnPlan& plan) noexcept;

} // namespace lxcpp::sys
