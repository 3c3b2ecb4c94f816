// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_defaults.h"

#include "distrobuilder/architecture_map.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr std::uint64_t kVmSize = std::uint64_t{4} << 30;
constexpr std::string_view kName =
    "{{ image.distribution }}-{{ image.release }}-{{ image.architecture_mapped }}-{{ image.variant }}-{{ image.serial }}";
constexpr std::string_view kDescription =
    "{{ image.distribution|capfirst }} {{ image.release }} {{ image.architecture_mapped }}"
    "{% if image.variant != \"default\" %} ({{ image.variant }}){% endif %} ({{ image.serial }})";

void set_if_empty(std::string& value, std::string_view otherwise) {
    if (value.empty()) value = otherwise;
}

std::string mapped_name(const Recipe& recipe, const RecipeArchitecture& known) {
    const std::string& given = recipe.image.architecture;
    const Mappings& mappings = recipe.mappings;
    if (!mappings.architecture_map.empty()) return map_architecture(mappings.architecture_map, given).value_or(given);
    for (const std::string& name : {given, std::string(known.name)})
        if (const auto found = mappings.architectures.find(name); found != mappings.architectures.end()) return found->second;
    return given;
}

} // namespace

void set_defaults(Recipe& recipe, const std::string& machine, std::time_t now) {
    set_if_empty(recipe.image.architecture, machine);
    set_if_empty(recipe.image.variant, "default");
    set_if_empty(recipe.image.name, kName);
    set_if_empty(recipe.image.description, kDescription);
    set_if_empty(recipe.image.serial, fmt::format("{:%Y%m%d_%H%M}", fmt::gmtime(now)));
    set_if_empty(recipe.image.expiry, "30d");
    set_if_empty(recipe.source.keyserver, "hkps.pool.sks-keyservers.net");
    set_if_empty(recipe.targets.incus.vm.filesystem, "ext4");
    if (recipe.targets.incus.vm.size == 0) recipe.targets.incus.vm.size = kVmSize;
    recipe.targets.type = "container";
}

bool derive_architecture(Recipe& recipe) {
    const auto known = find_recipe_architecture(recipe.image.architecture);
    if (!known) return false;
    recipe.image.architecture_kernel = known->name;
    recipe.image.architecture_personality = known->personality;
    recipe.image.architecture_mapped = mapped_name(recipe, *known);
    return true;
}

} // namespace lxcpp::distro
