// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inventory/records.h"
#include "store/image_record.h"

#include <filesystem>
#include <optional>

namespace lxcpp {

// In the container's directory: the record of the image that it was made of.
inline constexpr const char* kImageFile = "image";

// The record, if the container has one. Throws Error for a damaged one, SystemError where we may not look.
[[nodiscard]] std::optional<ImageRecord> read_container_image(const std::filesystem::path& container);
// What the inventory keeps of it. stacked: the container's root file system lies on top of the image's trees.
[[nodiscard]] ImageOrigin image_origin(const ImageRecord& record, bool stacked);
// "image 0123456789ab", as the origin of a container.
[[nodiscard]] std::string image_origin_text(const ImageOrigin& image);

} // namespace lxcpp
