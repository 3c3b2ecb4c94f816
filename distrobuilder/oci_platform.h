// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe.h"
#include "image/oci_document.h"

#include <optional>

namespace lxcpp::distro {

// The platform of an image of recipe.image, by the first of its names that is one: given, kernel's, the distribution's. nullopt
// when OCI has no name for any of them.
[[nodiscard]] std::optional<image::OciPlatform> known_platform(const ImageSection& image);
// The same; Error naming image.architecture.
[[nodiscard]] image::OciPlatform platform_of(const ImageSection& image);

} // namespace lxcpp::distro
