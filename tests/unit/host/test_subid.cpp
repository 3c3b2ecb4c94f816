// SPDX-License-Identifier: Apache-2.0
#include "host/subid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

using namespace lxcpp;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

namespace {

IdSources sources(std::string_view subuid, std::string_view subgid, uid_t uid = 0) {
    return {.user = uid == 0 ? "root" : "anna",
            .uid = uid,
            .subuid = parse_subid(subuid),
            .subgid = parse_subid(subgid),
            .accounts = {}};
}

bool touches(const std::vector<IdRange>& ranges, IdRange range) {
    for (const IdRange& one : ranges) {
        if (one.overlaps(range)) return true;
    }
    return false;
}

} // namespace

TEST(SubId, ReadsNamesAndNumbers) {
    const SubIdFile file = parse_subid("# comment\n\nroot:100000:65536\n1000:165536:10\n");
    EXPECT_THAT(file.entries,
                ElementsAre(SubIdEntry{"root", {100000, 65536}}, SubIdEntry{"1000", {165536, 10}}));
    EXPECT_THAT(file.problems, IsEmpty());
    EXPECT_THAT(subid_ranges(file, "root", 0), ElementsAre(IdRange{100000, 65536}));
    EXPECT_THAT(subid_ranges(file, "anna", 1000), ElementsAre(IdRange{165536, 10}));
    EXPECT_THAT(subid_ranges(file, "otto", 1001), IsEmpty());
    // A prefix of a name is another name.
    EXPECT_THAT(subid_ranges(file, "roo", 5), IsEmpty());
}

TEST(SubId, BadLinesGiveNothingAndAreNamed) {
    const SubIdFile file = parse_subid("root:100000\n"
                                       "root:100000:65536:1\n"
                                       ":100000:65536\n"
                                       "root:-1:65536\n"
                                       "root:0x10:65536\n"
                                       "root: 100000:65536\n"
                                       "root:100000:0\n"
                                       "root:100000:many\n"
                                       "root:4294967295:1\n"
                                       "root:4294901760:65536\n"
                                       "root:18446744073709551615:2\n"
                                       "root:1:18446744073709551615\n"
                                       "root:99999999999999999999:1\n");
    EXPECT_THAT(file.entries, IsEmpty());
    EXPECT_THAT(file.problems,
                ElementsAre("line 1: has 2 fields, not 3", "line 2: has 4 fields, not 3",
                            "line 3: names no owner", "line 4: \"-1\" is not an id",
                            "line 5: \"0x10\" is not an id", "line 6: \" 100000\" is not an id",
                            "line 7: holds no ids", "line 8: \"many\" is not a number of ids",
                            "line 9: reaches past the last id, 4294967294",
                            "line 10: reaches past the last id, 4294967294",
                            "line 11: reaches past the last id, 4294967294",
                            "line 12: reaches past the last id, 4294967294",
                            "line 13: \"99999999999999999999\" is not an id"));
}

TEST(RangePool, WithoutEntriesTheDefaultPools) {
    const RangePool pool = choose_range_pool(sources("", ""));
    EXPECT_THAT(pool.ranges, ElementsAreArray(kDefaultPools));
    EXPECT_EQ(pool.source, "the default range of root's containers");
}

TEST(RangePool, RootsEntryComesFirst) {
    const RangePool pool =
        choose_range_pool(sources("root:1000000:200000\n", "0:1000000:1000000\n"));
    ASSERT_EQ(pool.ranges.size(), 1 + std::size(kDefaultPools));
    EXPECT_EQ(pool.ranges.front(), (IdRange{1000000, 200000})) << "what both files name";
    EXPECT_EQ(pool.source, "root's entries in /etc/subuid and /etc/subgid");
}

TEST(RangePool, AnEntryTooSmallForOneContainerIsNotUsed) {
    const RangePool pool = choose_range_pool(sources("root:100000:65535\n", "root:100000:65535\n"));
    EXPECT_THAT(pool.ranges, ElementsAreArray(kDefaultPools));
}

// Both by useradd and by hand, root and the first user often have the same line.
TEST(RangePool, IdsOfAnotherUserAreTakenOutOfRootsEntry) {
    const RangePool pool = choose_range_pool(
        sources("root:100000:200000\nanna:100000:65536\n", "root:100000:200000\n"));
    EXPECT_EQ(pool.ranges.front(), (IdRange{165536, 134464}));
    const RangePool gid = choose_range_pool(
        sources("root:100000:200000\n", "root:100000:200000\nanna:100000:65536\n"));
    EXPECT_EQ(gid.ranges.front(), (IdRange{165536, 134464}));
}

TEST(RangePool, DefaultPoolsLeaveOutEntriesAndAccounts) {
    IdSources with = sources("anna:2000683009:65536\n", "");
    with.accounts = {0x70000000 + 5, 0x7ffdffff};
    const RangePool pool = choose_range_pool(with);
    EXPECT_FALSE(touches(pool.ranges, {2000683009, 65536}));
    EXPECT_FALSE(touches(pool.ranges, {0x70000000 + 5, 1}));
    EXPECT_FALSE(touches(pool.ranges, {0x7ffdffff, 1}));
    for (const IdRange& range : pool.ranges) {
        EXPECT_EQ(range.first % 65536, 0u);
        EXPECT_GE(range.count, 65536u);
    }
}

TEST(RangePool, AUserGetsOnlyOwnEntries) {
    EXPECT_THAT(choose_range_pool(sources("", "", 1000)).ranges, IsEmpty());
    EXPECT_THAT(
        choose_range_pool(sources("root:100000:65536\n", "root:100000:65536\n", 1000)).ranges,
        IsEmpty());
    EXPECT_THAT(
        choose_range_pool(sources("anna:100000:65536\n", "1000:100000:65536\n", 1000)).ranges,
        ElementsAre(IdRange{100000, 65536}));
}

// Whatever the files say: no id of anybody else, ever.
TEST(RangePool, NeverOverlapsAnEntryOfAnotherUser) {
    std::mt19937 random(20240601);
    const auto pick = [&](std::uint32_t low, std::uint32_t high) {
        return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
    };
    for (int round = 0; round < 300; ++round) {
        IdSources made = sources("", "");
        std::vector<IdRange> foreign;
        for (SubIdFile* file : {&made.subuid, &made.subgid}) {
            for (std::uint32_t i = pick(0, 6); i > 0; --i) {
                const std::uint32_t first = pick(0, 0x7fffffff);
                const IdRange range{first, pick(1, 0x7ffffffe)};
                const bool own = pick(0, 2) == 0;
                file->entries.push_back({own ? "root" : "u" + std::to_string(i), range});
                if (!own) foreign.push_back(range);
            }
        }
        for (std::uint32_t i = pick(0, 20); i > 0; --i) made.accounts.push_back(pick(0, ~0u - 1));
        for (const std::uint32_t id : made.accounts) foreign.push_back({id, 1});
        const RangePool pool = choose_range_pool(made);
        for (const IdRange& range : foreign) {
            EXPECT_FALSE(touches(pool.ranges, range)) << "round " << round;
        }
    }
}

TEST(Accounts, IdsOfPasswdAndGroup) {
    EXPECT_THAT(parse_account_ids("root:x:0:0:root:/root:/bin/bash\nbad\nanna:x:1000:1000::/:\n"
                                  "x:x:y:1\nnone:x:4294967295:1\nsudo:x:27:anna\n"),
                ElementsAre(0u, 1000u, 27u));
}
