// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/package_index.h"

#include <span>
#include <string>
#include <vector>

namespace lxcpp::debian {

// The packages that have to be installed together so that all wanted ones, and everything they
// depend on, are there: Depends and Pre-Depends with alternatives, virtual packages and versions;
// nothing that Conflicts with or Breaks another member. Of several ways the first alternative in the
// packages' own order is taken, turning back where it leads to a conflict. As far as there are no
// circles a package comes after its dependencies in the result. The index must outlive the result. Throws Error that says what cannot be had and why.
[[nodiscard]] std::vector<const Package*> resolve(const PackageIndex& index,
                                                  std::span<const Package* const> wanted);

// Newest version of each name, or the first provider of a virtual one. Error for an unknown name.
[[nodiscard]] std::vector<const Package*> find_wanted(const PackageIndex& index,
                                                      std::span<const std::string> names);

} // namespace lxcpp::debian
