// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/yaml_document.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

// A recipe as text gave it, with all that it extends and includes, and where each value stands.
struct RecipeTree {
    image::YamlNode root;
    std::vector<std::string> files;  // by YamlPlace::file
    std::filesystem::path directory; // of the recipe: what its relative paths begin at
    std::vector<image::YamlPlace>
        unread; // second documents of files: as in distrobuilder, the first is all there is

    // "debian.yaml:3:7", or "-o image.release=sid".
    [[nodiscard]] std::string describe(const image::YamlPlace& place) const;
};

// Reads a recipe, "-" or "" being standard input. extends: FILE comes first, then include: [FILE, ...], then the
// recipe itself; maps are merged name by name, lists are appended to, and a list or map with the tag !replace takes
// the place of the one before. Paths are relative to the file that names them. Throws Error with file, line, column.
[[nodiscard]] RecipeTree read_recipe_tree(const std::string& file);
// The same of a text; name is for messages.
[[nodiscard]] RecipeTree parse_recipe_tree(std::string_view text, const std::string& name,
                                           const std::filesystem::path& directory);

// Sets one value, KEY=VALUE with a path of names and numbers of list items ("packages.sets.2.packages.0"); the number
// after the last adds an item, and names that are not there are added. Throws Error.
void set_option(RecipeTree& tree, const std::string& option);

// The options in what -o was given: distrobuilder separates them with commas, "a=1,b=2". A comma that no section's
// name follows is one of the value's. An item in double quotes is taken as it is, "" in it is one quote.
[[nodiscard]] std::vector<std::string> split_options(std::string_view text);

} // namespace lxcpp::distro
