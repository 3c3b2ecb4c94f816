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
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr std::size_t kMostImages = 10'000;

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

// As split_options() takes it apart: a value may hold a comma, or a quote.
std::string quoted_option(std::string_view key, std::string_view value) {
    std::string option = fmt::format("\"{}=", key);
    for (const char c : value) option += c == '"' ? "\"\"" : std::string(1, c);
    return option + '"';
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
    for (const auto& [key, value] : {std::pair("image.release", &release), {"image.architecture", &architecture}, {"image.variant", &variant}})
        if (!value->empty()) set.push_back(quoted_option(key, *value));
    return set;
}

std::vector<MatrixImage> expand_matrix(const Matrix& matrix) {
    const auto releases = or_nothing(matrix.releases);
    const auto architectures = or_nothing(matrix.architectures);
    const auto variants = or_nothing(matrix.variants);
    if (releases.size() * architectures.size() > kMostImages / variants.size()) throw Error(fmt::format("matrix: more than {} images", kMostImages));
    std::vector<MatrixImage> images;
    for (const std::string& release : releases) {
        for (const std::string& architecture : architectures) {
            for (const std::string& variant : variants) {
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
