// SPDX-License-Identifier: Apache-2.0
// Recipes in the manner of those that are published: what distrobuilder takes, with its quirks of
// writing, is read, checked, filtered and filled in for each image that CI makes of it.
#include "distrobuilder/package_manager.h"
#include "distrobuilder/recipe_load.h"
#include "distrobuilder/recipe_resolve.h"
#include "distrobuilder/repositories.h"

#include <algorithm>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

fs::path folder() {
    return fs::path(LXCPP_TEST_SOURCE_DIR) / "unit/distrobuilder/recipes";
}

std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder()))
        found.push_back(entry.path().stem().string());
    std::ranges::sort(found);
    return found;
}

std::string lines(const std::vector<RecipeProblem>& problems) {
    std::string text;
    for (const RecipeProblem& one : problems) text += one.line() + "\n";
    return text;
}

LoadedRecipe load(const std::string& name, const std::vector<std::string>& options = {}) {
    const fs::path file = folder() / (name + ".yaml");
    return load_recipe(read_recipe_tree(file.string()), file.string(), options, "x86_64",
                       1'767'225'600);
}

Recipe resolve(const LoadedRecipe& loaded, const AcceptedTypes& types) {
    return resolve_recipe(loaded.read.recipe, RecipeRenderer(loaded.read.recipe, folder()), types,
                          [](const std::string& line) { ADD_FAILURE() << line; });
}

constexpr AcceptedTypes kContainer{true, TargetType::Container};
constexpr AcceptedTypes kVm{true, TargetType::Vm};

class PublicRecipes : public testing::TestWithParam<std::string> {};

TEST_P(PublicRecipes, AreRightWithoutOptions) {
    const LoadedRecipe loaded = load(GetParam());
    EXPECT_EQ(lines(loaded.read.errors), "");
    EXPECT_EQ(lines(loaded.read.warnings), "");
}

TEST_P(PublicRecipes, AreFilledInForEachImage) {
    for (const char* release : {"", "8", "16.0", "noble"}) {
        for (const char* variant : {"default", "cloud", "openrc"}) {
            for (const char* architecture : {"x86_64", "arm64"}) {
                const LoadedRecipe loaded =
                    load(GetParam(), {std::string("image.release=") + release + ",image.variant=" +
                                          variant + ",image.architecture=" + architecture,
                                      "image.serial=20260101_05:24"});
                ASSERT_EQ(lines(loaded.read.errors), "");
                for (const AcceptedTypes& types :
                     {AcceptedTypes{}, kContainer, kVm, AcceptedTypes{false, TargetType::Vm}}) {
                    const Recipe recipe = resolve(loaded, types);
                    EXPECT_EQ(recipe.targets.lxc.create_message.find("{{"), std::string::npos)
                        << recipe.targets.lxc.create_message;
                    const std::string text = recipe_yaml(recipe);
                    EXPECT_EQ(read_recipe(parse_recipe_tree(text, "again", ".")).recipe, recipe)
                        << text;
                    (void)plan_packages(recipe.packages, recipe.packages.sets);
                    EXPECT_THAT(
                        plan_repositories(recipe.packages.manager, recipe.packages.repositories)
                            .warnings,
                        IsEmpty());
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Recipes, PublicRecipes, testing::ValuesIn(names()),
                         [](const auto& recipe) { return recipe.param; });

TEST(PublicRecipe, AnUrlDependsOnTheArchitecture) {
    EXPECT_EQ(resolve(load("amazonlinux", {"image.release=2023"}), kContainer).source.url,
              "https://cdn.example.org/al/container/root-2023-x86_64.tar.xz");
    EXPECT_EQ(
        resolve(load("amazonlinux", {"image.release=2023,image.architecture=aarch64"}), kContainer)
            .source.url,
        "https://cdn.example.org/al/container-arm64/root-2023-arm64.tar.xz");
}

TEST(PublicRecipe, AMessageHasTheDescriptionInIt) {
    const auto message = [](const std::string& name, const std::string& options) {
        return resolve(load(name, {options, "image.serial=20260101_05:24"}), kContainer)
            .targets.lxc.create_message;
    };
    EXPECT_EQ(message("almalinux", "image.release=9"),
              "You just created an Almalinux 9 x86_64 (20260101_05:24) container.");
    EXPECT_EQ(message("openeuler", "image.release=24.03-LTS,image.variant=cloud"),
              "You just created an openEuler 24.03-LTS x86_64 (cloud) (20260101_05:24) container.");
    EXPECT_EQ(
        message("apertis", "image.release=v2024,image.variant=sysroot,image.architecture=amd64"),
        "You just created a Apertis v2024 sysroot (amd64) 20260101_05:24 container.");
    EXPECT_EQ(message("openwrt", "image.release=24.10"),
              "You just created an OpenWrt 24.10 x86-64 (20260101_05:24) container.");
}

TEST(PublicRecipe, TextsKeepTheirCharacters) {
    EXPECT_EQ(load("alpine").read.recipe.source.same_as, "3.12");
    const Recipe centos = load("centos").read.recipe;
    EXPECT_EQ(centos.files[1].mode, "0440");
    EXPECT_THAT(centos.files[0].filter.releases, ElementsAre("7", "8-Stream"));
    EXPECT_THAT(load("opensuse").read.recipe.packages.sets[0].filter.releases,
                ElementsAre("15.6", "16.0", "tumbleweed"));
    EXPECT_EQ(load("nixos").read.recipe.packages.custom_manager->update.cmd, "true");
    EXPECT_THAT(load("gentoo").read.recipe.packages.sets[0].packages,
                ElementsAre("sys-boot/grub", "=sys-apps/x-1.0", "app-misc/y[flag]"));
    EXPECT_THAT(load("openwrt").read.recipe.files[0].content,
                HasSubstr("\n\toption device 'lo'\n"));
    EXPECT_EQ(load("gentoo").read.recipe.targets.incus.vm.size, 8'589'934'592u);
    EXPECT_EQ(load("openeuler").read.recipe.actions[0].action,
              "#!/bin/sh\nset -eux\nrm -rf /var/cache/yum\n");
    const auto keys = load("almalinux").read.recipe.source.keys;
    ASSERT_EQ(keys.size(), 2u);
    EXPECT_THAT(keys[0], HasSubstr("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINB"));
    EXPECT_TRUE(keys[0].ends_with("-----END PGP PUBLIC KEY BLOCK-----"));
    EXPECT_TRUE(keys[1].ends_with("-----END PGP PUBLIC KEY BLOCK-----\n"));
}

TEST(PublicRecipe, OnePathHasAFileOfEachType) {
    const LoadedRecipe fedora = load("fedora", {"image.release=42"});
    const Recipe container = resolve(fedora, kContainer);
    const Recipe vm = resolve(fedora, kVm);
    EXPECT_EQ(container.files[0].generator, "dump");
    EXPECT_EQ(vm.files[0].generator, "fstab");
    EXPECT_EQ(container.actions.size() + 1, vm.actions.size());
    EXPECT_EQ(resolve(fedora, {false, TargetType::Vm}).files.size(), 1u);
    EXPECT_EQ(resolve(load("alpine"), kVm).files[0].content, "ext4\nvirtio_net");
}

TEST(PublicRecipe, RepositoriesAreThoseOfTheArchitecture) {
    const auto sources = [](const std::string& name, const std::string& options) {
        const Recipe recipe = resolve(load(name, {options}), kContainer);
        return plan_repositories(recipe.packages.manager, recipe.packages.repositories);
    };
    const auto ports = sources("ubuntu", "image.release=noble,image.architecture=arm64");
    ASSERT_EQ(ports.files.size(), 1u);
    EXPECT_THAT(ports.files[0].text, HasSubstr("ports.ubuntu.com/ubuntu-ports noble main"));
    EXPECT_THAT(sources("devuan", "image.release=ceres").files[0].text, Not(HasSubstr("-updates")));
    EXPECT_THAT(sources("devuan", "image.release=excalibur").files[0].text,
                HasSubstr("excalibur-security main\n"));
    EXPECT_THAT(sources("mint", "image.release=virginia,source.suite=jammy").files[0].text,
                HasSubstr("/ubuntu jammy-updates main\n"));
    EXPECT_EQ(sources("oracle", "image.release=9").files.size(), 0u);
    EXPECT_EQ(sources("oracle", "image.release=9,image.variant=cloud").files[0].path,
              "/etc/yum.repos.d/epel.repo");
    EXPECT_EQ(load("openwrt", {"packages.manager=opkg"}).read.recipe.packages.manager, "opkg");
}

TEST(PublicRecipe, CommandsWithoutFlagsAreNotRun) {
    const Packages plamo = load("plamo").read.recipe.packages;
    EXPECT_THAT(PackageManager(plamo).commands(PackageOperation::Install, {}, {"sudo"}), IsEmpty());
    const Packages apertis = load("apertis").read.recipe.packages;
    const auto plan = plan_packages(apertis, apertis.sets);
    ASSERT_EQ(plan.after_actions.size(), 2u);
    EXPECT_THAT(
        PackageManager(apertis).commands(plan.after_actions[0].operation,
                                         plan.after_actions[0].flags,
                                         plan.after_actions[0].packages),
        ElementsAre(ElementsAre("apt-get", "-y", "remove", "--auto-remove", "--purge", "connman")));
}

} // namespace
} // namespace lxcpp::distro
