// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/progress.h"
#include "sys/rooted_dir.h"

namespace lxcpp::distro {

// Everything in a directory becomes what the empty directory to holds, which gets its mode and owner: moved where both are on
// one file system, else copied. Throws Error.
void move_tree(const sys::RootedDir& from, const sys::RootedDir& to, image::ProgressSink& progress);

} // namespace lxcpp::distro
