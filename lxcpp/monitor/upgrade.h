// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "monitor/handover.h"

#include <filesystem>

namespace lxcpp {

enum class UpgradeResult {
    Failed,     // the new program could not be run; nothing has changed
    RolledBack, // it ran and did not answer: it is dead, and we, another process now, go on in its place
};

// Runs the installed lxcpp-supervisor in this process, which stays init's parent. A copy of this process waits until
// the new program says that it serves; when it does not within some seconds, the copy ends it and takes its place.
// state: as it is to be continued; written to the runtime directory. Returns only when there was no upgrade.
[[nodiscard]] UpgradeResult upgrade_in_place(const std::filesystem::path& program, const std::filesystem::path& runtime,
                                             SupervisorState state, SupervisorArguments arguments);

// In the new program: tells the copy that it can go.
void confirm_upgrade(int ready);

} // namespace lxcpp
