// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/attach.h>

#include "base/paths.h"
#include "config/types.h"
#include "sys/pidfd.h"

#include <filesystem>
#include <vector>

namespace lxcpp {

// The running container that is joined.
struct AttachTarget {
    const Config& config; // it was started with
    FdRef init;           // pidfd
    pid_t pid = -1;
    const std::vector<std::filesystem::path>& cgroups;
    const Paths& paths;
};

// Runs the program inside and waits for it. Its exit status; 126 when it cannot be executed, 127 when it is
// not found. Throws Error when joining failed. Needs a single-threaded caller.
[[nodiscard]] sys::ExitStatus attach(const AttachTarget& target, const AttachOptions& options);

} // namespace lxcpp
