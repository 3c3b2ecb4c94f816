// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <string>

namespace lxcpp::image {

// What a file is, by the first member of the archive that tells: a combined image (metadata.yaml,
// rootfs/), the metadata of a split one, a backup as `incus export` writes it, an OCI layout, or a
// root file system (also squashfs).
enum class ArchiveKind { Combined, Metadata, Backup, Oci, Root };

// The file is at its beginning afterwards. Throws Error for what is no archive.
[[nodiscard]] ArchiveKind archive_kind(FdRef file, const std::string& what);

} // namespace lxcpp::image
