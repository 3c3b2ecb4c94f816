// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/sha256.h"
#include "image/compress.h"
#include "image/progress.h"
#include "image/squashfs_options.h"
#include "sys/rooted_dir.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp::image {

struct PackOptions {
    Compression compression = Compression::Xz;
    CompressorOptions compressor;
    std::string below;                 // the directory of the archive that the tree becomes; empty: "./"
    std::optional<std::time_t> newest; // later times become this one (SOURCE_DATE_EPOCH)
    std::vector<std::string> excludes; // patterns as UnpackOptions has them
    std::uint32_t first_id = 0;        // of the files: it becomes 0, and so on; below it or 65536 above is an Error
    bool devices = false;              // device nodes too
    // Called for each regular file: what it returns is packed in place of its content.
    std::function<std::optional<std::string>(const std::string& path)> content;
    std::optional<SquashfsOptions> squashfs; // a squashfs image in place of a tar archive; no files, no below
    bool plain_digest = false;               // of the archive before it is compressed, too
    std::optional<Sha256> combined;          // goes on with the archive's bytes, e.g. of an image whose metadata it has hashed
    // Files that stand before the tree in the archive: name and content.
    std::vector<std::pair<std::string, std::string>> files;
};

struct Packed {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;   // of files
    std::uint64_t size = 0;    // of the archive
    std::string sha256;        // of the archive
    std::string plain_sha256;  // of the archive before it was compressed, when options asked for it
    std::string combined;      // of what options.combined had, and then the archive
    std::uint64_t changed = 0; // files that became shorter while they were read: zeros are in their place
};

// Writes a tree as a tar archive from the offset of the file on: names sorted, ids as numbers, hard links,
// holes and the attributes that TreeWriter takes; sockets are left out. Equal trees give equal archives.
// Compression runs beside the reading. Of a squashfs image the file must be empty and open for reading, too: it
// is read once more, for its digest. Throws Error or SystemError.
Packed pack_tree(const sys::RootedDir& from, FdRef to, const PackOptions& options, ProgressSink& progress);
// Only options.files, e.g. the metadata of an image.
Packed pack_files(FdRef to, const PackOptions& options);

} // namespace lxcpp::image
