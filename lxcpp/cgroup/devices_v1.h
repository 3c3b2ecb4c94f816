// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cgroup/devices.h"

#include <filesystem>
#include <span>

namespace lxcpp {

// Writes the rules in order to devices.allow and devices.deny of the one group that has them. Throws
// Error when none has, SystemError that shows the rule.
void apply_device_rules_v1(std::span<const std::filesystem::path> payload_dirs,
                           std::span<const DeviceRule> rules);

} // namespace lxcpp
