// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"
#include "host/id_map.h"

#include <vector>

// The maps of containers of an ordinary user. Configurations name the host's ids; the user namespace of a container is
// made inside of the user's own one, where those have other numbers.
namespace lxcpp {

// The ids of the user namespace that we are in; empty maps: the numbers are the host's.
struct OwnMaps {
    IdMap uids;
    IdMap gids;
    bool operator==(const OwnMaps&) const = default;
};
[[nodiscard]] OwnMaps probe_own_maps(); // those of our own namespace (sys::in_own_namespace), else empty ones

// Pure. The same map in numbers of maps; a line over several of theirs becomes several. Throws ConfigError of lxc.idmap
// that names the ids which they do not have.
[[nodiscard]] std::vector<IdMapEntry> map_inside(const std::vector<IdMapEntry>& idmap, const OwnMaps& maps);

// Pure. What a container gets that asks for no ids: those from 0 on of the maps, in the host's numbers.
[[nodiscard]] std::vector<IdMapEntry> whole_map(const OwnMaps& maps);

} // namespace lxcpp
