// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/progress.h"
#include "sys/rooted_dir.h"

#include <filesystem>

namespace lxcpp::distro {

// The root file system as a directory: copied into a hidden one in target, which is otherwise empty and gets the owner and
// mode of the root, and then moved to its place; signals that end a build wait until it is there. Throws Error; target is then
// as it was.
void write_directory(const sys::RootedDir& root, const std::filesystem::path& target, image::ProgressSink& progress);

} // namespace lxcpp::distro
