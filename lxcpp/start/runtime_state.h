// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "monitor/state_file.h"
#include "plan/planner.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp {

// What of a start the tools, the cleanup and a later reboot need; kept in the file "state" of the
// runtime directory, beside what the supervisor reads there.
struct RuntimeState {
    SupervisorState supervisor;
    std::vector<std::filesystem::path> payload_cgroups; // one per hierarchy
    std::vector<std::filesystem::path> other_cgroups;   // monitor groups and parents to remove when empty
    std::vector<std::filesystem::path> monitor_cgroups; // those of them that the monitor lives in
    StartKind kind = StartKind::System;
    std::string config_file;            // what was loaded; empty = none
    std::vector<std::string> defines;   // "key=value" on top of it
    std::vector<std::string> command;
    std::vector<NamespaceShare> share;
    std::string log_level;
    std::string cgroup_pattern;         // lxc.cgroup.pattern
    std::string cgroup_use;             // lxc.cgroup.use
    bool ephemeral = false;
    unsigned restarts = 0;       // by lxc.restart.policy, since lxcpp-start
    unsigned restart_delay = 0;  // seconds, before this run
    std::uint64_t started = 0;   // when this run began: monotonic clock, milliseconds
};

// What runs is a container's lxc.execute.cmd below lxcpp-init, which knows of no reboots.
[[nodiscard]] bool runs_application(const RuntimeState& state, const Config& config);

[[nodiscard]] std::uint64_t monotonic_ms(); // as RuntimeState::started

[[nodiscard]] std::string print_runtime_state(const RuntimeState& state);
[[nodiscard]] RuntimeState parse_runtime_state(std::string_view text); // throws Error

// nullopt when there is no state file there. Throws Error for one that cannot be read.
[[nodiscard]] std::optional<RuntimeState> load_runtime_state(const std::filesystem::path& runtime);
// Numbers of the masters, console first if there is one, then ttys: they stay what they are in the supervisor.
void number_terminals(SupervisorState& state, const std::vector<Fd>& masters, bool console);
void save_runtime_state(const std::filesystem::path& runtime, const RuntimeState& state);

// Makes the directory of an lxcpath's runtime directories, and above it the one of all, which somebody else may have
// made first: both must be real directories of ours that nobody else may write. Throws Error, SystemError.
void make_runtime_parent(const std::filesystem::path& directory);

inline constexpr std::string_view kGonePrefix = ".gone-"; // then the container's name, '-', the pid of who removes it

// Removes a runtime directory at once: a crash half-way through leaves ".gone-NAME-PID", never one without
// some of its files. No error when there is none.
void remove_runtime_dir(const std::filesystem::path& runtime);

} // namespace lxcpp
