// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <sys/types.h>
#include <vector>

namespace lxcpp::distro {

// What a build sees of the host with its own rights; all other files are what others may see of them.
struct BuildPlaces {
    std::filesystem::path cache;               // the builder's ImageCache; made when absent
    std::filesystem::path target;              // an existing directory that outputs go to; empty: none
    std::vector<std::filesystem::path> read;   // the recipe's directory, sources given by path: read-only; absent ones are left out
    std::filesystem::path sources = {};        // where downloads are kept when not in the cache; made when absent
};

// Who we are in there.
struct BuildIdentity {
    uid_t owner = 0; // inside, of who called: outputs are given to it
    gid_t group = 0;
};

// This process, which has one thread, in a user namespace with the ids 0 to 65535 and a mount namespace of its own, as
// id 0: root with ids that no container has, and places idmapped; a user with the subordinate ids of the image store
// (host/own_ids.h). Files below the places have the ids that they have in images. Throws Error with what to change
// when the machine does not let us.
[[nodiscard]] BuildIdentity enter_build_namespace(const BuildPlaces& places);

} // namespace lxcpp::distro
