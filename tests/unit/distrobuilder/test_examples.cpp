// SPDX-License-Identifier: Apache-2.0
// The recipes of doc/examples: read, checked, resolved for each image that they are for, written and read again.
#include "distrobuilder/package_manager.h"
#include "distrobuilder/recipe_check.h"
#include "distrobuilder/recipe_defaults.h"
#include "distrobuilder/recipe_reader.h"
#include "distrobuilder/recipe_resolve.h"
#include "distrobuilder/repositories.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

fs::path folder() { return fs::path(LXCPP_TEST_SOURCE_DIR) / "../doc/examples"; }

std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder()))
        if (entry.is_regular_file()) found.push_back(entry.path().stem().string());
    std::ranges::sort(found);
    return found;
}

std::string lines(const std::vector<RecipeProblem>& problems) {
    std::string text;
    for (const RecipeProblem& one : problems) text += one.line() + "\n";
    return text;
}

class Examples : public testing::TestWithParam<std::string> {
protected:
    static ReadRecipe read(const std::vector<std::string>& options) {
        RecipeTree tree = read_recipe_tree((folder() / (GetParam() + ".yaml")).string());
        for (const std::string& option : options) set_option(tree, option);
        ReadRecipe result = read_recipe(std::move(tree));
        set_defaults(result.recipe, "x86_64", 1'767'225'600);
        EXPECT_TRUE(derive_architecture(result.recipe));
        return result;
    }
};

TEST_P(Examples, AreRight) {
    const ReadRecipe result = read({});
    EXPECT_EQ(lines(result.errors), "");
    EXPECT_EQ(lines(result.warnings), "");
    EXPECT_EQ(lines(check_recipe(result)), "");
}

TEST_P(Examples, ResolveForEachPhaseAndVariant) {
    for (const char* variant : {"default", "cloud", "musl", "openrc"}) {
        const Recipe recipe = read({std::string("image.variant=") + variant}).recipe;
        const RecipeRenderer renderer(recipe, folder());
        for (const AcceptedTypes& types : {AcceptedTypes{}, AcceptedTypes{true, TargetType::Container}, AcceptedTypes{false, TargetType::Vm}}) {
            const Recipe resolved = resolve_recipe(recipe, renderer, types, [](const std::string& line) { ADD_FAILURE() << line; });
            const std::string yaml = recipe_yaml(resolved);
            EXPECT_THAT(yaml, Not(HasSubstr("{{"))) << yaml;
            EXPECT_EQ(read_recipe(parse_recipe_tree(yaml, "again", ".")).recipe, resolved);
            (void)plan_packages(resolved.packages, resolved.packages.sets);
            EXPECT_EQ(plan_repositories(resolved.packages.manager, resolved.packages.repositories).warnings.size(), 0u);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Recipes, Examples, testing::ValuesIn(names()), [](const auto& example) {
    std::string name = example.param;
    std::ranges::replace(name, '-', '_');
    return name;
});

} // namespace
} // namespace lxcpp::distro
