// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"

#include <lxcpp/one_shot.h>

#include <string>
#include <vector>

namespace lxcpp {

// Pure. command is what the container's lxcpp-init runs. idmap: of a user namespace of its own; empty: it keeps ours.
[[nodiscard]] StartPlan plan_one_shot(const OneShot& request, const std::vector<std::string>& command, const std::vector<IdMapEntry>& idmap = {});

} // namespace lxcpp
