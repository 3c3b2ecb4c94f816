// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe.h"

#include <ctime>
#include <string>

namespace lxcpp::distro {

// What a recipe that does not say otherwise means. machine is what uname(2) says of this host, now the time of the
// build (SOURCE_DATE_EPOCH where that is set), of which the serial is made.
void set_defaults(Recipe& recipe, const std::string& machine, std::time_t now);

// The architecture's other names, which the recipe itself cannot set. False when the architecture is not known.
bool derive_architecture(Recipe& recipe);

} // namespace lxcpp::distro
