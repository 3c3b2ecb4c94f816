// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

using Argv = std::vector<std::string>;

enum class PackageOperation { Clean, Install, Remove, Refresh, Update };

// The programs of one package manager, run inside the tree.
class PackageManager {
public:
    // By the recipe: its name of the table, or its custom_manager. help is what "yum --help" prints there, of which
    // yum's further flags depend; for the others it is not looked at. Throws Error for a name that there is not.
    explicit PackageManager(const Packages& packages, std::string_view help = {});

    // The commands of one operation, in order; none when the manager has nothing to do for it. flags and packages are
    // those of sets. An operation of a custom manager without flags is none, as in distrobuilder.
    [[nodiscard]] std::vector<Argv> commands(PackageOperation operation, const std::vector<std::string>& flags = {},
                                             const std::vector<std::string>& packages = {}) const;

    // Whether the constructor wants help.
    [[nodiscard]] static bool wants_help(const Packages& packages) noexcept { return packages.manager == "yum"; }
    // A directory of the tree whose content goes after Clean; empty: none.
    [[nodiscard]] std::string_view emptied_by_clean() const noexcept;
    // A directory of the tree that Refresh needs; empty: none.
    [[nodiscard]] std::string_view needed_by_refresh() const noexcept;

private:
    std::string name_;
    std::vector<std::string> global_;
    std::vector<Argv> operations_; // by PackageOperation: program and flags; empty: nothing to do
};

// The names of the table, sorted.
[[nodiscard]] std::vector<std::string_view> package_manager_names();

// What is done for the packages of a recipe, in order. Actions stands for the recipe's actions of post-update.
struct PackageStep {
    PackageOperation operation = PackageOperation::Refresh;
    std::vector<std::string> flags = {};
    std::vector<std::string> packages = {};

    bool operator==(const PackageStep&) const = default;
};

struct PackagePlan {
    std::vector<PackageStep> before_actions; // refresh, update; then come the actions of post-update, if update is among them
    std::vector<PackageStep> after_actions;  // the sets, neighbours of equal action and flags together; cleanup

    bool operator==(const PackagePlan&) const = default;
};

// sets are those that apply. Without sets and without update nothing is done at all, not even cleanup.
[[nodiscard]] PackagePlan plan_packages(const Packages& packages, std::span<const PackageSet> sets);

} // namespace lxcpp::distro
