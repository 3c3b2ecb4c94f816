// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"

#include <optional>
#include <string>
#include <vector>

// What cgroup v1 settings are called on a unified hierarchy.
namespace lxcpp {

struct V1Translation {
    std::vector<Setting> v2; // empty: the setting has no equivalent, or another one carries it
    std::string lost;        // why nothing carries it; "" when all is well
};

// One line; all are the v1 lines around it, of which some are needed together (quota and period,
// memory and memory+swap).
[[nodiscard]] V1Translation translate_v1(const Setting& line, const std::vector<Setting>& all);

} // namespace lxcpp
