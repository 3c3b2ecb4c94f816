// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/manager.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::tools {

// What `lxcpp-ls --format json` printed inside a container. Names come as "inner" and "inner/deeper", at most
// depth long, each one after its parent. Nothing of it is trusted: throws Error unless it is exactly such a listing.
[[nodiscard]] std::vector<ListEntry> parse_nested(std::string_view json, std::size_t depth);

// Asks running containers for their own ones.
class NestedLister {
public:
    // columns: titles of what is asked for, beside NAME and STATE.
    NestedLister(std::filesystem::path lxcpath, std::size_t depth, std::vector<std::string> columns);
    // Runs lxcpp-ls in the container, as its root and confined as it is; none where that program is not there.
    // Bounded in time and size. Throws Error when there is no answer, or one that is no listing.
    [[nodiscard]] std::vector<ListEntry> inside(const std::string& name);

private:
    [[nodiscard]] std::chrono::milliseconds limit() const;

    std::filesystem::path lxcpath_;
    std::size_t depth_;
    std::vector<std::string> columns_;
    std::chrono::steady_clock::time_point end_;
};

} // namespace lxcpp::tools
