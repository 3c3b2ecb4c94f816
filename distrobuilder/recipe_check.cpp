// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_check.h"

#include "distrobuilder/architecture_map.h"
#include "base/nearest.h"
#include "base/strings.h"
#include "distrobuilder/recipe_names.h"

#include <algorithm>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <span>

namespace lxcpp::distro {
namespace {

using Names = std::span<const std::string_view>;

class Checker {
public:
    explicit Checker(const ReadRecipe& read) : read_(read), recipe_(read.recipe) {}

    std::vector<RecipeProblem> run() {
        image();
        one_of("source.downloader", "source.downloader", recipe_.source.downloader, kDownloaders);
        manager();
        for (std::size_t i = 0; i < recipe_.files.size(); ++i) file(recipe_.files[i], fmt::format("files.{}", i));
        if (!recipe_.mappings.architecture_map.empty())
            one_of("mappings.architecture_map", "mappings.architecture_map", recipe_.mappings.architecture_map, architecture_map_names());
        for (std::size_t i = 0; i < recipe_.actions.size(); ++i)
            one_of(fmt::format("actions.{}.trigger", i), "actions.*.trigger", recipe_.actions[i].trigger, kTriggers);
        for (std::size_t i = 0; i < recipe_.packages.sets.size(); ++i)
            one_of(fmt::format("packages.sets.{}.action", i), "packages.*.set.*.action", recipe_.packages.sets[i].action, kSetActions);
        return std::move(found_);
    }

private:
    void problem(std::string_view key, std::string text) {
        found_.push_back({read_.place_of(key), std::string(key), std::move(text)});
    }

    // The first words are those of distrobuilder, which scripts may look for.
    void one_of(std::string_view key, std::string_view rule, const std::string& value, Names names) {
        if (std::ranges::find(names, value) != names.end()) return;
        const std::vector<std::string> candidates(names.begin(), names.end());
        const auto meant = nearest(value, candidates);
        problem(key, fmt::format("{} must be one of {}{}{}", rule, fmt::join(names, ", "),
                                 value.empty() ? "; it is missing" : fmt::format("; it is {}", printable(value)),
                                 meant ? fmt::format(", did you mean {}?", *meant) : ""));
    }

    void image() {
        if (trim(recipe_.image.distribution).empty()) problem("image.distribution", "image.distribution may not be empty");
        if (!find_recipe_architecture(recipe_.image.architecture))
            problem("image.architecture", fmt::format("there is no architecture {}", printable(recipe_.image.architecture)));
    }

    void manager() {
        const Packages& packages = recipe_.packages;
        if (packages.manager.empty() && !packages.custom_manager)
            return problem("packages", "packages.manager or packages.custom_manager needs to be set");
        if (!packages.manager.empty() && packages.custom_manager)
            return problem("packages.custom_manager", "cannot have both packages.manager and packages.custom_manager set");
        if (!packages.custom_manager) return one_of("packages.manager", "packages.manager", packages.manager, kManagers);
        const CustomManager& custom = *packages.custom_manager;
        for (const auto& [name, command] : {std::pair("clean", &custom.clean), {"install", &custom.install}, {"remove", &custom.remove},
                                            {"refresh", &custom.refresh}, {"update", &custom.update}})
            if (command->cmd.empty())
                problem(fmt::format("packages.custom_manager.{}", name), fmt::format("packages.custom_manager requires a {} command", name));
    }

    void file(const FileEntry& file, const std::string& key) {
        one_of(key + ".generator", "files.*.generator", file.generator, kGenerators);
        if (!file.mode.empty() && !is_mode(file.mode)) problem(key + ".mode", fmt::format("an octal mode is expected, not {}", printable(file.mode)));
    }

    static bool is_mode(std::string_view text) {
        return text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; });
    }

    const ReadRecipe& read_;
    const Recipe& recipe_;
    std::vector<RecipeProblem> found_;
};

} // namespace

std::vector<RecipeProblem> check_recipe(const ReadRecipe& read) { return Checker(read).run(); }

} // namespace lxcpp::distro
