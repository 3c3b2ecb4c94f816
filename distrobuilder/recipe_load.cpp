// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_load.h"

#include "base/strings.h"
#include "distrobuilder/recipe_check.h"
#include "distrobuilder/recipe_defaults.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cstdlib>
#include <fmt/core.h>
#include <limits>

namespace lxcpp::distro {
namespace {

bool excluded(const Matrix& matrix, const MatrixImage& image) {
    return std::ranges::any_of(matrix.exclude, [&image](const MatrixPoint& point) {
        return (point.release.empty() || point.release == image.release) &&
               (point.architecture.empty() || point.architecture == image.architecture) &&
               (point.variant.empty() || point.variant == image.variant);
    });
}

std::vector<std::string> or_nothing(std::vector<std::string> names) {
    if (names.empty()) names.emplace_back();
    return names;
}

} // namespace

LoadedRecipe load_recipe(const RecipeTree& tree, const std::string& file, std::span<const std::string> options,
                         const std::string& machine, std::time_t now) {
    RecipeTree changed = tree;
    for (const std::string& given : options)
        for (const std::string& option : split_options(given)) set_option(changed, option);
    LoadedRecipe loaded{.file = file, .directory = tree.directory, .read = read_recipe(std::move(changed))};
    set_defaults(loaded.read.recipe, machine, now);
    (void)derive_architecture(loaded.read.recipe); // check_recipe() tells of one that is not known
    for (RecipeProblem& problem : check_recipe(loaded.read)) loaded.read.errors.push_back(std::move(problem));
    return loaded;
}

std::vector<std::string> MatrixImage::options() const {
    std::vector<std::string> set;
    // In double quotes: a value may hold a comma.
    if (!release.empty()) set.push_back("\"image.release=" + release + "\"");
    if (!architecture.empty()) set.push_back("\"image.architecture=" + architecture + "\"");
    if (!variant.empty()) set.push_back("\"image.variant=" + variant + "\"");
    return set;
}

std::vector<MatrixImage> expand_matrix(const Matrix& matrix) {
    std::vector<MatrixImage> images;
    for (const std::string& release : or_nothing(matrix.releases)) {
        for (const std::string& architecture : or_nothing(matrix.architectures)) {
            for (const std::string& variant : or_nothing(matrix.variants)) {
                MatrixImage image{release, architecture, variant};
                if (!excluded(matrix, image)) images.push_back(std::move(image));
            }
        }
    }
    return images;
}

std::time_t build_time() {
    const char* text = std::getenv("SOURCE_DATE_EPOCH");
    if (text == nullptr || *text == '\0') return std::time(nullptr);
    const auto number = parse_u64(text);
    if (!number || *number > std::uint64_t{std::numeric_limits<std::uint32_t>::max()} * 4)
        throw Error(fmt::format("SOURCE_DATE_EPOCH={}: expected seconds since 1970", printable(text)));
    return static_cast<std::time_t>(*number);
}

} // namespace lxcpp::distro
