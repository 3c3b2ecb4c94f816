// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/output.h"
#include "image/pack.h"
#include "image/squashfs_options.h"

#include <string_view>
#include <vector>

namespace lxcpp::distro {

// Of tar archives. Without a level each has what it is fast with.
void set_compression(image::PackOptions& pack, const OutputCompression& wanted);
// Of a split image's root file system: what options.squashfs says; else what the archives have, or the nearest that squashfs has.
// Throws Error for what is asked of squashfs and it has not.
[[nodiscard]] image::SquashfsOptions squashfs_options(const OutputOptions& options);
// ".xz"
[[nodiscard]] std::string_view archive_suffix(const OutputCompression& wanted);
// All that archives may have; one is empty.
[[nodiscard]] std::vector<std::string_view> archive_suffixes();

} // namespace lxcpp::distro
