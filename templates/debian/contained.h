// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lxcpp::debian {

// One program of the guest, run in a container over its tree: argv[0] is a path inside.
struct ContainedRun {
    std::filesystem::path rootfs;
    std::vector<std::string> argv;
    std::vector<std::string> env; // NAME=VALUE; complete
    std::filesystem::path log;    // standard output and error, appended
};

// Returns the exit code (128 + signal). Throws when it could not be started. What packages bring is
// never run on the host: this is the only way in which the template runs it.
using RunContained = std::function<int(const ContainedRun&)>;

// Through liblxcpp's one-shot containers.
[[nodiscard]] int run_contained(const ContainedRun& run);

} // namespace lxcpp::debian
