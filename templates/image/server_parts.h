// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image_import.h"
#include "image/image_server.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp::image {

struct ServerParts {
    ImageParts parts;
    std::string signer; // of the parts; empty: of none, or the index is what binds them
    std::string how;    // for people: "sha256 of each part"
    std::vector<std::filesystem::path> downloads; // of no use once the image is in the store
};

// Downloads the files of one build, all at once, and meta.tar.xz beside the metadata of Incus where the server has it.
// Each is checked by the digest in the index, else by SHA256SUMS beside it; where there are keys for the server and the
// index says no digest, SHA256SUMS or the file itself must be signed. Throws Error.
[[nodiscard]] ServerParts fetch_server_parts(const ServerAccess& access, const OfferedVersion& version,
                                             const FileChoice& files, const ImageCache& cache, HttpClient& http,
                                             ProgressSink& progress);

// The image of that build is in the store: downloads of it that an interrupted command left go, as far as the index has
// their digests (others are prune's).
void forget_server_parts(const OfferedVersion& version, const FileChoice& files, const ImageCache& cache);

} // namespace lxcpp::image
