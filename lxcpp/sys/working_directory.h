// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace lxcpp::sys {

// chdir(2): 0 or -errno.
[[nodiscard]] int try_change_directory(const std::filesystem::path& path) noexcept;

} // namespace lxcpp::sys
