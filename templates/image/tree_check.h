// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/progress.h"
#include "sys/rooted_dir.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace lxcpp::image {

// What a tree holds (tree_sums.h). Reads all of it, with two threads. phase is what progress says. Throws SystemError.
[[nodiscard]] std::string sum_tree(const sys::RootedDir& tree, std::string_view phase, ProgressSink& progress);

// Bytes on disk of what is in there; a file with several names counts once.
[[nodiscard]] std::uint64_t tree_size(const sys::RootedDir& tree);

} // namespace lxcpp::image
