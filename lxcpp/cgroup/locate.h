// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/cgroup_layout.h"

#include <filesystem>
#include <span>

namespace lxcpp {

// The one of dirs that lies in the hierarchy; nullptr when none does.
[[nodiscard]] const std::filesystem::path* group_in(const Hierarchy& hierarchy,
                                                    std::span<const std::filesystem::path> dirs);

} // namespace lxcpp
