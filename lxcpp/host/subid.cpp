// SPDX-License-Identifier: Apache-2.0
#include "host/subid.h"

#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <limits>

namespace lxcpp {
namespace {

constexpr std::uint64_t kEnd = std::numeric_limits<std::uint32_t>::max(); // the invalid id
constexpr std::size_t kMaxOwner = 256;
constexpr IdRange kUseraddPool{100'000, 600'000'000}; // SUB_UID_MIN and _MAX of login.defs(5)

struct Line {
    std::optional<SubIdEntry> entry;
    std::string problem;
};

Line parse_line(std::string_view line) {
    const auto fields = split(line, ':');
    if (fields.size() != 3) return {{}, fmt::format("has {} fields, not 3", fields.size())};
    if (fields[0].empty() || fields[0].size() > kMaxOwner) return {{}, "names no owner"};
    const auto first = parse_u64(fields[1]);
    const auto count = parse_u64(fields[2]);
    if (!first) return {{}, fmt::format("\"{}\" is not an id", printable(fields[1]))};
    if (!count) return {{}, fmt::format("\"{}\" is not a number of ids", printable(fields[2]))};
    if (*count == 0) return {{}, "holds no ids"};
    // Compared one by one: the sum may be larger than its type.
    if (*first >= kEnd || *count > kEnd - *first) {
        return {{}, fmt::format("reaches past the last id, {}", kEnd - 1)};
    }
    return {SubIdEntry{
                .owner = std::string(fields[0]),
                .range = {static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*count)}},
            {}};
}

bool is_owner(const SubIdEntry& entry, std::string_view user, uid_t uid) {
    return entry.owner == user || parse_u64(entry.owner) == std::uint64_t{uid};
}

void add_foreign(std::vector<IdRange>& taken, const SubIdFile& file, const IdSources& sources) {
    for (const SubIdEntry& entry : file.entries) {
        if (!is_owner(entry, sources.user, sources.uid)) taken.push_back(entry.range);
    }
}

std::vector<IdRange> taken_ids(const IdSources& sources) {
    std::vector<IdRange> taken;
    add_foreign(taken, sources.subuid, sources);
    add_foreign(taken, sources.subgid, sources);
    for (const std::uint32_t id : sources.accounts) taken.push_back({id, 1});
    return taken;
}

// Named by the user's entries of both files, because a container's users and groups have one range.
std::vector<IdRange> own_ids(const IdSources& sources) {
    return intersect_ranges(subid_ranges(sources.subuid, sources.user, sources.uid),
                            subid_ranges(sources.subgid, sources.user, sources.uid));
}

void keep_large_enough(std::vector<IdRange>& ranges) {
    std::erase_if(ranges, [](const IdRange& range) { return range.count < kIdsPerContainer; });
}

// Pool by pool, so that their order stays; begins of what is left are whole steps again.
void append_default_pools(std::vector<IdRange>& ranges, const std::vector<IdRange>& taken) {
    for (const IdRange& pool : kDefaultPools) {
        for (IdRange range : subtract_ranges({pool}, taken)) {
            const std::uint32_t over = range.first % kIdsPerContainer;
            const std::uint32_t skip = over == 0 ? 0 : kIdsPerContainer - over;
            if (range.count < skip + kIdsPerContainer) continue;
            ranges.push_back({range.first + skip, range.count - skip});
        }
    }
}

std::string user_name(std::string_view passwd, uid_t uid) {
    for (const std::string_view line : split_lines(passwd)) {
        const auto fields = split(line, ':');
        if (fields.size() > 2 && parse_u64(fields[2]) == std::uint64_t{uid}) {
            return std::string(fields[0]);
        }
    }
    return fmt::format("{}", uid);
}

} // namespace

SubIdFile parse_subid(std::string_view text) {
    SubIdFile file;
    std::size_t number = 0;
    for (const std::string_view raw : split_lines(text)) {
        ++number;
        const std::string_view line = trim(raw);
        if (line.empty() || line.front() == '#') continue;
        Line parsed = parse_line(line);
        if (parsed.entry) {
            file.entries.push_back(std::move(*parsed.entry));
        } else {
            file.problems.push_back(fmt::format("line {}: {}", number, parsed.problem));
        }
    }
    return file;
}

std::vector<IdRange> subid_ranges(const SubIdFile& file, std::string_view user, uid_t uid) {
    std::vector<IdRange> ranges;
    for (const SubIdEntry& entry : file.entries) {
        if (is_owner(entry, user, uid)) ranges.push_back(entry.range);
    }
    return join_ranges(std::move(ranges));
}

std::vector<std::uint32_t> parse_account_ids(std::string_view text) {
    std::vector<std::uint32_t> ids;
    for (const std::string_view line : split_lines(text)) {
        const auto fields = split(line, ':');
        if (fields.size() < 3) continue;
        const auto id = parse_u64(fields[2]);
        if (id && *id < kEnd) ids.push_back(static_cast<std::uint32_t>(*id));
    }
    return ids;
}

RangePool choose_range_pool(const IdSources& sources) {
    const std::vector<IdRange> taken = taken_ids(sources);
    RangePool pool{.ranges = subtract_ranges(own_ids(sources), taken),
                   .source =
                       fmt::format("{}'s entries in /etc/subuid and /etc/subgid", sources.user)};
    keep_large_enough(pool.ranges);
    if (sources.uid != 0) return pool;
    if (pool.ranges.empty()) pool.source = "the default range of root's containers";
    append_default_pools(pool.ranges, taken);
    return pool;
}

std::optional<IdRange> find_free_subids(const IdSources& sources) {
    std::vector<IdRange> taken = taken_ids(sources);
    for (const SubIdFile* file : {&sources.subuid, &sources.subgid}) {
        for (const SubIdEntry& entry : file->entries) taken.push_back(entry.range);
    }
    std::vector<IdRange> free = subtract_ranges({kUseraddPool}, std::move(taken));
    keep_large_enough(free);
    if (free.empty()) return std::nullopt;
    return IdRange{free.front().first, kIdsPerContainer};
}

IdSources probe_id_sources(uid_t uid, std::string_view root_dir) {
    const std::filesystem::path etc = std::filesystem::path(root_dir) / "etc";
    const auto text = [&](const char* name) {
        return sys::read_file_if_exists(etc / name).value_or("");
    };
    const std::string passwd = text("passwd");
    IdSources sources{.user = user_name(passwd, uid),
                      .uid = uid,
                      .subuid = parse_subid(text("subuid")),
                      .subgid = parse_subid(text("subgid")),
                      .accounts = parse_account_ids(passwd)};
    const auto groups = parse_account_ids(text("group"));
    sources.accounts.insert(sources.accounts.end(), groups.begin(), groups.end());
    return sources;
}

} // namespace lxcpp
