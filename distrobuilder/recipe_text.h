// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/template_text.h"
#include "distrobuilder/recipe.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace lxcpp::distro {

// What a recipe's templates see: all its sections by their keys (image.release, packages.sets, vars.x). What is empty,
// zero or false is not there, and what is not there is worth nothing.
[[nodiscard]] TemplateValue::Map recipe_variables(const Recipe& recipe);

// Fills in the templates of one recipe.
class RecipeRenderer {
public:
    // directory is where build.template_files begin, the only files that {% include %} reads.
    explicit RecipeRenderer(const Recipe& recipe, std::filesystem::path directory = {});
    RecipeRenderer(const RecipeRenderer&) = delete;
    RecipeRenderer& operator=(const RecipeRenderer&) = delete;

    // As long as what comes out has marks of a template ("{{", "{%"; a comment is none), it is one again: descriptions stand
    // in messages, and have names in them. Throws Error "NAME: line 2: ...", also when that does not end.
    [[nodiscard]] std::string render(std::string_view text, std::string_view name) const;

private:
    TemplateContext context_;
    std::filesystem::path directory_;
    std::vector<std::string> files_;
};

} // namespace lxcpp::distro
