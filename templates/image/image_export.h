// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/compress.h"
#include "image/progress.h"
#include "store/image_store.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp::image {

struct ExportedFile {
    std::string name;
    std::uint64_t size = 0;
    std::string sha256;
};

struct ExportedImage {
    std::vector<ExportedFile> files; // incus.tar.xz, lxd.tar.xz (the same), meta.tar.xz, rootfs.tar.xz, SHA256SUMS
    std::string fingerprint;         // of incus.tar.xz and then rootfs.tar.xz
};

// Writes an image of the store as files that Incus, LXD, LXC and we import, into an existing directory. Equal images
// give equal files. Throws Error or SystemError; what is there then is for the caller to remove.
ExportedImage export_image(const ImageStore& store, const ImageRecord& record, const std::filesystem::path& directory,
                           ProgressSink& progress);

} // namespace lxcpp::image
