// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/sha256.h"
#include "image/sha512.h"

#include <fmt/core.h>
#include <map>
#include <string>
#include <vector>

namespace lxcpp::image {

inline std::string digest_of(const std::string& bytes) { return "sha256:" + sha256_hex(bytes); }
inline std::string sha512_digest_of(const std::string& bytes) {
    Sha512 hash;
    hash.update(bytes);
    return "sha512:" + hash.finish_hex();
}
using DigestOf = std::string (*)(const std::string&);

// An image of layers that are not compressed, with every document free to be wrong.
struct BuiltImage {
    std::vector<std::string> layers;
    std::string config;
    std::string manifest;
};

inline constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";

inline std::string descriptor(const char* type, const std::string& bytes, const std::string& more = {}, DigestOf digest = digest_of) {
    return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}{}}})", type, digest(bytes), bytes.size(), more);
}

// run: members of the object "config", without its braces.
inline BuiltImage build_image(std::vector<std::string> layers, const std::string& run = {},
                              const std::string& architecture = "amd64", DigestOf digest = digest_of) {
    BuiltImage image{.layers = std::move(layers), .config = {}, .manifest = {}};
    std::string ids;
    std::string blobs;
    for (const std::string& layer : image.layers) {
        ids += fmt::format(R"({}"{}")", ids.empty() ? "" : ",", digest(layer));
        blobs += (blobs.empty() ? "" : ",") + descriptor("application/vnd.oci.image.layer.v1.tar", layer, {}, digest);
    }
    image.config = fmt::format(R"({{"os":"linux","architecture":"{}","config":{{{}}},"rootfs":{{"type":"layers","diff_ids":[{}]}}}})",
                               architecture, run, ids);
    image.manifest = fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})", kManifestType,
                                 descriptor("application/vnd.oci.image.config.v1+json", image.config, {}, digest), blobs);
    return image;
}

// An index of such images: architecture and manifest.
inline std::string build_index(const std::vector<std::pair<std::string, std::string>>& images, const char* type = kManifestType) {
    std::string list;
    for (const auto& [architecture, manifest] : images) {
        const std::string platform = fmt::format(R"(,"platform":{{"os":"linux","architecture":"{}"}})", architecture);
        list += (list.empty() ? "" : ",") + descriptor(type, manifest, platform);
    }
    return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}})", kIndexType, list);
}

} // namespace lxcpp::image
