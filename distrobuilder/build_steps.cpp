// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/build_steps.h"

#include "base/sha256.h"
#include "base/strings.h"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kFormat =
    "lxcpp-build-2"; // other words, or another way to do them: another number
constexpr std::size_t kShownNames = 4;

// "dbus, init, netbase, sudo and 12 more"
std::string some_of(const std::vector<std::string>& names) {
    if (names.size() <= kShownNames + 1) return join(names, ", ");
    const std::vector<std::string> first(names.begin(), names.begin() + kShownNames);
    return fmt::format("{} and {} more", join(first, ", "), names.size() - kShownNames);
}

std::string package_title(const PackageStep& step) {
    switch (step.operation) {
    case PackageOperation::Refresh: return "fetch the lists of packages";
    case PackageOperation::Update: return "update packages";
    case PackageOperation::Install: return "install " + some_of(step.packages);
    case PackageOperation::Remove: return "remove " + some_of(step.packages);
    case PackageOperation::Clean: return "clean the package manager's cache";
    }
    return {};
}

void add_actions(std::vector<BuildStep>& steps, const Recipe& recipe, std::string_view trigger) {
    const auto count = std::ranges::count(recipe.actions, trigger, &Action::trigger);
    std::size_t number = 0;
    for (const Action& action : recipe.actions) {
        if (action.trigger != trigger) continue;
        steps.push_back({fmt::format("{} action {} of {}", trigger, ++number, count), action, {}});
    }
}

void add_packages(std::vector<BuildStep>& steps, const std::vector<PackageStep>& packages) {
    for (const PackageStep& step : packages) steps.push_back({package_title(step), step, {}});
}

// All that decides a step, as texts.
class Texts {
public:
    void add(std::string_view text) { texts_.emplace_back(text); }
    void add(const std::vector<std::string>& list) {
        add(std::to_string(list.size()));
        for (const std::string& text : list) add(text);
    }
    void add(const CustomCommand& command) {
        add(command.cmd);
        add(command.flags);
    }

    void operator()(const RepositoryChange& change) {
        add("repositories");
        for (const RepositoryFile& file : change.files) {
            add(file.path);
            add(file.text);
            add(std::to_string(static_cast<int>(file.how)));
        }
        for (const Argv& command : change.commands) add(command);
    }
    void operator()(const PackageStep& step) {
        add("packages");
        add(std::to_string(static_cast<int>(step.operation)));
        add(step.flags);
        add(step.packages);
    }
    void operator()(const Action& action) {
        add("action");
        add(action.action);
    }

    [[nodiscard]] const std::vector<std::string>& list() const noexcept { return texts_; }

private:
    std::vector<std::string> texts_;
};

void add_manager(Texts& texts, const Packages& packages) {
    texts.add(packages.manager);
    if (!packages.custom_manager) return;
    const CustomManager& custom = *packages.custom_manager;
    for (const CustomCommand* command : {&custom.clean, &custom.install, &custom.remove, &custom.refresh, &custom.update}) texts.add(*command);
    texts.add(custom.flags);
}

// The keys that pacman believes, and servers for its packages: the image that they come in has neither.
constexpr std::string_view kPacman = R"(#!/bin/sh
set -e
if [ ! -s /etc/pacman.d/mirrorlist ] || ! grep -q '^[[:space:]]*Server' /etc/pacman.d/mirrorlist; then
    mkdir -p /etc/pacman.d
    printf 'Server = %s\n' '{}' >>/etc/pacman.d/mirrorlist
fi
if [ ! -d /etc/pacman.d/gnupg ]; then
    pacman-key --init
    pacman-key --populate
fi
)";

std::string_view pacman_server(const std::string& kernel) {
    if (kernel == "x86_64") return "https://mirrors.kernel.org/archlinux/$repo/os/$arch";
    if (kernel == "riscv64") return "https://riscv.mirror.pkgbuild.com/repo/$repo";
    return "http://mirror.archlinuxarm.org/$arch/$repo";
}

// What has to be there before a package manager is used for the first time; empty: nothing.
std::string manager_setup_script(const Recipe& recipe) {
    if (recipe.packages.manager != "pacman") return {};
    return fmt::format(kPacman, pacman_server(recipe.image.architecture_kernel));
}

} // namespace

bool BuildStep::uses_network() const noexcept {
    if (std::holds_alternative<Action>(work)) return true;
    if (const auto* step = std::get_if<PackageStep>(&work))
        return step->operation != PackageOperation::Remove && step->operation != PackageOperation::Clean;
    return !std::get<RepositoryChange>(work).commands.empty();
}

TreePlan plan_tree_steps(const Recipe& recipe) {
    TreePlan plan;
    std::vector<BuildStep>& steps = plan.steps;
    RepositoryChange repositories =
        plan_repositories(recipe.packages.manager, recipe.packages.repositories);
    plan.warnings = std::move(repositories.warnings);
    if (!repositories.files.empty() || !repositories.commands.empty())
        steps.push_back({"write the repositories", repositories, {}});
    add_actions(steps, recipe, "post-unpack");
    const PackagePlan packages = plan_packages(recipe.packages, recipe.packages.sets);
    add_packages(steps, packages.before_actions);
    const bool updated = std::ranges::any_of(packages.before_actions, [](const PackageStep& step) { return step.operation == PackageOperation::Update; });
    if (updated) add_actions(steps, recipe, "post-update");
    add_packages(steps, packages.after_actions);
    add_actions(steps, recipe, "post-packages");
    const std::string setup = manager_setup_script(recipe);
    if (!steps.empty() && !setup.empty())
        steps.insert(steps.begin(), {fmt::format("set up {}", recipe.packages.manager),
                                     Action{.filter = {}, .trigger = {}, .action = setup},
                                     {}});
    return plan;
}

std::vector<BuildStep> plan_image_steps(const Recipe& recipe) {
    std::vector<BuildStep> steps;
    add_actions(steps, recipe, "post-files");
    return steps;
}

std::string next_key(std::string_view before, std::span<const std::string> texts) {
    Sha256 hash;
    const auto add = [&hash](std::string_view text) { hash.update(fmt::format("{}:{},", text.size(), text)); };
    add(kFormat);
    add(before);
    for (const std::string& text : texts) add(text);
    return hash.finish_hex();
}

void key_steps(std::vector<BuildStep>& steps, std::string_view before, const Recipe& recipe, std::span<const std::string> environment) {
    std::string last(before);
    for (BuildStep& step : steps) {
        Texts texts;
        for (const std::string& variable : environment) texts.add(variable);
        if (!std::holds_alternative<Action>(step.work)) add_manager(texts, recipe.packages);
        std::visit(texts, step.work);
        last = step.key = next_key(last, texts.list());
    }
}

} // namespace lxcpp::distro
