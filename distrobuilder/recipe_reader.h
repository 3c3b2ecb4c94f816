// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe.h"
#include "distrobuilder/recipe_tree.h"

#include <map>
#include <string>
#include <vector>

namespace lxcpp::distro {

// Something that is wrong or doubtful in a recipe: "debian.yaml:3:7: image.relase: there is no such key".
struct RecipeProblem {
    std::string where; // as RecipeTree::describe(); may be empty
    std::string key;   // "packages.sets.2.action"
    std::string text;

    [[nodiscard]] std::string line() const;
    bool operator==(const RecipeProblem&) const = default;
};

struct ReadRecipe {
    Recipe recipe;
    std::vector<RecipeProblem> errors;
    std::vector<RecipeProblem>
        warnings; // names of old that have new ones, documents that are not read
    std::map<std::string, std::string, std::less<>> places; // of each key that the recipe has

    // The place of a key, or of the nearest above it.
    [[nodiscard]] std::string place_of(std::string_view key) const;
};

// From text to values, strictly: keys that there are not, and values that do not fit, are errors; all of them are
// told. Texts keep the characters that the file has (0640 and 3.10 stay so), null is nothing, true and false have the
// names of YAML 1.1 (yes, on, y). Names from before distrobuilder 3.0 are read as those of today, with a warning.
[[nodiscard]] ReadRecipe read_recipe(RecipeTree tree);

} // namespace lxcpp::distro
