// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/nic_plan.h"

#include <string>
#include <vector>

namespace lxcpp {

// As print_plan(): one act a line.
[[nodiscard]] std::string print_nics(const std::vector<NicPlan>& nics);

} // namespace lxcpp
