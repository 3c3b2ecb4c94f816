// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "image/cache.h"
#include "image/progress.h"
#include "store/image_store.h"

#include <functional>
#include <optional>
#include <string>

namespace lxcpp::image {

// The parts of a system image, at offset 0 each; their names are for messages. What was verified is what is read:
// the files stay open from the check to the unpacking.
struct ImageParts {
    std::optional<Fd> metadata; // incus.tar.xz, lxd.tar.xz (metadata.yaml, templates/) or meta.tar.xz (config, ...)
    std::string metadata_name;
    std::optional<Fd> lxc_metadata; // meta.tar.xz beside incus.tar.xz, for LXC's configuration
    std::string lxc_metadata_name;
    // tar or squashfs, or a tar that somebody writes to a socket or pipe meanwhile; none: metadata is a combined image,
    // with rootfs/ in it
    std::optional<Fd> root;
    std::string root_name;
};

struct ImportOptions {
    // What is known of the image beforehand; fields that are empty are taken from its metadata. fingerprint: what the
    // parts must hash to (of metadata and then root); empty: whatever they hash to becomes it.
    ImageRecord record;
    std::string phase = "Unpacking"; // what is done with the root, for people
    // Called once the root was read to its end, before anything of the image is there; may throw.
    std::function<void()> read_all;
};

// Puts a system image into the store: unpacks its root as the tree of its fingerprint, reads its metadata, adds its
// record. Two imports of one image at once unpack it once. Throws Error; the store is as before then.
ImageRecord import_image(const ImageStore& store, const ImageCache& trees, ImageParts parts, const ImportOptions& options,
                         ProgressSink& progress);

} // namespace lxcpp::image
