// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/id_range.h"
#include "host/subid.h"

#include <vector>

namespace lxcpp::distro {

// Pure. The ids that builds of root have: the last ones of the pool, which containers get at the very end, and none that one has. Throws
// Error when there are no more.
[[nodiscard]] IdRange choose_build_ids(const RangePool& pool, const std::vector<IdRange>& taken);

} // namespace lxcpp::distro
