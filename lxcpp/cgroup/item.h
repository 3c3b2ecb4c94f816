// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/cgroup_layout.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

// One file of a payload's groups, as lxcpp-cgroup names it: "memory.max", "cpuset.cpus". The
// hierarchy is the one that has the controller in front of the dot; core files ("cgroup.freeze")
// are those of v2, else of any v1 hierarchy. key may not leave the group.
namespace lxcpp {

// Throws Error when no hierarchy of this host has such a file.
[[nodiscard]] std::filesystem::path find_cgroup_item(const CgroupLayout& layout,
                                                     std::span<const std::filesystem::path> dirs,
                                                     std::string_view key);
// The content without the last line end.
[[nodiscard]] std::string get_cgroup_item(const CgroupLayout& layout,
                                          std::span<const std::filesystem::path> dirs,
                                          std::string_view key);
void set_cgroup_item(const CgroupLayout& layout, std::span<const std::filesystem::path> dirs,
                     std::string_view key, std::string_view value);

} // namespace lxcpp
