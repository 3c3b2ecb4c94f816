// SPDX-License-Identifier: Apache-2.0
#include "image/oci_source.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "image/oci_choice.h"
#include "image/oci_hash.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr unsigned kMostIndexes = 2;

OciText entry_document(OciSource& source, const OciDescriptor& entry) {
    OciText document = source.document(entry);
    document.digest = entry.digest;
    check_oci_size(document, entry.size);
    return document;
}

// An index names the platform beside the digest; the image itself has the last word.
void check_platform(const OciImageConfig& config, const OciPlatform& wanted, std::string_view name) {
    if (config.platform.os == wanted.os && config.platform.architecture == wanted.architecture) return;
    throw Error(fmt::format("{}: the image is for {}, not for {}", name, printable(config.platform.text()),
                            printable(wanted.text())));
}

} // namespace

void check_oci_size(const OciText& document, std::uint64_t size) {
    if (document.text.size() != size)
        throw Error(fmt::format("{}: has {} bytes, expected {}", document.name, document.text.size(), size));
}

void verify_oci_bytes(std::string_view bytes, const OciDigest& digest, std::string_view name) {
    OciHash hash(digest);
    hash.update(bytes);
    require_oci_digest(digest, hash.finish(), name);
}

OciImage resolve_oci_image(OciSource& source, const OciPlatform& platform) {
    OciText text = source.top();
    for (unsigned depth = 0;; ++depth) {
        if (text.digest) verify_oci_bytes(text.text, *text.digest, text.name);
        OciDocument document = parse_oci_document(text.text, text.name, text.content_type);
        if (const auto* index = std::get_if<OciIndex>(&document)) {
            if (depth == kMostIndexes) throw Error(text.name + ": an index in an index in an index");
            text = entry_document(source, choose_platform(*index, platform, text.name));
            continue;
        }
        OciImage image{.fingerprint = sha256_hex(text.text),
                       .manifest_text = std::move(text.text),
                       .manifest = std::get<OciManifest>(std::move(document)),
                       .config_text = {},
                       .config = {}};
        OciText config = source.config(image.manifest);
        check_oci_size(config, image.manifest.config_size);
        verify_oci_bytes(config.text, image.manifest.config, config.name);
        image.config = parse_oci_image_config(config.text, config.name);
        image.config_text = std::move(config.text);
        check_layers(image.manifest, image.config, text.name);
        check_platform(image.config, platform, text.name);
        return image;
    }
}

} // namespace lxcpp::image
