// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/export.h>

#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp {

// One program run in a throw-away container over a root file system: own pid, mount, ipc, uts (and
// network) namespaces, private /dev and /proc, no /sys, nothing on standard input. For set-up work such
// as package scripts, which must never run on the host. Keeps the user namespace of the caller.
struct OneShot {
    std::filesystem::path rootfs;
    std::vector<std::string> argv; // argv[0]: absolute path inside
    std::vector<std::string> env;  // NAME=VALUE; complete
    bool network = false;          // share the caller's network
    std::filesystem::path log;     // gets its standard output and error; empty = ours
};

// The program's exit code, 128 + signal when one killed it. Throws Error when it could not be started.
LXCPP_API int run_one_shot(const OneShot& request);

} // namespace lxcpp
