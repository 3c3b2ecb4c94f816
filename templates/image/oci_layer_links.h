// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/rooted_dir.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lxcpp::image {

// The names of files with several of them. overlayfs (without its index) copies a file of a lower directory up for the one name
// that is written to or linked; its other names stay with the file below, and would be another file from then on.
class LayerLinks {
public:
    explicit LayerLinks(const sys::RootedDir& root) : root_(root) {}

    // The other names that the file at a path has now. Looks through the whole tree, the first time that there are any.
    [[nodiscard]] std::vector<std::string> others(const std::string& path);

private:
    void find_all();

    const sys::RootedDir& root_;
    std::optional<std::map<std::pair<dev_t, ino_t>, std::vector<std::string>>> names_;
};

} // namespace lxcpp::image
