// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/build_steps.h"

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

namespace lxcpp::distro {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Recipe sample() {
    Recipe recipe;
    recipe.packages.manager = "apt";
    recipe.packages.update = true;
    recipe.packages.cleanup = true;
    recipe.packages.repositories = {{.filter = {}, .name = "sources.list", .url = "deb http://mirror/debian sid main", .type = {}, .key = {}}};
    recipe.packages.sets = {{.filter = {}, .packages = {"a", "b", "c", "d", "e", "f"}, .action = "install", .early = false, .flags = {}},
                            {.filter = {}, .packages = {"g"}, .action = "remove", .early = false, .flags = {}}};
    for (const char* trigger : {"post-files", "post-packages", "post-unpack", "post-update", "post-packages"})
        recipe.actions.push_back({.filter = {}, .trigger = trigger, .action = "#!/bin/sh\n: " + std::string(trigger) + "\n", .pongo = false});
    return recipe;
}

std::vector<std::string> titles(const std::vector<BuildStep>& steps) {
    std::vector<std::string> list;
    for (const BuildStep& step : steps) list.push_back(step.title);
    return list;
}

std::vector<std::string> keys_of(const Recipe& recipe, const std::string& before = "start",
                                 const std::vector<std::string>& environment = {"A=1"}) {
    std::vector<BuildStep> steps = plan_tree_steps(recipe).steps;
    key_steps(steps, before, recipe, environment);
    std::vector<std::string> keys;
    for (const BuildStep& step : steps) keys.push_back(step.key);
    return keys;
}

std::size_t first_difference(const std::vector<std::string>& left, const std::vector<std::string>& right) {
    return static_cast<std::size_t>(std::ranges::mismatch(left, right).in1 - left.begin());
}

TEST(BuildSteps, FollowThePhasesOfDistrobuilder) {
    EXPECT_THAT(titles(plan_tree_steps(sample()).steps),
                ElementsAre("write the repositories", "post-unpack action 1 of 1",
                            "fetch the lists of packages", "update packages",
                            "post-update action 1 of 1", "install a, b, c, d and 2 more",
                            "remove g", "clean the package manager's cache",
                            "post-packages action 1 of 2", "post-packages action 2 of 2"));
    EXPECT_THAT(titles(plan_image_steps(sample())), ElementsAre("post-files action 1 of 1"));
}

TEST(BuildSteps, WithoutUpdateThereAreNoActionsAfterIt) {
    Recipe recipe = sample();
    recipe.packages.update = false;
    for (const std::string& title : titles(plan_tree_steps(recipe).steps))
        EXPECT_EQ(title.find("update"), title.npos) << title;
}

TEST(BuildSteps, PacmanIsSetUpBeforeAnythingElse) {
    Recipe recipe = sample();
    recipe.packages.repositories.clear();
    recipe.packages.manager = "pacman";
    recipe.image.architecture_kernel = "aarch64";
    const std::vector<BuildStep> steps = plan_tree_steps(recipe).steps;
    EXPECT_EQ(steps.front().title, "set up pacman");
    EXPECT_THAT(std::get<Action>(steps.front().work).action, HasSubstr("archlinuxarm"));
    EXPECT_TRUE(plan_tree_steps(Recipe{.packages = {.manager = "pacman"}}).steps.empty());
}

TEST(BuildSteps, OnlyWhatAsksNoServerStaysGoodForEver) {
    for (const BuildStep& step : plan_tree_steps(sample()).steps) {
        const bool local = step.title.starts_with("remove") || step.title.starts_with("clean") ||
                           step.title.starts_with("write");
        EXPECT_EQ(step.uses_network(), !local) << step.title;
    }
}

// A key that does not change with what the step does would give an image what another recipe said.
TEST(BuildSteps, AKeyChangesWithEachThingThatItsStepDependsOn) {
    const std::vector<std::string> plain = keys_of(sample());
    EXPECT_EQ(keys_of(sample()), plain);
    EXPECT_EQ(std::set(plain.begin(), plain.end()).size(), plain.size());
    const auto first_changed = [&plain](const std::function<void(Recipe&)>& change) {
        Recipe recipe = sample();
        change(recipe);
        return first_difference(keys_of(recipe), plain);
    };
    EXPECT_EQ(first_difference(keys_of(sample(), "other"), plain), 0u);
    EXPECT_EQ(first_difference(keys_of(sample(), "start", {"A=2"}), plain), 0u);
    EXPECT_EQ(first_changed([](Recipe& recipe) { recipe.packages.repositories[0].url += "\n"; recipe.packages.repositories[0].url += "x"; }), 0u);
    EXPECT_EQ(first_changed([](Recipe& recipe) { recipe.actions[2].action += ":\n"; }), 1u);
    EXPECT_EQ(first_changed([](Recipe& recipe) { recipe.packages.sets[0].packages[5] = "x"; }), 5u);
    EXPECT_EQ(first_changed([](Recipe& recipe) { recipe.packages.sets[0].flags = {"-f"}; }), 5u);
    EXPECT_EQ(first_changed([](Recipe& recipe) { recipe.packages.sets[1].packages = {"g", "h"}; }), 6u);
    EXPECT_EQ(first_changed([](Recipe& recipe) { recipe.actions[4].action += ":\n"; }), 9u);
    EXPECT_EQ(first_changed([](Recipe& recipe) { recipe.image.serial = "another"; }), plain.size());
    // Words are not joined: two of them are not one.
    Recipe joined = sample();
    joined.packages.sets[0].packages = {"a b", "c", "d", "e", "f"};
    EXPECT_EQ(first_difference(keys_of(joined), plain), 5u);
}

TEST(BuildSteps, AKeyChangesWithACustomManager) {
    Recipe recipe = sample();
    recipe.packages.repositories.clear();
    recipe.packages.manager.clear();
    recipe.packages.custom_manager = CustomManager{{"c", {"c"}}, {"i", {"i"}}, {"r", {"r"}}, {"f", {"f"}}, {"u", {"u"}}, {}};
    const std::vector<std::string> plain = keys_of(recipe);
    recipe.packages.custom_manager->refresh.flags = {"other"};
    EXPECT_EQ(first_difference(keys_of(recipe), plain), 1u);
}

} // namespace
} // namespace lxcpp::distro
