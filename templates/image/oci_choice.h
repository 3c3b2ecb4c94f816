// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_document.h"
#include "image/oci_reference.h"

#include <string_view>

namespace lxcpp::image {

// The entry of an index for a platform: same system and architecture, and the variant itself or the
// nearest one before it that it runs. name begins errors. Throws Error that lists the platforms
// there.
[[nodiscard]] const OciDescriptor& choose_platform(const OciIndex& index, const OciPlatform& wanted,
                                                   std::string_view name);

// The entry of a layout that the reference means: by its place, by its name, or the only one there.
// Throws Error that lists the names there.
[[nodiscard]] const OciDescriptor&
choose_named(const OciIndex& index, const OciReference& reference, std::string_view name);

} // namespace lxcpp::image
