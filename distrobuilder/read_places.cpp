// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/read_places.h"

#include "base/paths.h"
#include "distrobuilder/recipe_resolve.h"
#include "image/oci_registry_options.h"

#include <algorithm>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

class Places {
public:
    explicit Places(const fs::path& directory)
        : directory_(fs::absolute(directory / ".").lexically_normal().parent_path()),
          list_{directory_} {}

    // The last part of the path may be a pattern, and beside the file may be its signature.
    void add_what_is_beside(const fs::path& path) {
        const fs::path whole = absolute(path);
        add(whole.parent_path() == whole.root_path() ? whole : whole.parent_path());
    }
    void add(const fs::path& path) {
        fs::path whole = absolute(path);
        const auto end =
            std::mismatch(directory_.begin(), directory_.end(), whole.begin(), whole.end()).first;
        const bool known =
            end == directory_.end() || std::ranges::find(list_, whole) != list_.end();
        if (!known) list_.push_back(std::move(whole));
    }
    [[nodiscard]] std::vector<fs::path> list() && { return std::move(list_); }

private:
    [[nodiscard]] fs::path absolute(const fs::path& path) const {
        return (directory_ / path).lexically_normal();
    }

    fs::path directory_;
    std::vector<fs::path> list_;
};

} // namespace

std::vector<fs::path> read_places(const LoadedRecipe& loaded) {
    const RecipeRenderer renderer(loaded.read.recipe, loaded.directory);
    const Recipe recipe =
        resolve_recipe(loaded.read.recipe, renderer, {true, TargetType::Container}, {});
    Places places(loaded.directory);
    for (const FileEntry& entry : recipe.files)
        if (entry.generator == "copy" && !entry.source.empty())
            places.add_what_is_beside(entry.source);
    const SourceSection& source = recipe.source;
    if (source.url.starts_with("file://")) places.add_what_is_beside(source.url.substr(7));
    for (const auto* files : {&source.key_files, &recipe.build.template_files})
        for (const std::string& file : *files) places.add(file);
    if (source.downloader == "docker-http")
        for (const fs::path& file :
             image::default_registry_options(default_paths().config).auth_files)
            places.add(file);
    return std::move(places).list();
}

} // namespace lxcpp::distro
