// SPDX-License-Identifier: Apache-2.0
#include "common/id_maps.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <limits>
#include <optional>

namespace lxcpp::tools {
namespace {

[[noreturn]] void refuse(const std::string& word, std::string_view why) {
    throw Error(fmt::format("-m {}: {}; expected [u|g|b:]INSIDE:HOST:COUNT", printable(word), why));
}

std::uint32_t number(const std::string& word, std::string_view text) {
    const auto value = parse_u64(text);
    if (!value) refuse(word, fmt::format("\"{}\" is no number", printable(text)));
    if (*value > std::numeric_limits<std::uint32_t>::max()) refuse(word, fmt::format("{} is no id", *value));
    return static_cast<std::uint32_t>(*value);
}

void add_map(MapWish& wish, const std::string& word) {
    std::vector<std::string_view> fields = split(word, ':');
    std::string_view kind = "b";
    if (fields.size() == 4) {
        kind = fields.front();
        fields.erase(fields.begin());
    }
    if (fields.size() != 3) refuse(word, "it has not three numbers");
    if (kind != "u" && kind != "g" && kind != "b") refuse(word, fmt::format("\"{}\" is neither u, g nor b", printable(kind)));
    const IdMapping line{number(word, fields[0]), number(word, fields[1]), number(word, fields[2])};
    if (kind != "g") wish.uids.push_back(line);
    if (kind != "u") wish.gids.push_back(line);
}

// The line that has the id inside is split around it: what it was there is not mapped any more.
void put(std::vector<IdMapping>& lines, std::uint32_t id) {
    std::vector<IdMapping> result;
    for (const IdMapping& line : lines) {
        if (id >= line.host && id - line.host < line.count) return; // it is there
        if (id < line.inside || id - line.inside >= line.count) {
            result.push_back(line);
            continue;
        }
        const std::uint32_t before = id - line.inside;
        if (before > 0) result.push_back({line.inside, line.host, before});
        if (before + 1 < line.count) result.push_back({id + 1, line.host + before + 1, line.count - before - 1});
    }
    result.push_back({id, id, 1});
    lines = std::move(result);
}

} // namespace

MapWish parse_maps(std::span<const std::string> words) {
    MapWish wish;
    for (const std::string& word : words) add_map(wish, word);
    // The kernel, and IdMap for the rest, look at each line; a namespace without users or groups is none.
    if (!words.empty() && wish.uids.empty()) throw Error("-m: no user ids are mapped: add one with u: or b:");
    if (!words.empty() && wish.gids.empty()) throw Error("-m: no group ids are mapped: add one with g: or b:");
    return wish;
}

MapWish first_ranges(const IdSources& sources) {
    const auto first = [&sources](const SubIdFile& file, const char* name) {
        const std::vector<IdRange> ranges = subid_ranges(file, sources.user, sources.uid);
        if (!ranges.empty()) return IdMapping{0, ranges.front().first, ranges.front().count};
        throw Error(fmt::format("{} has no ids in {}: give a map with -m, or root gives some with usermod --add-{}s FIRST-LAST {}",
                                printable(sources.user), name, std::string_view(name).substr(5), printable(sources.user)));
    };
    return {{first(sources.subuid, "/etc/subuid")}, {first(sources.subgid, "/etc/subgid")}};
}

void add_self(MapWish& wish, uid_t uid, gid_t gid) {
    put(wish.uids, uid);
    put(wish.gids, gid);
}

} // namespace lxcpp::tools
