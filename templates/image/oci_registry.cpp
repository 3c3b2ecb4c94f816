// SPDX-License-Identifier: Apache-2.0
#include "image/oci_registry.h"

#include "base/error.h"
#include "base/sha256.h"
#include "image/oci_certificates.h"
#include "image/oci_credentials.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <set>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::uint64_t kLargestDocument = 4u << 20;

std::vector<RegistryRule> read_rules(const OciRegistryOptions& options) {
    if (!options.registries_conf) return {};
    return parse_registries_conf(sys::read_file(*options.registries_conf), options.registries_conf->string());
}

std::string blob_path(const OciDigest& digest) { return "blobs/" + digest.text(); }

} // namespace

OciRegistry::OciRegistry(OciReference reference, Access access)
    : reference_(std::move(reference)), access_(access), places_(registry_places(read_rules(access.options), reference_)), told_by_(reference_.host) {}

RegistryClient OciRegistry::client_for(const RegistryPlace& place) const {
    const auto warn = [this](const std::string& line) { access_.progress.message("warning: " + line); };
    std::optional<RegistryCredentials> credentials;
    std::vector<std::string> unread;
    if (access_.options.user && !place.mirror)
        credentials = RegistryCredentials{.user = *access_.options.user, .password = access_.options.password, .identity_token = {}};
    else
        credentials = find_registry_credentials({access_.options, [&](const std::string& line) { unread.push_back(line); }}, place.host, place.repository);
    return {{.place = place,
             .credentials = std::move(credentials),
             .certificates = read_registry_certificates(access_.options.certificate_directories, place.host),
             .warn = warn,
             .unread = std::move(unread)},
            access_.http};
}

RegistryClient& OciRegistry::client() {
    if (!client_) client_.emplace(client_for(places_[place_]));
    return *client_;
}

// Runs body with one place after the other until it works: mirrors need not have everything that they say.
template <typename Body>
auto OciRegistry::anywhere(Body&& body) {
    for (;;) {
        try {
            return body(client());
        } catch (const SystemError&) {
            throw; // our own trouble
        } catch (const OciFetchEnded&) {
            throw;
        } catch (const Error& error) {
            if (place_ + 1 == places_.size()) throw;
            access_.progress.message(fmt::format("mirror {}: {}", places_[place_].host, error.what()));
        }
        ++place_;
        client_.reset();
    }
}

OciText OciRegistry::manifest(const std::string& name, const std::optional<OciDigest>& digest) {
    return anywhere([&](RegistryClient& client) {
        Fetched answer = client.get("manifests/" + name, kLargestDocument, oci_accept_header());
        OciText text{.text = std::move(answer.body),
                     .content_type = std::move(answer.content_type),
                     .name = client.url("manifests/" + name),
                     .digest = digest};
        if (digest) verify_oci_bytes(text.text, *digest, text.name);
        return text;
    });
}

OciText OciRegistry::top() {
    OciText text = manifest(reference_.digest ? reference_.digest->text() : reference_.tag, reference_.digest);
    told_by_ = client().place().host;
    encrypted_ = client().encrypted();
    return text;
}

OciText OciRegistry::document(const OciDescriptor& descriptor) { return manifest(descriptor.digest.text(), descriptor.digest); }

OciText OciRegistry::config(const OciManifest& manifest) {
    const std::string path = blob_path(manifest.config);
    return anywhere([&](RegistryClient& client) {
        Fetched answer = client.get(path, kLargestDocument);
        OciText text{.text = std::move(answer.body), .content_type = {}, .name = client.url(path), .digest = manifest.config};
        check_oci_size(text, manifest.config_size);
        verify_oci_bytes(text.text, manifest.config, text.name);
        return text;
    });
}

std::filesystem::path OciRegistry::file_of(const OciDigest& digest) const {
    const bool usual = digest.algorithm == "sha256"; // the cache knows names of that length
    return access_.cache.file_path(usual ? digest.hex : sha256_hex(digest.text()));
}

Fetch OciRegistry::fetch_of(const OciLayer& layer) const {
    Fetch fetch{.url = blob_path(layer.digest), .destination = file_of(layer.digest), .size = layer.size, .max_bytes = layer.size};
    (layer.digest.algorithm == "sha256" ? fetch.sha256 : fetch.sha512) = layer.digest.hex;
    return fetch;
}

void OciRegistry::forget_file(const OciDigest& digest) const {
    auto part = file_of(digest);
    for (const auto& old : {file_of(digest), part += ".part"}) sys::remove_file(old);
}

void OciRegistry::fetch_layers(std::span<const OciLayer> layers, const OciLayerDone& done, ProgressSink& progress) {
    std::set<std::size_t> missing;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        missing.insert(i);
        if (!access_.resume) forget_file(layers[i].digest);
    }
    anywhere([&](RegistryClient& client) {
        std::vector<Fetch> fetches;
        const std::vector<std::size_t> wanted(missing.begin(), missing.end());
        for (const std::size_t i : wanted) fetches.push_back(fetch_of(layers[i]));
        client.get_all(std::move(fetches), progress, layers.size() == 1 ? "Downloading the layer" : "Downloading layers",
                       [&](std::size_t place, const Fetched&) {
                           const std::size_t i = wanted[place];
                           const auto path = file_of(layers[i].digest);
                           missing.erase(i);
                           done(i, {.file = std::make_shared<Fd>(sys::open_file(path, {.follow = false})),
                                    .size = layers[i].size,
                                    .name = client.url(blob_path(layers[i].digest)),
                                    .path = path});
                       });
    });
}

std::string OciRegistry::how() const {
    return fmt::format("from {} over {}", told_by_, encrypted_ ? "TLS" : "http, which anybody on the way can change");
}

} // namespace lxcpp::image
