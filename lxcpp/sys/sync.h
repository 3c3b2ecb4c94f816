// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace lxcpp::sys {

// syncfs(2) of the file system that directory is on: everything written before is on disk. Throws SystemError.
void sync_filesystem(const std::filesystem::path& directory);

} // namespace lxcpp::sys
