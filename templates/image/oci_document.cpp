// SPDX-License-Identifier: Apache-2.0
#include "image/oci_document.h"

#include "base/ascii.h"
#include "base/strings.h"
#include "image/json_document.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::size_t kMostManifests = 1000;
constexpr std::uint64_t kLargestDocument = 4u << 20; // a manifest, an index, a configuration
constexpr std::uint64_t kLargestLayer = std::uint64_t{1} << 38;
constexpr std::size_t kMostAnnotations = 1000;

enum class Kind { Index, Manifest };

constexpr std::array<std::pair<std::string_view, Kind>, 4> kDocumentTypes = {{
    {"application/vnd.oci.image.index.v1+json", Kind::Index},
    {"application/vnd.oci.image.manifest.v1+json", Kind::Manifest},
    {"application/vnd.docker.distribution.manifest.list.v2+json", Kind::Index},
    {"application/vnd.docker.distribution.manifest.v2+json", Kind::Manifest},
}};

constexpr std::array<std::string_view, 2> kSchema1Types = {{
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/vnd.docker.distribution.manifest.v1+json",
}};

constexpr std::array<std::string_view, 2> kConfigTypes = {{
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
}};

constexpr std::array<std::pair<std::string_view, LayerCompression>, 10> kLayerTypes = {{
    {"application/vnd.oci.image.layer.v1.tar", LayerCompression::None},
    {"application/vnd.oci.image.layer.v1.tar+gzip", LayerCompression::Gzip},
    {"application/vnd.oci.image.layer.v1.tar+zstd", LayerCompression::Zstd},
    {"application/vnd.oci.image.layer.nondistributable.v1.tar", LayerCompression::None},
    {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", LayerCompression::Gzip},
    {"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", LayerCompression::Zstd},
    {"application/vnd.docker.image.rootfs.diff.tar", LayerCompression::None},
    {"application/vnd.docker.image.rootfs.diff.tar.gzip", LayerCompression::Gzip},
    {"application/vnd.docker.image.rootfs.diff.tar.zstd", LayerCompression::Zstd},
    {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", LayerCompression::Gzip},
}};

template <typename Value, std::size_t size>
std::optional<Value> look_up(const std::array<std::pair<std::string_view, Value>, size>& table,
                             std::string_view name) noexcept {
    for (const auto& [known, value] : table)
        if (known == name) return value;
    return std::nullopt;
}

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& table, std::string_view name) noexcept {
    return std::find(table.begin(), table.end(), name) != table.end();
}

// "Application/X; charset=utf-8" is application/x.
std::string plain_type(std::string_view content_type) {
    return ascii_lower(trim(content_type.substr(0, content_type.find(';'))));
}

// A registry that does not know better may call it anything; another document it must not be.
bool says_nothing(std::string_view type) noexcept {
    return type.empty() || type == "application/json" || type == "application/octet-stream" ||
           type == "text/plain";
}

void refuse_schema1(const JsonValue& root, std::string_view type) {
    const auto version = root.at("schemaVersion");
    if (contains(kSchema1Types, type) || version.count() == 1)
        root.refuse("an image of Docker's schema 1, which nobody can verify; push it again with a "
                    "newer docker");
    if (version.count() != 2) version.refuse("expected 2");
}

// The one media type on which the server and the document agree; empty when neither says any.
std::string agreed_type(const JsonValue& root, std::string_view content_type) {
    const std::string sent = plain_type(content_type);
    const std::string own = root.text_or("mediaType", "");
    refuse_schema1(root, own.empty() ? sent : own);
    if (own.empty()) return says_nothing(sent) ? std::string() : sent;
    if (!says_nothing(sent) && sent != own)
        root.at("mediaType").refuse(fmt::format("the server calls it {}", printable(sent)));
    return own;
}

// A document that is both could be read as one by who verifies it and as the other by who runs it.
Kind kind_of(const JsonValue& root, const std::string& type) {
    const bool index = root.find("manifests").has_value();
    const bool manifest = root.find("layers").has_value() || root.find("config").has_value();
    if (index && manifest) root.refuse("both an index and a manifest");
    if (!index && !manifest) root.refuse("neither an index nor a manifest");
    const Kind kind = index ? Kind::Index : Kind::Manifest;
    if (type.empty()) return kind;
    const auto said = look_up(kDocumentTypes, type);
    if (!said) root.refuse(fmt::format("the media type {} is none of an image", printable(type)));
    if (*said != kind) root.refuse(fmt::format("has other members than a {}", type));
    return kind;
}

OciDigest digest_at(const JsonValue& descriptor) {
    const JsonValue value = descriptor.at("digest");
    const auto digest = parse_oci_digest(value.text());
    if (!digest) value.refuse("expected sha256: or sha512: and lower-case hex digits");
    return *digest;
}

std::uint64_t size_at(const JsonValue& descriptor, std::uint64_t largest) {
    const JsonValue size = descriptor.at("size");
    if (size.count() > largest) size.refuse(fmt::format("more than {}", largest));
    return size.count();
}

std::map<std::string, std::string> annotations_of(const JsonValue& object) {
    std::map<std::string, std::string> annotations;
    const auto found = object.find("annotations");
    if (!found) return annotations;
    const auto members = found->members();
    if (members.size() > kMostAnnotations)
        found->refuse(fmt::format("more than {}", kMostAnnotations));
    for (const JsonValue& each : members) annotations[each.key()] = each.text();
    return annotations;
}

OciPlatform parse_platform(const JsonValue& platform) {
    return {.os = platform.at("os").text(),
            .architecture = platform.at("architecture").text(),
            .variant = platform.text_or("variant", "")};
}

OciDescriptor parse_descriptor(const JsonValue& entry) {
    OciDescriptor descriptor{.digest = digest_at(entry), .size = size_at(entry, kLargestDocument)};
    if (const auto platform = entry.find("platform"))
        descriptor.platform = parse_platform(*platform);
    auto annotations = annotations_of(entry);
    descriptor.ref_name = annotations["org.opencontainers.image.ref.name"];
    descriptor.attestation = annotations.contains("vnd.docker.reference.type") ||
                             (descriptor.platform && descriptor.platform->os == "unknown");
    return descriptor;
}

OciIndex parse_index(const JsonValue& root) {
    const JsonValue list = root.at("manifests");
    const auto entries = list.items();
    if (entries.size() > kMostManifests) list.refuse(fmt::format("more than {}", kMostManifests));
    OciIndex index;
    for (const JsonValue& entry : entries)
        if (look_up(kDocumentTypes, entry.at("mediaType").text()))
            index.manifests.push_back(parse_descriptor(entry));
    return index;
}

OciLayer parse_layer(const JsonValue& entry) {
    const JsonValue type = entry.at("mediaType");
    const auto compression = look_up(kLayerTypes, type.text());
    if (!compression)
        type.refuse(fmt::format("{} is no layer that we can unpack", printable(type.text())));
    return {.digest = digest_at(entry),
            .size = size_at(entry, kLargestLayer),
            .compression = *compression};
}

OciManifest parse_manifest(const JsonValue& root) {
    OciManifest manifest;
    const JsonValue config = root.at("config");
    const JsonValue type = config.at("mediaType");
    if (!contains(kConfigTypes, type.text()))
        type.refuse(
            fmt::format("{} is no configuration of an image; something else is stored there",
                        printable(type.text())));
    manifest.config = digest_at(config);
    manifest.config_size = size_at(config, kLargestDocument);
    const JsonValue list = root.at("layers");
    const auto layers = list.items();
    if (layers.size() > kMostOciLayers) list.refuse(fmt::format("more than {}", kMostOciLayers));
    for (const JsonValue& layer : layers) manifest.layers.push_back(parse_layer(layer));
    manifest.annotations = annotations_of(root);
    return manifest;
}

} // namespace

std::string oci_accept_header() {
    std::vector<std::string> types;
    for (const auto& [type, kind] : kDocumentTypes) types.emplace_back(type);
    return join(types, ", ");
}

std::string OciPlatform::text() const {
    return os + "/" + architecture + (variant.empty() ? "" : "/" + variant);
}

OciDocument parse_oci_document(std::string_view text, std::string name,
                               std::string_view content_type) {
    const JsonDocument document(text, std::move(name), {.bytes = kLargestDocument});
    const JsonValue root = document.root();
    if (kind_of(root, agreed_type(root, content_type)) == Kind::Index) return parse_index(root);
    return parse_manifest(root);
}

} // namespace lxcpp::image
