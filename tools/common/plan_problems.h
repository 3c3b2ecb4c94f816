// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/load.h"
#include "config/problem.h"

#include <vector>

namespace lxcpp::tools {

// What a start of this configuration would refuse although each value is valid by itself: mount lines
// and options, hooks, the init, the seccomp policy. The host is not asked. The configuration must
// have loaded without errors.
[[nodiscard]] std::vector<Problem> plan_problems(const LoadedConfig& loaded);

} // namespace lxcpp::tools
