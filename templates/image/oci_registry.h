// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"
#include "image/oci_reference.h"
#include "image/oci_registry_client.h"
#include "image/oci_registry_options.h"
#include "image/oci_source.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp::image {

// An image of a registry, or of its mirrors: each is asked for what those before it did not have. Layers are downloaded into the cache, where an
// interrupted download goes on the next time.
class OciRegistry final : public OciSource {
public:
    struct Access {
        HttpClient& http;
        const ImageCache& cache;
        const OciRegistryOptions& options;
        ProgressSink& progress;
        bool resume = true;
    };
    // Throws Error: the registry is blocked, registries.conf cannot be read.
    OciRegistry(OciReference reference, Access access);

    [[nodiscard]] OciText top() override;
    [[nodiscard]] OciText document(const OciDescriptor& descriptor) override;
    [[nodiscard]] OciText config(const OciManifest& manifest) override;
    void fetch_layers(std::span<const OciLayer> layers, const OciLayerDone& done, ProgressSink& progress) override;
    [[nodiscard]] std::string how() const override;
    [[nodiscard]] bool trusted() const override { return encrypted_; }

private:
    [[nodiscard]] RegistryClient client_for(const RegistryPlace& place) const;
    [[nodiscard]] RegistryClient& client();
    template <typename Body>
    auto anywhere(Body&& body);
    [[nodiscard]] OciText manifest(const std::string& name, const std::optional<OciDigest>& digest);
    [[nodiscard]] std::filesystem::path file_of(const OciDigest& digest) const;
    [[nodiscard]] Fetch fetch_of(const OciLayer& layer) const;
    void forget_file(const OciDigest& digest) const;

    OciReference reference_;
    Access access_;
    std::vector<RegistryPlace> places_;    // not empty
    std::size_t place_ = 0;                // the one that is asked
    std::optional<RegistryClient> client_; // of it
    std::string told_by_;                  // who said which manifest it is
    bool encrypted_ = false;               // and how
};

} // namespace lxcpp::image
