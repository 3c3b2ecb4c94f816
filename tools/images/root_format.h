// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image_export.h"
#include "images/verb.h"

namespace lxcpp::tools::images {

// --format, --compression and --block-size of export and server-tree.
void add_root_format_options(Cli& cli, Options& options);
// In which forms they want root file systems. Throws Error.
[[nodiscard]] image::ExportOptions root_formats(const Options& options);

} // namespace lxcpp::tools::images
