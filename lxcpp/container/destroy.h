// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace lxcpp {

// Renames the directory away, so that the container is gone at once, then deletes it. Throws SystemError.
void remove_container_directory(const std::filesystem::path& lxcpath, const std::string& name);

} // namespace lxcpp
