// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/cgroup_layout.h"

#include <filesystem>
#include <span>
#include <string_view>

namespace lxcpp {

// The hierarchy that manages the controller; nullptr when none does.
[[nodiscard]] const Hierarchy* hierarchy_with(const CgroupLayout& layout, std::string_view controller);
[[nodiscard]] const Hierarchy* unified_hierarchy(const CgroupLayout& layout);
// The one of dirs that lies in the hierarchy; nullptr when none does.
[[nodiscard]] const std::filesystem::path* group_in(const Hierarchy& hierarchy,
                                                    std::span<const std::filesystem::path> dirs);

} // namespace lxcpp
