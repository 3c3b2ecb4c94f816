// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/package_manager.h"
#include "distrobuilder/recipe.h"
#include "distrobuilder/repositories.h"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What a build does, as a list of values: each step changes the root file system, and has a key that is equal only
// when all that its result depends on is equal.
namespace lxcpp::distro {

struct BuildStep {
    std::string title; // "post-packages action 2 of 5", "install dbus, init"
    std::variant<RepositoryChange, PackageStep, Action> work;
    std::string key;   // 64 hex digits; empty until key_steps()

    // What it does depends on what servers have at the time.
    [[nodiscard]] bool uses_network() const noexcept;
};

struct TreePlan {
    std::vector<BuildStep> steps;
    std::vector<std::string> warnings; // of what the recipe says and nobody can do
};

// The steps from the source to the packages: repositories, post-unpack, refresh, update,
// post-update, sets, cleanup, post-packages. recipe is resolved for that phase.
[[nodiscard]] TreePlan plan_tree_steps(const Recipe& recipe);
// Those after the files of an image: post-files.
[[nodiscard]] std::vector<BuildStep> plan_image_steps(const Recipe& recipe);

// A key for text, after the step of a key: "" for the first.
[[nodiscard]] std::string next_key(std::string_view before, std::span<const std::string> texts);
// Gives each step its key. environment is what its programs see (sandbox.h).
void key_steps(std::vector<BuildStep>& steps, std::string_view before, const Recipe& recipe,
               std::span<const std::string> environment);

} // namespace lxcpp::distro
