// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

// What of the container's confinement an attached program keeps.
struct Elevation {
    bool cgroup = false;       // stays in the caller's cgroups
    bool capabilities = false; // keeps all capabilities
    bool lsm = false;          // keeps the caller's LSM label, and no seccomp filter or no_new_privs
    [[nodiscard]] static constexpr Elevation all() { return {true, true, true}; }
};

// One program to run in a running container, as lxc-attach(1).
struct AttachOptions {
    std::vector<std::string> command;        // empty = the user's shell inside
    std::uint64_t namespaces = 0;            // CLONE_NEW* to enter; 0 = all of the container's
    Elevation elevation;
    bool remount_proc_sys = false;           // fresh /proc and /sys in a private mount namespace
    bool clear_environment = false;
    // Also of a container for one program (lxc.execute.cmd), which otherwise gets only its own, and TERM.
    bool keep_environment = false;
    std::vector<std::string> keep_variables; // where the environment is not kept
    std::vector<std::string> set_variables;  // "NAME=VALUE"
    std::optional<uid_t> uid;                // of the container; not given: that of lxc.init.uid
    std::optional<gid_t> gid;
    std::optional<unsigned long> personality; // 32-bit: PER_LINUX32
    std::string selinux_context;
    std::filesystem::path pty_log;           // copy of what the terminal shows
    std::filesystem::path config;            // instead of the running configuration
    int standard_input = 0;
    int standard_output = 1;
    int standard_error = 2;
    // Without a terminal: the program is killed after that, and StateError TimedOut thrown.
    std::optional<std::chrono::milliseconds> timeout;
};

} // namespace lxcpp
