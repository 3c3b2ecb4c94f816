// SPDX-License-Identifier: Apache-2.0
// Id maps of the kernel, /etc/subuid and /etc/subgid, and which ids new containers get from them.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "config/item.h"
#include "host/id_map.h"
#include "host/subid.h"

#include <algorithm>

namespace lxcpp::fuzz {
namespace {

constexpr std::uint64_t kInvalid = 0xffff'ffff; // no line may reach it

bool disjoint(const IdMapping& a, const IdMapping& b) {
    const auto apart = [](std::uint64_t first, std::uint64_t count, std::uint64_t other, std::uint64_t others) {
        return first + count <= other || other + others <= first;
    };
    return apart(a.inside, a.count, b.inside, b.count) && apart(a.host, a.count, b.host, b.count);
}

void check_translation(const IdMap& map, std::uint32_t id) {
    if (const auto host = map.to_host(id)) FUZZ_CHECK(map.to_container(*host) == id);
    if (const auto inside = map.to_container(id)) FUZZ_CHECK(map.to_host(*inside) == id);
}

void check_map(const IdMap& map) {
    const auto& lines = map.mappings();
    FUZZ_CHECK(lines.size() <= IdMap::kMaxMappings);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        FUZZ_CHECK(lines[i].count > 0);
        FUZZ_CHECK(std::uint64_t{lines[i].inside} + lines[i].count <= kInvalid);
        FUZZ_CHECK(std::uint64_t{lines[i].host} + lines[i].count <= kInvalid);
        for (std::size_t k = 0; k < i; ++k) FUZZ_CHECK(disjoint(lines[i], lines[k]));
        total += lines[i].count;
        for (const std::uint32_t edge : {lines[i].inside, lines[i].host}) {
            check_translation(map, edge);
            check_translation(map, edge - 1);
            check_translation(map, edge + lines[i].count - 1);
            check_translation(map, edge + lines[i].count);
        }
    }
    std::uint64_t host_ids = 0;
    for (const IdRange& range : map.host_ranges()) host_ids += range.count;
    FUZZ_CHECK(host_ids == total);
    FUZZ_CHECK(map.fits(map.host_ranges()));
    if (map.covers(1)) FUZZ_CHECK(map.to_host(0).has_value());
    if (const auto text = accepted([&] { return map.text(); })) {
        FUZZ_CHECK(text->size() < 4096);
        FUZZ_CHECK_WITH(parse_id_map(*text) == map, *text);
    }
}

// Ascending, apart from each other and not empty.
void check_ranges(std::span<const IdRange> ranges) {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        FUZZ_CHECK(ranges[i].count > 0 && ranges[i].end() <= kInvalid);
        if (i > 0) FUZZ_CHECK(ranges[i - 1].end() < ranges[i].first);
    }
}

void check_subid(const SubIdFile& file, std::string_view text) {
    FUZZ_CHECK(file.entries.size() + file.problems.size() <= split_lines(text).size());
    for (const SubIdEntry& entry : file.entries) {
        FUZZ_CHECK(entry.range.count > 0 && entry.range.end() <= kInvalid);
        FUZZ_CHECK(!entry.owner.empty() && entry.owner.find(':') == std::string::npos);
    }
    for (const std::string& problem : file.problems) FUZZ_CHECK_WITH(printable(problem) == problem, problem);
}

bool named_by(const SubIdFile& file, const IdSources& sources, std::uint64_t id, bool own) {
    return std::ranges::any_of(file.entries, [&](const SubIdEntry& entry) {
        const bool ours = entry.owner == sources.user || parse_u64(entry.owner) == std::uint64_t{sources.uid};
        return ours == own && entry.range.contains(id);
    });
}

// Nobody else may have an id of the pool; and but for root, we must have been given it.
void check_pool(const IdSources& sources) {
    const RangePool pool = choose_range_pool(sources);
    for (const IdRange& range : pool.ranges) {
        FUZZ_CHECK(range.count >= kIdsPerContainer);
        for (const std::uint64_t id : {std::uint64_t{range.first}, range.end() - 1, std::uint64_t{range.first} + range.count / 2}) {
            FUZZ_CHECK(!named_by(sources.subuid, sources, id, false));
            FUZZ_CHECK(!named_by(sources.subgid, sources, id, false));
            FUZZ_CHECK(std::ranges::find(sources.accounts, id) == sources.accounts.end());
            if (sources.uid == 0) continue;
            FUZZ_CHECK(named_by(sources.subuid, sources, id, true));
            FUZZ_CHECK(named_by(sources.subgid, sources, id, true));
        }
    }
    if (sources.uid != 0) check_ranges(pool.ranges);
}

// lxc.idmap lines, one a line.
void check_config(std::string_view text) {
    Config config;
    for (const auto line : split_lines(text)) {
        succeeds([&] { set_item(config, "lxc.idmap", line); });
    }
    Config again;
    for (const KeyText& line : effective_lines(config)) {
        FUZZ_CHECK_WITH(succeeds([&] { set_item(again, line.key, line.value); }), line.value);
    }
    FUZZ_CHECK(again.idmap == config.idmap);
}

} // namespace

// "map" | subuid | subgid | passwd, parted by lines of "%"; the last three may be missing.
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    const auto first = input.until("%\n");
    if (const auto map = accepted([&] { return parse_id_map(first); })) check_map(*map);
    check_config(first);
    IdSources sources;
    sources.subuid = parse_subid(first);
    check_subid(sources.subuid, first);
    sources.subgid = input.empty() ? sources.subuid : parse_subid(input.until("%\n"));
    sources.accounts = parse_account_ids(input.until("%\n"));
    for (const std::uint32_t id : sources.accounts) FUZZ_CHECK(id < kInvalid);
    for (const auto& [name, uid] : {std::pair("root", 0u), std::pair("anna", 1000u)}) {
        sources.user = name;
        sources.uid = uid;
        check_ranges(subid_ranges(sources.subuid, name, uid));
        check_pool(sources);
    }
}

std::vector<std::string> made_seeds() { return {}; }

} // namespace lxcpp::fuzz
