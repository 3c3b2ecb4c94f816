// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/oci_platform.h"

#include "base/strings.h"
#include "image/architecture.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::distro {

std::optional<image::OciPlatform> known_platform(const ImageSection& image) {
    for (const std::string* name : {&image.architecture, &image.architecture_kernel, &image.architecture_mapped}) {
        const auto known = image::find_architecture(*name);
        if (known) return image::OciPlatform{.os = "linux", .architecture = std::string(known->oci), .variant = std::string(known->variant)};
    }
    return std::nullopt;
}

image::OciPlatform platform_of(const ImageSection& image) {
    if (auto known = known_platform(image)) return *std::move(known);
    throw Error(fmt::format("image.architecture: {} is none that images are for", printable(image.architecture)));
}

} // namespace lxcpp::distro
