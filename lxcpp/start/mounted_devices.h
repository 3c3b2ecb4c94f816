// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cgroup/devices.h"
#include "plan/plan.h"

namespace lxcpp {

// Adds a rule for each device that the plan bind-mounts from below the host's /dev, or that lies in a directory
// mounted from there, and that rules do not mention yet: what is mounted into a container is meant to be used.
void allow_mounted_devices(const StartPlan& plan, std::vector<DeviceRule>& rules);

} // namespace lxcpp
