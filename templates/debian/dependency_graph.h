// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/package_index.h"

#include <cstddef>
#include <span>
#include <vector>

namespace lxcpp::debian {

using Numbers = std::vector<std::size_t>; // positions in a list of packages

// Which packages of a list meet the relations of which, by position. Where several members meet one
// clause all of them are named.
struct DependencyGraph {
    std::vector<Numbers> pre_depends;
    std::vector<Numbers> depends;
};

[[nodiscard]] DependencyGraph make_graph(std::span<const Package* const> packages);

// start and everything that its members need, directly or not; sorted.
[[nodiscard]] Numbers closure(const DependencyGraph& graph, const Numbers& start);

// As far as there are no circles a package comes after what it needs; otherwise the order is kept.
[[nodiscard]] Numbers dependency_order(const DependencyGraph& graph);

} // namespace lxcpp::debian
