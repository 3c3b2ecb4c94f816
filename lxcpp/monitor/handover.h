// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "monitor/state_file.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

// One process id from the first start to the end: starter -> supervisor -> cleanup -> (reboot)
// supervisor. Each execs the next one and hands over descriptors by number.
namespace lxcpp {

// lxcpp-supervisor <runtime-dir-fd> [--subscribers fd,...] [--sessions fd,...] [--held fd,...]
//                  [--console-log fd] [--ready fd]
struct SupervisorArguments {
    int runtime_dir = -1;
    std::vector<int> subscribers; // connections that did Subscribe; they get a RUNNING event at once
    std::vector<int> sessions;    // console clients
    std::vector<int> held;        // kept open for the clean-up: init's namespaces
    int console_log = -1;         // upgrade: file with what the console's ring buffer held
    int ready = -1;               // upgrade: socket of the process that waits for us to serve
    bool operator==(const SupervisorArguments&) const = default;
};

// lxcpp-cleanup <runtime-dir-fd> --status S --socket FD [--subscribers fd,...] [--sessions fd,...]
//               [--held fd,...]
// The socket still listens. Subscribers expect an Event STOPPED, sessions end when they are closed.
struct CleanupArguments {
    int runtime_dir = -1;
    std::optional<sys::ExitStatus> exit; // none = not known (the supervisor was not init's parent)
    int socket = -1;
    std::vector<int> subscribers;
    std::vector<int> sessions;
    std::vector<int> held;
    bool operator==(const CleanupArguments&) const = default;
};

// words = argv without argv[0]. Throws Error on anything unexpected.
[[nodiscard]] SupervisorArguments parse_supervisor_arguments(std::span<const std::string> words);
[[nodiscard]] CleanupArguments parse_cleanup_arguments(std::span<const std::string> words);
[[nodiscard]] std::vector<std::string> print_arguments(const SupervisorArguments& arguments);
[[nodiscard]] std::vector<std::string> print_arguments(const CleanupArguments& arguments);

// "[lxcpp monitor] <lxcpath> <name>", as ps shows the supervisor.
[[nodiscard]] std::string monitor_title(const SupervisorState& state);

// Becomes the supervisor: makes exactly the named descriptors of state and arguments inheritable
// and execs program with argv[0] = the title. state must be what the file "state" says already.
// Only returns by throwing SystemError "run PROGRAM"; the descriptors are CLOEXEC again then.
void exec_supervisor(const std::filesystem::path& program, const SupervisorState& state,
                     const SupervisorArguments& arguments);
void exec_cleanup(const std::filesystem::path& program, const CleanupArguments& arguments);

} // namespace lxcpp
