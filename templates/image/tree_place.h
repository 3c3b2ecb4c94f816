// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/rooted_dir.h"

#include <string>
#include <string_view>

namespace lxcpp::image {

// Where in a tree the path of a directory leads, when links are followed within the tree.
struct TreePlace {
    std::string path;     // as far as there is something, without links
    std::string missing;  // the rest of it
    bool blocked = false; // path is no directory, nor a link to one

    [[nodiscard]] std::string whole() const { return missing.empty() ? path : path.empty() ? missing : path + "/" + missing; }
};

// directory: as normal_path() gives it.
[[nodiscard]] TreePlace find_place(const sys::RootedDir& root, std::string_view directory);

} // namespace lxcpp::image
