// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "image/oci_document.h"
#include "image/oci_image_config.h"
#include "image/progress.h"

#include <lxcpp/error.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lxcpp::image {

// A document as a source has it: nothing is verified yet.
struct OciText {
    std::string text;
    std::string content_type; // what the source calls it; empty: nothing
    std::string name;         // for messages
    // What it must be: of a reference by digest, of an entry of a layout.
    std::optional<OciDigest> digest;
};

// The bytes of a layer, a part of a file that only we write; not verified yet.
struct OciBlob {
    std::shared_ptr<Fd> file;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string name;           // for messages
    std::filesystem::path path; // where it can be removed once it is not needed; empty: nowhere
};

// The layers are not wanted any more: no failure of the source.
class OciFetchEnded : public Error {
    using Error::Error;
};

// Told of a layer by its place as soon as it is there, from any thread.
using OciLayerDone = std::function<void(std::size_t, OciBlob)>;

// Where an image is: a registry, a directory, an archive.
class OciSource {
public:
    OciSource() = default;
    OciSource(const OciSource&) = delete;
    OciSource& operator=(const OciSource&) = delete;
    virtual ~OciSource() = default;

    // The manifest, or the index, that the reference means.
    [[nodiscard]] virtual OciText top() = 0;
    // One that an index lists.
    [[nodiscard]] virtual OciText document(const OciDescriptor& descriptor) = 0;
    [[nodiscard]] virtual OciText config(const OciManifest& manifest) = 0;
    // The layers, several at once where that is faster. Throws Error, also what done throws.
    virtual void fetch_layers(std::span<const OciLayer> layers, const OciLayerDone& done, ProgressSink& progress) = 0;
    // The digests of layers are those of the bytes that blobs hold (docker-archive: of what these unpack to).
    [[nodiscard]] virtual bool layers_have_digests() const { return true; }
    // What can be said of how the bytes came here, for ImageRecord::verification: "over TLS".
    [[nodiscard]] virtual std::string how() const = 0;
    // Whether somebody is known who vouches for the top that no digest was given for.
    [[nodiscard]] virtual bool trusted() const = 0;
};

// An image, with all that was verified on the way to its configuration.
struct OciImage {
    std::string fingerprint; // the SHA-256 of the manifest, by whatever it was asked for
    std::string manifest_text;
    OciManifest manifest;
    std::string config_text;
    OciImageConfig config;
};

// Finds the image for the platform: through indexes, two deep at most. Throws Error.
[[nodiscard]] OciImage resolve_oci_image(OciSource& source, const OciPlatform& platform);

// Throws Error "NAME: has X bytes, expected Y" unless it has that size.
void check_oci_size(const OciText& document, std::uint64_t size);
// Throws Error "NAME: sha256 is X, expected Y" unless the bytes are those.
void verify_oci_bytes(std::string_view bytes, const OciDigest& digest, std::string_view name);

} // namespace lxcpp::image
