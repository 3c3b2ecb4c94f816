// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/generator.h"
#include "distrobuilder/recipe.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace lxcpp::distro {

// The key of a root file system with the files of one kind of image, after the step before: the entries of the recipe, and
// what is in the host's files that they copy (below directory, or absolute).
[[nodiscard]] std::string image_key(std::string_view before, const Recipe& recipe, Output output, const std::filesystem::path& directory);

} // namespace lxcpp::distro
