// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

// One command in new namespaces, with nothing else of a container: what lxcpp-unshare and lxcpp-usernsexec do.
namespace lxcpp {

// This process goes on as the command, as uid and gid of the user namespace, in a mount namespace of its own.
// Throws Error; ProgramError 127 or 126 when the command cannot be run.
[[noreturn]] void exec_in_namespace(FdRef user_namespace, uid_t uid, gid_t gid, const std::vector<std::string>& command);

struct Unshared {
    std::uint64_t namespaces = 0; // CLONE_NEW*
    std::optional<uid_t> uid;     // becomes it; with a user namespace it is what our own id is called in there
    std::string hostname;         // with CLONE_NEWUTS
    std::vector<std::string> interfaces; // with CLONE_NEWNET: these of ours go along
    bool remount = false;         // with CLONE_NEWNS: its own /proc, /dev/shm and /dev/mqueue
    bool wait = true;
    std::vector<std::string> command;
};
// The command's exit code or 128 + a signal's number; 0 without wait. Throws Error; ProgramError 127 or 126 when the
// command cannot be run.
[[nodiscard]] int run_unshared(const Unshared& wish);

} // namespace lxcpp
