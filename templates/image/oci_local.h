// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_reference.h"
#include "image/oci_source.h"

#include <filesystem>
#include <memory>

namespace lxcpp::image {

// An image on this machine: oci:, oci-archive:, docker-archive: or dir:. scratch: for what has to be unpacked first.
// at: where it is now, if not at its path. Throws Error.
[[nodiscard]] std::unique_ptr<OciSource> open_local_image(const OciReference& reference, const std::filesystem::path& scratch,
                                                          const std::filesystem::path& at = {});

} // namespace lxcpp::image
