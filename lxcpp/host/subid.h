// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/id_range.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

// One line of /etc/subuid or /etc/subgid: owner:first:count, the owner by name or by number.
struct SubIdEntry {
    std::string owner;
    IdRange range;
    bool operator==(const SubIdEntry&) const = default;
};

struct SubIdFile {
    std::vector<SubIdEntry> entries;
    std::vector<std::string> problems; // lines that give nobody anything: "line 3: ..."
};

// Pure. A line that is not exactly three fields with decimal numbers, is empty (count 0), or
// reaches past 4294967294 is a problem and no entry. Blank lines and '#' comments are fine.
// subuid(5).
[[nodiscard]] SubIdFile parse_subid(std::string_view text);
// Entries of a user, whichever way they name them.
[[nodiscard]] std::vector<IdRange> subid_ranges(const SubIdFile& file, std::string_view user,
                                                uid_t uid);

// Third field of each line of passwd(5) or group(5): the ids that host accounts have.
[[nodiscard]] std::vector<std::uint32_t> parse_account_ids(std::string_view text);

// Where new containers of root get their ids when /etc/subuid says nothing, in this order. Above
// what useradd gives out (to 600 100 000); the first also above sssd's default slices (to 2 000 200
// 000) and systemd-nspawn's (to 0x6fff0000), and below systemd's foreign ids (from 0x7ffe0000).
inline constexpr IdRange kDefaultPools[] = {
    {0x77400000, 0x7ffe0000 - 0x77400000}, // 2238 containers
    {0x70000000, 0x77400000 - 0x70000000}, // 1856 more
    {0x40000000, 0x6fff0000 - 0x40000000}, // 12287 more
};
inline constexpr std::uint32_t kIdsPerContainer = 65536;

// What choose_range_pool needs to know, read from the host by probe_id_sources().
struct IdSources {
    std::string user; // name and number of who will own the containers
    uid_t uid = 0;
    SubIdFile subuid;
    SubIdFile subgid;
    std::vector<std::uint32_t> accounts; // ids in use by users and groups of the host
};

struct RangePool {
    std::vector<IdRange> ranges; // to allocate from, in this order
    std::string source;          // for messages: "root's entry in /etc/subuid and /etc/subgid"
};

// Pure. Ranges from which containers may get ids that nobody else has. Same ids for users and
// groups. Root: what both of its entries name, when that holds at least one container; then, and
// else, the default pools. Any other user: what both of their entries name. Taken out are all ids
// that an entry of another user names or a host account has. May be empty.
[[nodiscard]] RangePool choose_range_pool(const IdSources& sources);

// Pure. A range for one container that no entry and no account has, for a user who has none.
[[nodiscard]] std::optional<IdRange> find_free_subids(const IdSources& sources);

// Reads /etc/{subuid,subgid,passwd,group} below root_dir; missing files are empty ones.
[[nodiscard]] IdSources probe_id_sources(uid_t uid, std::string_view root_dir = "/");

} // namespace lxcpp
