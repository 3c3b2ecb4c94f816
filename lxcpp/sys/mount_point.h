// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace lxcpp::sys {

// Whether something is mounted right on path (statx(2) STATX_ATTR_MOUNT_ROOT).
[[nodiscard]] bool is_mount_point(const std::filesystem::path& path);
// MS_SHARED, MS_SLAVE, MS_PRIVATE of the mount at path.
void set_propagation(const std::filesystem::path& path, std::uint64_t flag);

} // namespace lxcpp::sys
