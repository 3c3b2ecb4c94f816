// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"
#include "image/progress.h"
#include "store/image_store.h"
#include "sys/rooted_dir.h"

#include <string>
#include <vector>

namespace lxcpp::image {

struct PublishOptions {
    ImageRecord record;                // fields that are empty are found out (etc/os-release) or stay so
    std::string hostname;              // of the container: images call themselves LXC_NAME instead, in /etc/hosts too
    bool keep_identity = false;        // pack everything as it is
    std::string config;                // lines that containers of it get (ImageContent)
    std::vector<std::string> excludes; // more that stays out (UnpackOptions)
};

// Makes an image of a root file system, in the store. What would make two containers of it the same machine stays
// out: the machine's id, its name, host keys of ssh, leases, seeds, the state of cloud-init, the journal; and what is
// gone after a reboot (/run, /tmp). Ids are counted from the owner of the tree on. Throws Error or SystemError.
ImageRecord publish_tree(const sys::RootedDir& tree, const ImageStore& store, const ImageCache& cache,
                         const PublishOptions& options, ProgressSink& progress);

} // namespace lxcpp::image
