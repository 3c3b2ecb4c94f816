// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe_reader.h"
#include "distrobuilder/recipe_tree.h"

#include <ctime>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

// A recipe as its file and the command line have it, defaults and derived values set.
struct LoadedRecipe {
    std::string file;                // as it was named; "-" is standard input
    std::filesystem::path directory; // where its relative paths begin
    ReadRecipe read;                 // errors: all there are
};

// Sets the options (-o, each of which may hold several) in the tree, then reads it. machine and now are those of
// set_defaults(). Throws Error for an option that cannot be set.
[[nodiscard]] LoadedRecipe load_recipe(const RecipeTree& tree, const std::string& file, std::span<const std::string> options,
                                       const std::string& machine, std::time_t now);

// One of the images that a matrix stands for, as options of a command line.
struct MatrixImage {
    std::string release;
    std::string architecture;
    std::string variant;

    [[nodiscard]] std::vector<std::string> options() const; // "image.release=..." for what is not empty
    bool operator==(const MatrixImage&) const = default;
};
// Releases outermost, in the order of the recipe; one image with nothing set for a recipe without a matrix. Throws Error
// for more than 10,000.
[[nodiscard]] std::vector<MatrixImage> expand_matrix(const Matrix& matrix);

// SOURCE_DATE_EPOCH, or the clock. Throws Error for one that is no number.
[[nodiscard]] std::time_t build_time();

} // namespace lxcpp::distro
