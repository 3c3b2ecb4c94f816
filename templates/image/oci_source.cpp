// SPDX-License-Identifier: Apache-2.0
#include "image/oci_source.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "image/oci_choice.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr unsigned kMostIndexes = 2;

// What it is a document of; its digest in any case.
OciDigest verified_digest(const OciText& document) {
    if (!document.digest) return {.algorithm = "sha256", .hex = sha256_hex(document.text)};
    verify_oci_bytes(document.text, *document.digest, document.name);
    return *document.digest;
}

void check_size(const OciText& document, std::uint64_t size) {
    if (document.text.size() != size)
        throw Error(fmt::format("{}: has {} bytes, expected {}", document.name, document.text.size(), size));
}

OciText entry_document(OciSource& source, const OciDescriptor& entry) {
    OciText document = source.document(entry);
    document.digest = entry.digest;
    check_size(document, entry.size);
    return document;
}

// An index names the platform beside the digest; the image itself has the last word.
void check_platform(const OciImageConfig& config, const OciPlatform& wanted, std::string_view name) {
    if (config.platform.os == wanted.os && config.platform.architecture == wanted.architecture) return;
    throw Error(fmt::format("{}: the image is for {}, not for {}", name, printable(config.platform.text()),
                            printable(wanted.text())));
}

} // namespace

const std::string& require_sha256(const OciDigest& digest, std::string_view name) {
    if (digest.algorithm == "sha256") return digest.hex;
    throw Error(fmt::format("{}: digests by {} are not computed, only sha256", name, digest.algorithm));
}

void verify_oci_bytes(std::string_view bytes, const OciDigest& digest, std::string_view name) {
    const std::string& expected = require_sha256(digest, name);
    const std::string found = sha256_hex(bytes);
    if (found != expected) throw Error(fmt::format("{}: sha256 is {}, expected {}", name, found, expected));
}

OciImage resolve_oci_image(OciSource& source, const OciPlatform& platform) {
    OciText text = source.top();
    for (unsigned depth = 0;; ++depth) {
        OciDigest digest = verified_digest(text);
        OciDocument document = parse_oci_document(text.text, text.name, text.content_type);
        if (const auto* index = std::get_if<OciIndex>(&document)) {
            if (depth == kMostIndexes) throw Error(text.name + ": an index in an index in an index");
            text = entry_document(source, choose_platform(*index, platform, text.name));
            continue;
        }
        OciImage image{.digest = std::move(digest),
                       .manifest_text = std::move(text.text),
                       .manifest = std::get<OciManifest>(std::move(document)),
                       .config_text = {},
                       .config = {}};
        OciText config = source.config(image.manifest);
        check_size(config, image.manifest.config_size);
        verify_oci_bytes(config.text, image.manifest.config, config.name);
        image.config = parse_oci_image_config(config.text, config.name);
        image.config_text = std::move(config.text);
        check_layers(image.manifest, image.config, text.name);
        check_platform(image.config, platform, text.name);
        return image;
    }
}

} // namespace lxcpp::image
