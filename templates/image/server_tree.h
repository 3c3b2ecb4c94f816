// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/progress.h"
#include "image/sign.h"
#include "image/squashfs_options.h"
#include "store/image_store.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp::image {

struct ServerTreeOptions {
    const DocumentSigner* signer = nullptr;
    std::size_t keep = 3; // builds of each product; older ones go
    std::function<void(const std::string& why)> skipped; // called for an image that cannot be served, in place of an Error
    std::optional<SquashfsOptions> squashfs; // the root file system in this form, too
};

struct ServerTreeChange {
    std::vector<std::string> added;   // directories of builds, below the server's root
    std::vector<std::string> removed;
};

// Makes directory, or what it is already, a tree that any web server serves as an image server: streams/v1 for Incus,
// LXD and us (simplestreams), meta/1.0 for LXC's download template, and images/DIST/RELEASE/ARCH/VARIANT/BUILD. Images
// that are there already are not written again; builds whose files somebody removed are forgotten. The indexes are
// replaced at last, each by one rename, and signed when there is a key. Throws Error naming an image that does not say
// its distribution, release or architecture.
ServerTreeChange update_server_tree(const std::filesystem::path& directory, const ImageStore& store,
                                    const std::vector<StoredImage>& images, const ServerTreeOptions& options,
                                    ProgressSink& progress);

} // namespace lxcpp::image
