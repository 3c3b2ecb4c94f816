// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"
#include "image/oci_reference.h"
#include "image/oci_registry_client.h"
#include "image/oci_registry_options.h"
#include "image/oci_source.h"

#include <optional>
#include <vector>

namespace lxcpp::image {

// An image of a registry, or of the first of its mirrors that has it. Layers are downloaded into the cache, where an
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
    [[nodiscard]] bool trusted() const override;

private:
    [[nodiscard]] RegistryClient client_for(const RegistryPlace& place) const;
    [[nodiscard]] OciText manifest(const std::string& name);
    [[nodiscard]] RegistryClient& client();

    OciReference reference_;
    Access access_;
    std::vector<RegistryPlace> places_;
    std::optional<RegistryClient> client_; // of the place that has the image
};

} // namespace lxcpp::image
