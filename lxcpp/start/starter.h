// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/paths.h"
#include "config/types.h"
#include "start/runtime_state.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace lxcpp {

// A start as the starter process carries it out; everything in it was checked by the caller.
struct StarterInput {
    StartRequest request;
    Config config; // effective: includes, -s and options are in it
    Paths paths;
    std::filesystem::path runtime; // exists, 0700
    std::vector<std::string> notes; // what of the configuration could not be taken, to be told
    RuntimeState remember;         // for reboot: config_file, defines, command, share, kind
    std::filesystem::path pid_file; // gets the monitor's pid
    std::chrono::seconds timeout{300};
};

// Descriptors of the starter; it owns them.
struct StarterFds {
    Fd runtime;  // directory
    Fd socket;   // listening command socket
    Fd status;   // to the launching tool; may be invalid
    Fd session;  // console client from the first byte on; may be invalid
    Fd outside;     // start/outside.h; may be invalid
    Fd old_network; // of an earlier run of a user's container (reboot); may be invalid
    std::vector<Fd> subscribers; // of an earlier run (reboot)
    std::vector<Fd> sessions;
    Fd run_claim; // of the container's directory (run_note.h); invalid: none, or it is to be taken anew
};

// What happened, for the inventory; the caller binds it. pid: init's.
struct StartReport {
    sys::ProcessId init;
    pid_t monitor = -1;
};

// Makes the container run and becomes its monitor: returns only by throwing Error, with nothing left
// behind but the runtime directory. Single-threaded callers only. running is called when init runs.
[[noreturn]] void become_monitor(StarterInput input, StarterFds fds,
                                 const std::function<void(const StartReport&)>& running);

// From here on our messages go to lxc.log.file; without one nothing changes.
void log_to_container(const Log& wish);

// A file of the runtime directory: a line for each thing that the administrator should know of a start.
inline constexpr const char* kStartNotes = "notes";

// Runs host hooks one after the other; throws Error for the first that fails, with its output.
void run_host_hooks(const std::vector<RunProgram>& hooks, const std::vector<std::string>& extra_env = {},
                    const std::vector<std::pair<FdRef, int>>& extra_fds = {}); // as sys::SpawnOptions

} // namespace lxcpp
