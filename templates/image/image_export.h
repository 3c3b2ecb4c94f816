// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/progress.h"
#include "image/squashfs_options.h"
#include "store/image_store.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp::image {

struct ExportOptions {
    bool tar = true;                         // rootfs.tar.xz
    std::optional<SquashfsOptions> squashfs; // rootfs.squashfs
};

struct ExportedFile {
    std::string name;
    std::uint64_t size = 0;
    std::string sha256;
};

struct ExportedImage {
    std::vector<ExportedFile> files;  // exported_names(); lxd.tar.xz is the same as incus.tar.xz
    std::string fingerprint;          // of incus.tar.xz and then rootfs.tar.xz
    std::string squashfs_fingerprint; // of incus.tar.xz and then rootfs.squashfs; each empty without the file
};

// What an export writes: metadata for Incus, LXD and LXC, the root file system in the wanted forms, SHA256SUMS.
[[nodiscard]] std::vector<std::string> exported_names(const ExportOptions& options);

// Writes an image of the store as files that Incus, LXD, LXC and we import, into an existing directory. Equal images
// give equal files. Throws Error or SystemError; what is there then is for the caller to remove.
ExportedImage export_image(const ImageStore& store, const ImageRecord& record, const std::filesystem::path& directory,
                           const ExportOptions& options, ProgressSink& progress);

} // namespace lxcpp::image
