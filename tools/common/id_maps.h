// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/id_map.h"
#include "host/subid.h"

#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

// The maps of lxcpp-usernsexec's command line.
namespace lxcpp::tools {

struct MapWish {
    std::vector<IdMapping> uids;
    std::vector<IdMapping> gids;
    bool operator==(const MapWish&) const = default;
};

// "u:0:100000:65536", "g:...", "b:..." or without a letter for both. Throws Error that quotes a word of another form.
[[nodiscard]] MapWish parse_maps(std::span<const std::string> words);

// The first range of each file, from 0 on. Throws Error when there is none.
[[nodiscard]] MapWish first_ranges(const IdSources& sources);

// The caller under their own numbers, in place of whom had them, unless the caller is mapped already.
void add_self(MapWish& wish, uid_t uid, gid_t gid);

} // namespace lxcpp::tools
