// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe_load.h"

#include <filesystem>
#include <vector>

namespace lxcpp::distro {

// What a build reads of the host, absolute: the recipe's directory, what its copies, file:// urls, key files and templates name
// (filled in), and where the credentials for registries are. Some may not be there. Throws Error for a template that is wrong.
[[nodiscard]] std::vector<std::filesystem::path> read_places(const LoadedRecipe& recipe);

} // namespace lxcpp::distro
