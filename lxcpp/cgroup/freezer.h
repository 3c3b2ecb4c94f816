// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <span>

// dirs are the payload's groups, one per hierarchy (CgroupTree::payload()). The v2 freezer is
// preferred: a process frozen by it can still be killed.
namespace lxcpp {

enum class FreezerState { Thawed, Freezing, Frozen };

[[nodiscard]] FreezerState freezer_state(std::span<const std::filesystem::path> dirs);

// Returns when every process stands still; StateError TimedOut otherwise (thawed again then).
// Throws Error when no group has a freezer.
void freeze(std::span<const std::filesystem::path> dirs, std::chrono::milliseconds timeout);
// Thaws every freezer that there is. Throws StateError TimedOut.
void thaw(std::span<const std::filesystem::path> dirs, std::chrono::milliseconds timeout);

} // namespace lxcpp
