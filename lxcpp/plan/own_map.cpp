// SPDX-License-Identifier: Apache-2.0
#include "plan/own_map.h"

#include "base/error.h"
#include "host/subid.h"
#include "sys/file.h"
#include "sys/own_namespace.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>

namespace lxcpp {
namespace {

std::string ranges_text(const IdMap& map) {
    std::string text;
    for (const IdRange& range : map.host_ranges()) text += fmt::format("{}{}-{}", text.empty() ? "" : ", ", range.first, range.end() - 1);
    return text;
}

[[noreturn]] void refuse(const IdMapEntry& entry, const IdMap& map) {
    const bool uid = entry.kind == IdKind::Uid;
    throw ConfigError("", 0, "lxc.idmap",
                      fmt::format("{} {} {} {}: not all of these ids are yours; you have {} (/etc/{})", uid ? 'u' : 'g', entry.nsid, entry.hostid,
                                  entry.range, ranges_text(map), uid ? "subuid" : "subgid"));
}

// The piece of a line that begins with its id number done, as far as one line of map goes.
std::uint32_t add_piece(const IdMapEntry& entry, std::uint32_t done, const IdMap& map, std::vector<IdMapEntry>& pieces) {
    const std::uint64_t first = std::uint64_t{entry.hostid} + done;
    for (const IdMapping& line : map.mappings()) {
        if (first < line.host || first - line.host >= line.count) continue;
        const auto offset = static_cast<std::uint32_t>(first - line.host);
        const std::uint32_t count = std::min(entry.range - done, line.count - offset);
        pieces.push_back({entry.kind, entry.nsid + done, line.inside + offset, count});
        return count;
    }
    refuse(entry, map);
}

} // namespace

OwnMaps probe_own_maps() {
    if (!sys::in_own_namespace()) return {};
    return {parse_id_map(sys::read_file("/proc/self/uid_map")), parse_id_map(sys::read_file("/proc/self/gid_map"))};
}

std::vector<IdMapEntry> map_inside(const std::vector<IdMapEntry>& idmap, const OwnMaps& maps) {
    if (maps == OwnMaps{}) return idmap;
    std::vector<IdMapEntry> pieces;
    for (const IdMapEntry& entry : idmap) {
        const IdMap& map = entry.kind == IdKind::Uid ? maps.uids : maps.gids;
        for (std::uint32_t done = 0; done < entry.range;) done += add_piece(entry, done, map, pieces);
    }
    return pieces;
}

std::vector<IdMapEntry> whole_map(const OwnMaps& maps) {
    std::vector<IdMapEntry> lines;
    for (const auto& [kind, map] : {std::pair(IdKind::Uid, &maps.uids), std::pair(IdKind::Gid, &maps.gids)}) {
        for (const IdMapping& line : map->mappings()) {
            if (line.inside < kIdsPerContainer) lines.push_back({kind, line.inside, line.host, line.count});
        }
    }
    return lines;
}

} // namespace lxcpp
