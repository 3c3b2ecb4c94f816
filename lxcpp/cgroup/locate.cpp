// SPDX-License-Identifier: Apache-2.0
#include "cgroup/locate.h"

#include <algorithm>

namespace lxcpp {

const Hierarchy* hierarchy_with(const CgroupLayout& layout, std::string_view controller) {
    const auto found = std::ranges::find_if(layout.list, [&](const Hierarchy& hierarchy) {
        return std::ranges::find(hierarchy.controllers, controller) != hierarchy.controllers.end();
    });
    return found == layout.list.end() ? nullptr : &*found;
}

const Hierarchy* unified_hierarchy(const CgroupLayout& layout) {
    const auto found = std::ranges::find(layout.list, 2, &Hierarchy::version);
    return found == layout.list.end() ? nullptr : &*found;
}

const std::filesystem::path* group_in(const Hierarchy& hierarchy,
                                      std::span<const std::filesystem::path> dirs) {
    const std::string prefix = hierarchy.mountpoint.native() + '/';
    const auto found = std::ranges::find_if(
        dirs, [&](const std::filesystem::path& dir) { return dir.native().starts_with(prefix); });
    return found == dirs.end() ? nullptr : &*found;
}

} // namespace lxcpp
