// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/text.h"
#include "container/held_image.h"
#include "container/impl.h"
#include "storage/backend.h"
#include "sys/signal.h"

#include <filesystem>
#include <vector>

namespace lxcpp {

// A container that is made of an image: what is known before.
struct ImageCreate {
    const Container::Impl& impl;
    const CreateOptions& options;
    const std::vector<IdMapEntry>& idmap; // empty: privileged
    bool idmapped = false;                // the file system takes idmapped mounts
};

// By -B and what the file systems can do. Throws Error.
[[nodiscard]] StorageKind choose_image_storage(const ImageCreate& create, const HeldImage& image);

// Makes the root file system, the volumes, the configuration on top of base, and the copy of the record, in the
// directory under construction. outside: the directory of --dir, or invalid. Throws Error.
void make_of_image(const ImageCreate& create, const HeldImage& image, StorageKind kind, const std::filesystem::path& construction,
                   FdRef outside, ConfigText base, sys::SignalFd& signals);

// The host's ids of the container's root.
[[nodiscard]] std::uint32_t host_root(const std::vector<IdMapEntry>& idmap, IdKind kind);

} // namespace lxcpp
