// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"
#include "image/http.h"
#include "image/oci_document.h"
#include "image/oci_reference.h"
#include "image/oci_registry_options.h"
#include "image/progress.h"
#include "store/image_store.h"

#include <filesystem>
#include <string>

namespace lxcpp::image {

// Of this machine.
[[nodiscard]] OciPlatform native_oci_platform();

// Which image to bring into the store, and how to get at it.
struct OciImageRequest {
    OciReference reference;
    std::filesystem::path image_at; // of a local one: where to find it, when that is not its path
    OciPlatform platform = native_oci_platform();
    OciRegistryOptions registry; // for docker://
    bool keep_downloads = true;  // false: what was interrupted is not resumed, and nothing remains of it
};

// Brings the image into the store: manifest and configuration are fetched and verified, layers that the store does
// not have are fetched in parallel and unpacked on top of each other, and the record is added. Two of them at once
// fetch a layer once. trees: the ImageCache of the store's directory. Needs to be root in the user namespace that owns
// the mount namespace (layers are stacked by overlayfs). Throws Error; the store is as before then, but for layers
// that were finished.
ImageRecord fetch_oci_image(const OciImageRequest& request, const ImageStore& store, const ImageCache& trees,
                            HttpClient& http, ProgressSink& progress);

} // namespace lxcpp::image
