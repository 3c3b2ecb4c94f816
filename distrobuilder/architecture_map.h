// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lxcpp::distro {

// An architecture as Incus counts them; recipes name it so, or by one of its aliases.
struct RecipeArchitecture {
    std::string_view name;        // as uname(2) says
    std::string_view aliases;     // separated by blanks
    std::string_view personality; // linux32 or linux64
};

// By name or alias; nullopt for one that is not known.
[[nodiscard]] std::optional<RecipeArchitecture> find_recipe_architecture(std::string_view name) noexcept;

// The maps that a recipe can choose (mappings.architecture_map), sorted.
[[nodiscard]] std::span<const std::string_view> architecture_map_names() noexcept;

// What a distribution calls an architecture, given by any of its names; nullopt when there is no such map. What the
// map does not have stays as it was given.
[[nodiscard]] std::optional<std::string> map_architecture(std::string_view map, std::string_view architecture);

} // namespace lxcpp::distro
