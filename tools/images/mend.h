// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "images/store.h"

#include <functional>

namespace lxcpp::tools::images {

// An image that was just fetched or imported. Trees of it that were here before are compared with what they were; when some
// differ, again() is called, which fetches or imports it once more and makes those anew, and its result returned. Until
// then the old ones stay. Throws Error while a container that needs such a tree runs.
[[nodiscard]] ImageRecord mended(const OpenStore& open, const ImageRecord& record, image::ProgressSink& progress,
                                 const std::function<ImageRecord()>& again);

} // namespace lxcpp::tools::images
