// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/architecture_map.h"
#include "distrobuilder/expiry.h"
#include "distrobuilder/recipe_defaults.h"
#include "distrobuilder/recipe_filter.h"
#include "distrobuilder/recipe_text.h"

#include "support/error_of.h"
#include "support/temp_dir.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::distro {
namespace {

using test::error_of;
using testing::HasSubstr;

Recipe debian() {
    Recipe recipe;
    recipe.image.distribution = "debian";
    recipe.image.release = "bookworm";
    recipe.image.architecture = "x86_64";
    recipe.mappings.architecture_map = "debian";
    set_defaults(recipe, "x86_64", 1'767'225'600); // 2026-01-01 00:00
    EXPECT_TRUE(derive_architecture(recipe));
    return recipe;
}

TEST(ArchitectureMap, KnowsNamesAliasesAndMaps) {
    EXPECT_EQ(find_recipe_architecture("amd64")->name, "x86_64");
    EXPECT_EQ(find_recipe_architecture("armhfp")->name, "armv7l");
    EXPECT_EQ(find_recipe_architecture("i586")->personality, "linux32");
    EXPECT_FALSE(find_recipe_architecture("z80"));
    EXPECT_EQ(map_architecture("debian", "aarch64"), "arm64");
    EXPECT_EQ(map_architecture("debian", "arm64"), "arm64");
    EXPECT_EQ(map_architecture("openwrt", "amd64"), "x86-64");
    EXPECT_EQ(map_architecture("gentoo", "armv7l"), "armv7a_hardfp");
    EXPECT_EQ(map_architecture("debian", "s390x"), "s390x");
    EXPECT_EQ(map_architecture("alpinelinux", "armel"), "armel");
    EXPECT_EQ(map_architecture("almalinux", "x86_64"), "x86_64");
    EXPECT_FALSE(map_architecture("none", "x86_64"));
}

TEST(RecipeDefaults, AreDistrobuilders) {
    Recipe recipe;
    set_defaults(recipe, "aarch64", 1'767'225'600);
    EXPECT_EQ(recipe.image.architecture, "aarch64");
    EXPECT_EQ(recipe.image.variant, "default");
    EXPECT_EQ(recipe.image.serial, "20260101_0000");
    EXPECT_EQ(recipe.image.expiry, "30d");
    EXPECT_EQ(recipe.targets.incus.vm.size, 4'294'967'296u);
    EXPECT_EQ(recipe.targets.incus.vm.filesystem, "ext4");
    EXPECT_EQ(recipe.targets.type, "container");
}

TEST(RecipeDefaults, DeriveTheOtherNames) {
    Recipe recipe = debian();
    EXPECT_EQ(recipe.image.architecture_mapped, "amd64");
    EXPECT_EQ(recipe.image.architecture_kernel, "x86_64");
    EXPECT_EQ(recipe.image.architecture_personality, "linux64");
    recipe.mappings = {.architectures = {{"x86_64", "x64"}}, .architecture_map = ""};
    recipe.image.architecture = "amd64";
    ASSERT_TRUE(derive_architecture(recipe));
    EXPECT_EQ(recipe.image.architecture_mapped, "x64");
    recipe.image.architecture = "z80";
    EXPECT_FALSE(derive_architecture(recipe));
}

TEST(Expiry, AddsUp) {
    EXPECT_EQ(expiry_date(100, "30d"), 100 + 30 * 86'400);
    EXPECT_EQ(expiry_date(0, "1w 2d"), 9 * 86'400);
    EXPECT_EQ(expiry_date(0, "1h30m"), 5400);
    EXPECT_EQ(expiry_date(0, "10s"), 10);
    EXPECT_EQ(expiry_date(7, ""), 7);
    EXPECT_EQ(expiry_date(7, "junk 3x d"), 7);
    EXPECT_EQ(expiry_date(7, "99999999999999999999w"), 253'402'300'799);
}

TEST(RecipeFilter, ComparesLetterByLetter) {
    const ImageSection image = debian().image;
    const AcceptedTypes any{.untyped = true, .typed = TargetType::Container};
    EXPECT_TRUE(applies({}, image, any));
    EXPECT_TRUE(applies({.releases = {"sid", "bookworm"}}, image, any));
    EXPECT_FALSE(applies({.releases = {"Bookworm"}}, image, any));
    EXPECT_TRUE(applies({.architectures = {"amd64"}}, image, any));
    EXPECT_FALSE(applies({.architectures = {"x86_64"}}, image, any));
    EXPECT_FALSE(applies({.releases = {"bookworm"}, .variants = {"cloud"}}, image, any));
}

// The table of distrobuilder's phases: a tree to pack later, a build at once, and the packing of a tree.
TEST(RecipeFilter, TakesTypesByPhase) {
    const ImageSection image = debian().image;
    const Filter container{.types = {TargetType::Container}};
    const Filter both{.types = {TargetType::Container, TargetType::Vm}};
    const Filter vm{.types = {TargetType::Vm}};
    const AcceptedTypes dir{.untyped = true, .typed = {}};
    const AcceptedTypes lxc{.untyped = true, .typed = TargetType::Container};
    const AcceptedTypes pack{.untyped = false, .typed = TargetType::Container};
    EXPECT_TRUE(applies({}, image, dir));
    EXPECT_FALSE(applies(container, image, dir));
    EXPECT_TRUE(applies(container, image, lxc));
    EXPECT_TRUE(applies(both, image, lxc));
    EXPECT_FALSE(applies(vm, image, lxc));
    EXPECT_FALSE(applies({}, image, pack));
    EXPECT_TRUE(applies(both, image, pack));
}

TEST(RecipeText, SeesTheRecipe) {
    Recipe recipe = debian();
    recipe.vars["colour"] = "blue";
    recipe.packages.sets.push_back({.packages = {"a", "b"}});
    const RecipeRenderer renderer(recipe);
    EXPECT_EQ(renderer.render("{{ image. release }}-{{ vars.colour }}", "x"), "bookworm-blue");
    EXPECT_EQ(renderer.render("[{{ source.suite }}{{ packages.update }}{{ nothing.at.all }}]", "x"), "[]");
    EXPECT_EQ(renderer.render("{% if image.variant == \"default\" %}yes{% else %}no{% endif %}", "x"), "yes");
    EXPECT_EQ(renderer.render("{{ packages.sets.0.packages.1 }} {{ targets.type }}", "x"), "b container");
    EXPECT_EQ(renderer.render("no marks: ${#x} {a}", "x"), "no marks: ${#x} {a}");
    EXPECT_EQ(renderer.render("{# only a comment #}\nlxc.arch = x86_64\n", "x"), "\nlxc.arch = x86_64\n");
    EXPECT_EQ(renderer.render("{{ vars.colour }}{# a comment #}", "x"), "blue");
    EXPECT_EQ(renderer.render("{{ \"{# of \" }}{{ \"others #}\" }}", "x"), "{# of others #}");
}

// The message has the description in it, which is a template.
TEST(RecipeText, RendersAgainWhatCameOut) {
    Recipe recipe = debian();
    recipe.targets.lxc.create_message = "You just created {{ image.description }}.";
    const RecipeRenderer renderer(recipe);
    EXPECT_EQ(renderer.render(recipe.targets.lxc.create_message, "create_message"), "You just created Debian bookworm amd64 (20260101_0000).");
    EXPECT_EQ(renderer.render(recipe.image.name, "name"), "debian-bookworm-amd64-default-20260101_0000");
    recipe.image.variant = "cloud";
    EXPECT_EQ(RecipeRenderer(recipe).render(recipe.image.description, "d"), "Debian bookworm amd64 (cloud) (20260101_0000)");
    recipe.image.description = "{{ image.description }}";
    EXPECT_EQ(error_of([&] { (void)RecipeRenderer(recipe).render("{{ image.description }}", "d"); }),
              "d: after 16 times there is still a template in it; it may contain itself");
}

TEST(RecipeText, IncludesOnlyWhatIsDeclared) {
    const test::TempDir folder;
    std::ofstream(folder.path() / "key.asc") << "KEY of {{ image.release }}\n";
    Recipe recipe = debian();
    EXPECT_THAT(error_of([&] { (void)RecipeRenderer(recipe, folder.path()).render("{% include \"key.asc\" %}", "x"); }),
                HasSubstr("x: line 1: include key.asc: the recipe does not name it under build.template_files"));
    recipe.build.template_files = {"key.asc"};
    EXPECT_EQ(RecipeRenderer(recipe, folder.path()).render("{% include \"key.asc\" %}", "x"), "KEY of bookworm\n");
    std::ofstream(folder.path() / "key.asc") << "{% include \"key.asc\" %}";
    EXPECT_THAT(error_of([&] { (void)RecipeRenderer(recipe, folder.path()).render("{% include \"key.asc\" %}", "x"); }),
                HasSubstr("files include each other too deeply"));
}

} // namespace
} // namespace lxcpp::distro
