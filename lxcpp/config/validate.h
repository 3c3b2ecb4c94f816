// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/problem.h"
#include "config/types.h"

#include <vector>

namespace lxcpp {

// Contradictions between values: what no start could carry out. The problems have no origin yet.
[[nodiscard]] std::vector<Problem> validate(const Config& config);

} // namespace lxcpp
