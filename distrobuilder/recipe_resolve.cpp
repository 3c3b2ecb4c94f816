// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_resolve.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

class Resolver {
public:
    Resolver(const RecipeRenderer& renderer, const ImageSection& image, const AcceptedTypes& types,
             const std::function<void(const std::string&)>& warn)
        : renderer_(renderer), image_(image), types_(types), warn_(warn) {}

    void resolve(Recipe& recipe) {
        keep(recipe.files, types_);
        keep(recipe.packages.sets, types_);
        keep(recipe.packages.repositories, types_);
        keep(recipe.actions, types_);
        keep(recipe.targets.lxc.config, types_);
        // What packing runs has the same environment as what ran before it, also in a tree that is for no image yet.
        keep(recipe.environment.variables, {.untyped = true, .typed = types_.typed.value_or(TargetType::Container)});
        render(recipe.source.url, "source.url");
        for (std::string& key : recipe.source.keys) render(key, "source.keys");
        for (std::string& component : recipe.source.components) render(component, "source.components");
        for (PackageRepository& repository : recipe.packages.repositories) {
            render(repository.url, "packages.repositories.*.url");
            render(repository.key, "packages.repositories.*.key");
        }
        render(recipe.image.name, "image.name");
        render(recipe.image.description, "image.description");
        render(recipe.targets.lxc.create_message, "targets.lxc.create_message");
        for (LxcConfig& config : recipe.targets.lxc.config) render(config.content, "targets.lxc.config.*.content");
        for (FileEntry& file : recipe.files) resolve(file);
        for (Action& action : recipe.actions)
            if (action.pongo) render(action.action, "actions.*.action");
    }

private:
    template <typename Entry>
    void keep(std::vector<Entry>& entries, const AcceptedTypes& types) const {
        std::erase_if(entries, [&](const Entry& entry) { return !applies(entry.filter, image_, types); });
    }

    void render(std::string& text, std::string_view key) const { text = renderer_.render(text, key); }

    // A text with marks of its own, which are meant for somebody else.
    void resolve(FileEntry& file) const {
        if (!file.pongo) return;
        for (std::string* text : {&file.path, &file.content, &file.source}) {
            try {
                render(*text, "files.*." + file.generator);
            } catch (const Error& error) {
                if (warn_) warn_(fmt::format("{}; the text stays as it is", error.what()));
            }
        }
    }

    const RecipeRenderer& renderer_;
    const ImageSection& image_;
    const AcceptedTypes& types_;
    const std::function<void(const std::string&)>& warn_;
};

} // namespace

Recipe resolve_recipe(const Recipe& recipe, const RecipeRenderer& renderer, const AcceptedTypes& types,
                      const std::function<void(const std::string&)>& warn) {
    Recipe resolved = recipe;
    Resolver(renderer, recipe.image, types, warn).resolve(resolved);
    return resolved;
}

} // namespace lxcpp::distro
