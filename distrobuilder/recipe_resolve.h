// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe.h"
#include "distrobuilder/recipe_filter.h"
#include "distrobuilder/recipe_text.h"

#include <functional>
#include <string>

namespace lxcpp::distro {

// The recipe as one phase of a build goes by it: without the entries that are not for this image and phase, and with
// all templates filled in (urls, keys, repositories, the message, LXC's configuration, name, description; files and
// actions that say pongo). Variables of the environment are there in each phase of the image that they are for. A file whose template is wrong stays as it is and is told to warn; everything else that is
// wrong throws Error naming the key.
[[nodiscard]] Recipe resolve_recipe(const Recipe& recipe, const RecipeRenderer& renderer, const AcceptedTypes& types,
                                    const std::function<void(const std::string&)>& warn);

// As YAML that reads back as the same recipe; what is empty is left out.
[[nodiscard]] std::string recipe_yaml(const Recipe& recipe);

} // namespace lxcpp::distro
