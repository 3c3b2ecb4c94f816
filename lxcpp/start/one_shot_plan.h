// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"

#include <lxcpp/one_shot.h>

#include <string>
#include <vector>

namespace lxcpp {

// Pure. command is what the container's lxcpp-init runs.
[[nodiscard]] StartPlan plan_one_shot(const OneShot& request, const std::vector<std::string>& command);

} // namespace lxcpp
