// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/compress.h"
#include "image/progress.h"
#include "store/image_store.h"

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

inline constexpr std::array<std::string_view, 5> kExportedNames{"incus.tar.xz", "lxd.tar.xz", "meta.tar.xz", "rootfs.tar.xz", "SHA256SUMS"};

struct ExportedFile {
    std::string name;
    std::uint64_t size = 0;
    std::string sha256;
};

struct ExportedImage {
    std::vector<ExportedFile> files; // kExportedNames; lxd.tar.xz is the same as incus.tar.xz
    std::string fingerprint;         // of incus.tar.xz and then rootfs.tar.xz
};

// Writes an image of the store as files that Incus, LXD, LXC and we import, into an existing directory. Equal images
// give equal files. Throws Error or SystemError; what is there then is for the caller to remove.
ExportedImage export_image(const ImageStore& store, const ImageRecord& record, const std::filesystem::path& directory,
                           ProgressSink& progress);

} // namespace lxcpp::image
