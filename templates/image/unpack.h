// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/sha256.h"
#include "image/progress.h"
#include "image/tree_writer.h"
#include "sys/rooted_dir.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lxcpp::image {

struct UnpackOptions {
    TreeWriterOptions tree;
    std::string below;                 // only members below this directory ("rootfs"), without it; empty: all
    std::vector<std::string> excludes; // patterns of fnmatch(3) over the whole path ("dev/*"), as tar --anchored
    // Members outside below that are small regular files, e.g. metadata.yaml of a combined image; nullptr: skipped.
    std::function<void(const std::string& path, std::string content)> other;
    std::string phase = "Unpacking"; // what is done, for people: before the archive's name
    // Goes on with the archive's bytes: the fingerprint of an image begins with its metadata.
    Sha256 hash;
};

struct Unpacked {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    std::uint64_t skipped_devices = 0;
    std::string sha256; // of what options.hash had, and then all of the archive's bytes
};

// Unpacks an archive (tar plain or compressed with gzip, xz, zstd, bzip2; or a squashfs image: told apart by content)
// from the file's offset to its end into the existing empty directory. Decompression and writing run beside each
// other; the bytes are hashed as they pass. Throws Error naming the archive and the member; what was written until
// then is for the caller to remove.
Unpacked unpack_archive(FdRef file, const std::string& what, const sys::RootedDir& to, const UnpackOptions& options,
                        ProgressSink& progress);

} // namespace lxcpp::image
