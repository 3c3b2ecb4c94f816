// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe_reader.h"

#include <vector>

namespace lxcpp::distro {

// What is wrong with the values of a recipe whose defaults are set; nothing when it can be built.
[[nodiscard]] std::vector<RecipeProblem> check_recipe(const ReadRecipe& read);

// What is right and still worth a look: entries that no image can match, actions without an interpreter, sources that
// nobody has signed.
[[nodiscard]] std::vector<RecipeProblem> lint_recipe(const ReadRecipe& read);

} // namespace lxcpp::distro
