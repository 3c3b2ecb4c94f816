// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/build_namespace.h"
#include "sys/mount.h"

#include <filesystem>
#include <vector>

// The places that a build of root sees with its own rights.
namespace lxcpp::distro {

struct PlaceMount {
    std::filesystem::path path; // without links
    bool directory = true;
    sys::MountTree tree;
};

// As root, in a mount namespace of its own: clones of the places that show their files with the ids of the user namespace; in the
// order in which they are to be attached. Throws Error for one whose file system cannot do that.
[[nodiscard]] std::vector<PlaceMount> clone_places(const BuildPlaces& places, FdRef user_namespace);

// As root of the user namespace, in a mount namespace that belongs to it. Where a directory above is closed to it, an
// empty one covers that, with nothing but the way to the place.
void attach_place(const PlaceMount& mount);

} // namespace lxcpp::distro
