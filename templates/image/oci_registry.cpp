// SPDX-License-Identifier: Apache-2.0
#include "image/oci_registry.h"

#include "base/error.h"
#include "image/oci_credentials.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::uint64_t kLargestDocument = 4u << 20;
constexpr std::size_t kLargestCertificate = 1u << 20;

std::vector<RegistryRule> read_rules(const OciRegistryOptions& options) {
    if (!options.registries_conf) return {};
    return parse_registries_conf(sys::read_file(*options.registries_conf), options.registries_conf->string());
}

// All of HOST[:PORT]/*.crt; the host is of an image's name, which has no '/' nor "..".
std::string read_certificates(const OciRegistryOptions& options, const std::string& host) {
    std::string all;
    for (const auto& directory : options.certificate_directories) {
        const auto place = directory / host;
        if (!sys::exists(place)) continue;
        for (const std::string& name : sys::list_dir(place))
            if (name.ends_with(".crt")) all += sys::read_file(place / name, kLargestCertificate) + "\n";
    }
    return all;
}

std::string blob_path(const OciDigest& digest) { return "blobs/" + digest.text(); }

} // namespace

OciRegistry::OciRegistry(OciReference reference, Access access)
    : reference_(std::move(reference)), access_(access), places_(registry_places(read_rules(access.options), reference_)) {}

RegistryClient OciRegistry::client_for(const RegistryPlace& place) const {
    const auto warn = [this](const std::string& line) { access_.progress.message("warning: " + line); };
    std::optional<RegistryCredentials> credentials;
    if (access_.options.user && !place.mirror)
        credentials = RegistryCredentials{.user = *access_.options.user, .password = access_.options.password, .identity_token = {}};
    else
        credentials = find_registry_credentials({access_.options, warn}, place.host, place.repository);
    return {{.place = place,
             .credentials = std::move(credentials),
             .certificates = read_certificates(access_.options, place.host),
             .warn = warn},
            access_.http};
}

RegistryClient& OciRegistry::client() {
    if (!client_) throw Error("no registry was asked for the image yet");
    return *client_;
}

OciText OciRegistry::manifest(const std::string& name) {
    Fetched answer = client().get("manifests/" + name, kLargestDocument, oci_accept_header());
    return {.text = std::move(answer.body),
            .content_type = std::move(answer.content_type),
            .name = client().url("manifests/" + name),
            .digest = {}};
}

OciText OciRegistry::top() {
    const std::string name = reference_.digest ? reference_.digest->text() : reference_.tag;
    for (const RegistryPlace& place : places_) {
        client_.emplace(client_for(place));
        try {
            OciText text = manifest(name);
            text.digest = reference_.digest;
            if (text.digest) verify_oci_bytes(text.text, *text.digest, text.name);
            return text;
        } catch (const Error& error) {
            if (&place == &places_.back()) throw;
            access_.progress.message(fmt::format("mirror {}: {}", place.host, error.what()));
        }
    }
    throw Error("no registry is left to ask");
}

OciText OciRegistry::document(const OciDescriptor& descriptor) { return manifest(descriptor.digest.text()); }

OciText OciRegistry::config(const OciManifest& manifest) {
    const std::string path = blob_path(manifest.config);
    Fetched answer = client().get(path, kLargestDocument);
    return {.text = std::move(answer.body), .content_type = {}, .name = client().url(path), .digest = {}};
}

void OciRegistry::fetch_layers(std::span<const OciLayer> layers, const OciLayerDone& done, ProgressSink& progress) {
    std::vector<Fetch> fetches;
    for (const OciLayer& layer : layers) {
        const std::string path = blob_path(layer.digest);
        const std::string& sha256 = require_sha256(layer.digest, client().url(path));
        Fetch fetch{.url = path,
                    .destination = access_.cache.file_path(sha256),
                    .size = layer.size,
                    .sha256 = sha256,
                    .max_bytes = layer.size};
        if (!access_.resume) {
            auto part = fetch.destination;
            for (const auto& old : {fetch.destination, part += ".part"}) sys::remove_file(old);
        }
        fetches.push_back(std::move(fetch));
    }
    const auto destinations = fetches;
    client().get_all(std::move(fetches), progress, layers.size() == 1 ? "Downloading the layer" : "Downloading layers",
                     [&](std::size_t i, const Fetched&) {
                         const auto& path = destinations[i].destination;
                         done(i, {.file = std::make_shared<Fd>(sys::open_file(path, {.follow = false})),
                                  .size = layers[i].size,
                                  .name = client().url(blob_path(layers[i].digest)),
                                  .path = path});
                     });
}

std::string OciRegistry::how() const {
    const bool encrypted = client_ && client_->encrypted();
    return fmt::format("from {} over {}", client_ ? client_->place().host : reference_.host, encrypted ? "TLS" : "http, which anybody on the way can change");
}

bool OciRegistry::trusted() const { return client_ && client_->encrypted(); }

} // namespace lxcpp::image
