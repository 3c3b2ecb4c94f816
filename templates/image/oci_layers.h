// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"
#include "image/oci_source.h"
#include "image/progress.h"
#include "sys/rooted_dir.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp::image {

// One layer to unpack, and what its bytes must be.
struct LayerBlob {
    const OciBlob& blob;
    std::optional<OciDigest> digest; // of the bytes as they are stored
    OciDigest diff_id;               // of what they unpack to
};

struct LayerApplied {
    std::uint64_t bytes = 0; // of the files
    std::uint64_t skipped_devices = 0;
};

// Unpacks a layer over root, which holds what is below when on_top. Everything is read to its end, and the digests
// are right, or it throws Error naming the blob.
LayerApplied apply_oci_layer(const LayerBlob& layer, const sys::RootedDir& root, bool on_top);

// Names of the trees that layers become, the lowest first: sha256 over "oci-layer " and the chain id (OCI image-spec),
// which says what is below, too. A tree is named after how it was made, so that no image of another kind has it.
[[nodiscard]] std::vector<std::string> layer_tree_names(const std::vector<OciDigest>& diff_ids);

// The trees of an image, which stay as long as this lives.
struct LayerStack {
    std::vector<UsedTree> trees; // the lowest first
    std::vector<std::string> names;
};

// Makes sure that the cache has the trees of all layers. Only those that are missing are fetched, each once.
[[nodiscard]] LayerStack store_layers(OciSource& source, const OciImage& image, const ImageCache& cache,
                                      ProgressSink& progress);

// All trees on top of each other, to look at.
[[nodiscard]] sys::RootedDir merged_view(const LayerStack& stack);

} // namespace lxcpp::image
