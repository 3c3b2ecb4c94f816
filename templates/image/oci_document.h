// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_digest.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lxcpp::image {

inline constexpr std::size_t kMostOciLayers = 256;

// What to ask a registry for: the media types that parse_oci_document() reads.
[[nodiscard]] std::string oci_accept_header();

struct OciPlatform {
    std::string os;
    std::string architecture; // GOARCH
    std::string variant;

    [[nodiscard]] std::string text() const; // "linux/arm/v7"
    bool operator==(const OciPlatform&) const = default;
};

// One image, or a further index, that an index lists.
struct OciDescriptor {
    OciDigest digest;
    std::uint64_t size = 0;
    std::optional<OciPlatform> platform;
    std::string ref_name;     // its name in a layout
    bool attestation = false; // says something about another image, is none

    bool operator==(const OciDescriptor&) const = default;
};

struct OciIndex {
    std::vector<OciDescriptor> manifests; // of the media types that we know

    bool operator==(const OciIndex&) const = default;
};

enum class LayerCompression { None, Gzip, Zstd }; // says the label; the bytes may say otherwise

struct OciLayer {
    OciDigest digest;
    std::uint64_t size = 0;
    LayerCompression compression = LayerCompression::None;

    bool operator==(const OciLayer&) const = default;
};

// One image. Other places that a layer may be fetched from ("urls") are not even read.
struct OciManifest {
    OciDigest config;
    std::uint64_t config_size = 0;
    std::vector<OciLayer> layers; // the lowest first
    std::map<std::string, std::string> annotations;

    bool operator==(const OciManifest&) const = default;
};

using OciDocument = std::variant<OciIndex, OciManifest>;

// An image index or manifest of OCI, or Docker's v2 schema 2 of either. content_type is what the
// server called it, empty where nobody said; name begins errors. Throws Error for what is both or
// neither, calls itself something else, or exceeds the limits.
[[nodiscard]] OciDocument parse_oci_document(std::string_view text, std::string name,
                                             std::string_view content_type);

} // namespace lxcpp::image
