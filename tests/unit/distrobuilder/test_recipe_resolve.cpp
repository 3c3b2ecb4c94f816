// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_resolve.h"

#include "distrobuilder/recipe_defaults.h"
#include "distrobuilder/recipe_reader.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::distro {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Recipe read(const std::string& text) {
    ReadRecipe result = read_recipe(parse_recipe_tree(text, "r.yaml", "."));
    EXPECT_THAT(result.errors, IsEmpty());
    set_defaults(result.recipe, "x86_64", 1'767'225'600);
    EXPECT_TRUE(derive_architecture(result.recipe));
    return result.recipe;
}

constexpr const char* kRecipe = R"(
image: {distribution: debian, release: sid, architecture: amd64}
source: {downloader: debootstrap, url: "http://x/{{ image.release }}", keys: ["{{ vars.key }}"], components: ["main-{{ image.release }}"]}
targets:
  lxc:
    create_message: |
      You just created an {{ image.description }} container.
    config:
    - {type: all, content: "lxc.arch = {{ image.architecture_personality }}"}
    - {type: all, releases: [bookworm], content: none}
files:
- {generator: dump, path: /a, content: "{{ kept }}"}
- {generator: dump, path: "/{{ image.variant }}", content: x, pongo: true}
- {generator: dump, path: /vm, types: [vm]}
- {generator: dump, path: /c, types: [container]}
packages:
  manager: apt
  repositories: [{name: sources.list, url: "deb http://x {{ image.release }} main"}]
  sets:
  - {action: install, packages: [a]}
  - {action: install, packages: [b], variants: [cloud]}
actions:
- trigger: post-files
  pongo: true
  action: |-
    #!/bin/sh
    echo {{ image.serial }}
mappings: {architecture_map: debian}
vars: {key: ABCD}
)";

Recipe resolved(const Recipe& recipe, const AcceptedTypes& types, std::vector<std::string>* told = nullptr) {
    return resolve_recipe(recipe, RecipeRenderer(recipe), types, [&](const std::string& line) { if (told != nullptr) told->push_back(line); });
}

TEST(RecipeResolve, FiltersAndRenders) {
    const Recipe recipe = resolved(read(kRecipe), {.untyped = true, .typed = TargetType::Container});
    EXPECT_EQ(recipe.source.url, "http://x/sid");
    EXPECT_THAT(recipe.source.keys, ElementsAre("ABCD"));
    EXPECT_THAT(recipe.source.components, ElementsAre("main-sid"));
    EXPECT_EQ(recipe.targets.lxc.create_message, "You just created an Debian sid amd64 (20260101_0000) container.\n");
    ASSERT_EQ(recipe.targets.lxc.config.size(), 1u);
    EXPECT_EQ(recipe.targets.lxc.config[0].content, "lxc.arch = linux64");
    ASSERT_EQ(recipe.files.size(), 3u);
    EXPECT_EQ(recipe.files[0].content, "{{ kept }}");
    EXPECT_EQ(recipe.files[1].path, "/default");
    EXPECT_EQ(recipe.files[2].path, "/c");
    EXPECT_EQ(recipe.packages.repositories[0].url, "deb http://x sid main");
    EXPECT_EQ(recipe.packages.sets.size(), 1u);
    EXPECT_EQ(recipe.actions[0].action, "#!/bin/sh\necho 20260101_0000");
}

TEST(RecipeResolve, ATreeToPackHasNothingOfOneType) {
    EXPECT_EQ(resolved(read(kRecipe), {}).files.size(), 2u);
    const Recipe packed = resolved(read(kRecipe), {.untyped = false, .typed = TargetType::Vm});
    ASSERT_EQ(packed.files.size(), 1u);
    EXPECT_EQ(packed.files[0].path, "/vm");
    EXPECT_THAT(packed.actions, IsEmpty());
}

// Else what packing runs would miss what the tree's actions had.
TEST(RecipeResolve, TheEnvironmentIsTheSameInEachPhase) {
    Recipe recipe = read(kRecipe);
    recipe.environment.variables = {{.filter = {}, .key = "ALL", .value = "1"},
                                    {.filter = {.types = {TargetType::Container}}, .key = "CONTAINERS", .value = "1"},
                                    {.filter = {.types = {TargetType::Vm}}, .key = "MACHINES", .value = "1"}};
    const auto names = [&](const AcceptedTypes& types) {
        std::string all;
        for (const EnvironmentVariable& variable : resolved(recipe, types).environment.variables) all += variable.key + ' ';
        return all;
    };
    EXPECT_EQ(names({.untyped = true, .typed = std::nullopt}), "ALL CONTAINERS ");
    EXPECT_EQ(names({.untyped = false, .typed = TargetType::Container}), "ALL CONTAINERS ");
    EXPECT_EQ(names({.untyped = false, .typed = TargetType::Vm}), "ALL MACHINES ");
}

// Files may hold templates for others; a script that is half a template would do harm.
TEST(RecipeResolve, KeepsAFileAndRefusesAnActionWithAMistake) {
    Recipe recipe = read(kRecipe);
    recipe.files[1].content = "{% if %}";
    std::vector<std::string> told;
    EXPECT_EQ(resolved(recipe, {}, &told).files[1].content, "{% if %}");
    ASSERT_EQ(told.size(), 1u);
    EXPECT_THAT(told[0], HasSubstr("files.*.dump: line 1: "));
    recipe.actions[0].action = "{% if %}";
    EXPECT_THAT(error_of([&] { (void)resolved(recipe, {}); }), HasSubstr("actions.*.action: line 1: "));
}

TEST(RecipeYaml, ReadsBackAsTheSame) {
    Recipe recipe = read(kRecipe);
    recipe.environment.variables.push_back({.filter = {.types = {TargetType::Vm, TargetType::Container}}, .key = "A", .value = "yes"});
    recipe.packages.custom_manager = CustomManager{.install = {.cmd = "true", .flags = {"0640", "- x", "a: b", ""}}};
    recipe.files[0].content = " begins with a blank\nand\n\n";
    recipe.files[0].instance.properties = {{"a b", "#c"}, {"1", "\x01\"\\"}};
    recipe.build.template_files = {"3.10"};
    const std::string text = recipe_yaml(recipe);
    const ReadRecipe again = read_recipe(parse_recipe_tree(text, "again", "."));
    EXPECT_THAT(again.errors, IsEmpty());
    EXPECT_EQ(again.recipe, recipe) << text;
}

TEST(RecipeYaml, IsMeantForPeople) {
    Recipe recipe;
    recipe.image.distribution = "debian";
    recipe.files.push_back({.generator = "dump", .path = "/etc/x", .content = "two\nlines\n", .mode = "0644"});
    recipe.actions.push_back({.filter = {.releases = {"sid"}}, .trigger = "post-files", .action = "#!/bin/sh\ntrue"});
    EXPECT_EQ(recipe_yaml(recipe), "image:\n"
                                   "  distribution: debian\n"
                                   "files:\n"
                                   "- generator: dump\n"
                                   "  path: /etc/x\n"
                                   "  content: |\n"
                                   "    two\n"
                                   "    lines\n"
                                   "  mode: \"0644\"\n"
                                   "actions:\n"
                                   "- releases:\n"
                                   "  - sid\n"
                                   "  trigger: post-files\n"
                                   "  action: |-\n"
                                   "    #!/bin/sh\n"
                                   "    true\n");
}

} // namespace
} // namespace lxcpp::distro
