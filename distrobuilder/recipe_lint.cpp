// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/architecture_map.h"
#include "base/strings.h"
#include "distrobuilder/recipe_check.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <set>

namespace lxcpp::distro {
namespace {

constexpr std::array<std::string_view, 2> kSignedAnyway{"debootstrap", "rpmbootstrap"}; // with the host's keys
constexpr std::array<std::string_view, 3> kLxcTypes{"all", "system", "user"};

class Linter {
public:
    explicit Linter(const ReadRecipe& read) : read_(read), recipe_(read.recipe) {}

    std::vector<RecipeProblem> run() {
        source();
        for (std::size_t i = 0; i < recipe_.files.size(); ++i) filter(recipe_.files[i].filter, fmt::format("files.{}", i));
        for (std::size_t i = 0; i < recipe_.packages.sets.size(); ++i) set(recipe_.packages.sets[i], fmt::format("packages.sets.{}", i));
        for (std::size_t i = 0; i < recipe_.packages.repositories.size(); ++i)
            filter(recipe_.packages.repositories[i].filter, fmt::format("packages.repositories.{}", i));
        for (std::size_t i = 0; i < recipe_.actions.size(); ++i) action(recipe_.actions[i], fmt::format("actions.{}", i));
        for (std::size_t i = 0; i < recipe_.targets.lxc.config.size(); ++i)
            lxc(recipe_.targets.lxc.config[i], fmt::format("targets.lxc.config.{}", i));
        custom();
        return std::move(found_);
    }

private:
    void tell(std::string_view key, std::string text) {
        found_.push_back({read_.place_of(key), std::string(key), std::move(text)});
    }

    void source() {
        const SourceSection& source = recipe_.source;
        if (source.skip_verification) tell("source.skip_verification", "what is downloaded is used without looking at signatures");
        const bool anyway = std::ranges::find(kSignedAnyway, source.downloader) != kSignedAnyway.end();
        if (!anyway && source.keys.empty() && source.key_files.empty() && source.sha256.empty())
            tell("source", "names no keys and no sha256: only TLS and the server's own checksums say that what comes is right");
        if (source.url.starts_with("http://") && source.keys.empty() && source.key_files.empty() && source.sha256.empty() && !anyway)
            tell("source.url", "plain http without keys can be changed on the way; the build will refuse it");
    }

    // A slip in a filter leaves an entry out without a word.
    void filter(const Filter& filter, const std::string& key) {
        for (std::size_t i = 0; i < filter.architectures.size(); ++i) {
            const std::string& name = filter.architectures[i];
            const auto mapped = map_architecture(recipe_.mappings.architecture_map, name);
            const bool by_map = mapped && *mapped != name && find_recipe_architecture(name);
            if (by_map) tell(fmt::format("{}.architectures.{}", key, i), fmt::format("filters compare with the mapped name, which for {} is {}", printable(name), *mapped));
            else if (!find_recipe_architecture(name) && !is_mapped_name(name))
                tell(fmt::format("{}.architectures.{}", key, i), fmt::format("no architecture is called {} here", printable(name)));
        }
    }

    bool is_mapped_name(const std::string& name) const {
        return std::ranges::any_of(recipe_.mappings.architectures, [&](const auto& row) { return row.second == name; });
    }

    void set(const PackageSet& set, const std::string& key) {
        filter(set.filter, key);
        if (set.early && !set.filter.types.empty()) tell(key + ".early", "a set with types is not early: it is installed with the others");
        if (set.packages.empty()) tell(key, "names no packages");
    }

    void action(const Action& action, const std::string& key) {
        filter(action.filter, key);
        if (!trim(action.action).starts_with("#!") && !action.action.starts_with("{%"))
            tell(key + ".action", "does not begin with \"#!\" and an interpreter, so that it cannot be run");
    }

    void lxc(const LxcConfig& config, const std::string& key) {
        filter(config.filter, key);
        if (std::ranges::find(kLxcTypes, config.type) == kLxcTypes.end())
            tell(key + ".type", fmt::format("{} means nothing: all, system and user do", printable(config.type)));
    }

    void custom() {
        if (!recipe_.packages.custom_manager) return;
        const CustomManager& manager = *recipe_.packages.custom_manager;
        if (manager.install.flags.empty() && !recipe_.packages.sets.empty())
            tell("packages.custom_manager.install", "has no flags, and a command without flags is never run: no package is installed");
    }

    const ReadRecipe& read_;
    const Recipe& recipe_;
    std::vector<RecipeProblem> found_;
};

} // namespace

std::vector<RecipeProblem> lint_recipe(const ReadRecipe& read) { return Linter(read).run(); }

} // namespace lxcpp::distro
