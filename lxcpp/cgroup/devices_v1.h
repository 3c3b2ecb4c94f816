// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cgroup/devices.h"

#include <filesystem>
#include <span>

// The v1 controller lets CAP_SYS_ADMIN of the host write any devices.allow it can reach, up to what the group above
// has: so a payload with that lives in a group below the one with its list. This guarded group is the root of its
// cgroup namespace. What a group allows is not passed on to those below: it is written to both.
namespace lxcpp {

inline constexpr const char* kGuardedGroup = ".lxcpp";

// Before there are groups below dir, when the kernel does not let a list begin any more: one that allows all.
void begin_device_list(const std::filesystem::path& dir);

// dir's guarded group; empty when it has none.
[[nodiscard]] std::filesystem::path guarded_group(const std::filesystem::path& dir);

// A later change of one rule, "a" too. Throws SystemError.
void change_guarded_devices(const std::filesystem::path& dir, const DeviceRule& rule);

// Writes the rules, in order, to devices.allow and devices.deny of that of the payload's groups (one
// per hierarchy) that has them. Throws SystemError that shows the rule, Error when no group has them.
void apply_device_rules_v1(std::span<const std::filesystem::path> payload_dirs,
                           std::span<const DeviceRule> rules);

} // namespace lxcpp
