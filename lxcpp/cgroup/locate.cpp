// SPDX-License-Identifier: Apache-2.0
#include "cgroup/locate.h"

#include <algorithm>

namespace lxcpp {

const std::filesystem::path* group_in(const Hierarchy& hierarchy,
                                      std::span<const std::filesystem::path> dirs) {
    const std::string prefix = hierarchy.mountpoint.native() + '/';
    const auto found = std::ranges::find_if(
        dirs, [&](const std::filesystem::path& dir) { return dir.native().starts_with(prefix); });
    return found == dirs.end() ? nullptr : &*found;
}

} // namespace lxcpp
