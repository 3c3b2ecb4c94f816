// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/build_report.h"
#include "distrobuilder/build_steps.h"
#include "distrobuilder/sandbox.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp::distro {

// With what a step is run.
struct StepContext {
    const Recipe& recipe; // resolved
    std::vector<std::string> environment;
    std::filesystem::path log; // empty: shown
    bool shell_on_failure = false;
    std::string shell_command;                                     // how to have that
    std::optional<std::chrono::steady_clock::time_point> deadline; // what runs then fails
    std::function<void()> late; // called once it has: what follows takes its time
    std::filesystem::path
        keep_failed; // a copy of the root as a failing step left it goes in there; empty: none
    BuildReport& report;
};

// Changes root as the step says. Throws Error when a program fails, after telling the report how it ended and, when that
// is wanted, a shell in the root as it is then.
void run_step(const BuildStep& step, const std::filesystem::path& root, const StepContext& context);

} // namespace lxcpp::distro
