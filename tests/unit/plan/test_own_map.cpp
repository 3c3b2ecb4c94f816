// SPDX-License-Identifier: Apache-2.0
#include "plan/own_map.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp;
using test::error_of;
using testing::HasSubstr;

namespace {

using Lines = std::vector<IdMapEntry>;

IdMapEntry uids(std::uint32_t nsid, std::uint32_t hostid, std::uint32_t range) { return {IdKind::Uid, nsid, hostid, range}; }
IdMapEntry gids(std::uint32_t nsid, std::uint32_t hostid, std::uint32_t range) { return {IdKind::Gid, nsid, hostid, range}; }

// Of a user with the ids 100000-165535 and 300000-300999; their own number is 1000, and 100 their group's.
OwnMaps anna() {
    return {parse_id_map("0 100000 65536\n65536 1000 1\n65537 300000 1000\n"), parse_id_map("0 100000 65536\n65536 100 1\n65537 300000 1000\n")};
}

} // namespace

TEST(OwnMap, IsTheSameWhereNobodyIsInside) {
    const Lines lines{uids(0, 100000, 65536), gids(0, 4294900000, 7)};
    EXPECT_EQ(map_inside(lines, {}), lines);
}

TEST(OwnMap, HasTheNumbersOfTheNamespaceAround) {
    EXPECT_EQ(map_inside({uids(0, 100000, 65536), gids(0, 100000, 65536)}, anna()), (Lines{uids(0, 0, 65536), gids(0, 0, 65536)}));
    EXPECT_EQ(map_inside({uids(0, 100010, 5), gids(7, 165535, 1)}, anna()), (Lines{uids(0, 10, 5), gids(7, 65535, 1)}));
    EXPECT_EQ(map_inside({uids(0, 300000, 1000)}, anna()), (Lines{uids(0, 65537, 1000)}));
}

TEST(OwnMap, CanHaveTheUserInTheMiddle) {
    // As LXC's users write it to share files of theirs.
    EXPECT_EQ(map_inside({uids(0, 100000, 1000), uids(1000, 1000, 1), uids(1001, 101001, 64535), gids(0, 100000, 1000), gids(1000, 100, 1)}, anna()),
              (Lines{uids(0, 0, 1000), uids(1000, 65536, 1), uids(1001, 1001, 64535), gids(0, 0, 1000), gids(1000, 65536, 1)}));
    // The group has another number than the user.
    EXPECT_THAT(error_of([] { (void)map_inside({gids(1000, 1000, 1)}, anna()); }), HasSubstr("/etc/subgid"));
}

TEST(OwnMap, ALineOverTwoOfTheNamespaceBecomesTwo) {
    const OwnMaps split{parse_id_map("0 100000 10\n50 100010 10\n"), {}};
    EXPECT_EQ(map_inside({uids(0, 100005, 10)}, split), (Lines{uids(0, 5, 5), uids(5, 50, 5)}));
}

TEST(OwnMap, OthersIdsAreRefusedByNumber) {
    for (const IdMapEntry& entry : {uids(0, 0, 1), uids(0, 99999, 2), uids(0, 165536, 1), uids(0, 100000, 65537), uids(0, 1000, 2), uids(0, 4294967294, 1),
                                    uids(4294967294, 100000, 1000000), uids(0, 165535, 4294967295)}) {
        EXPECT_THAT(error_of([&] { (void)map_inside({entry}, anna()); }), HasSubstr("not all of these ids are yours; you have 1000-1000, 100000-165535, 300000-300999 (/etc/subuid)"))
            << entry.hostid << ' ' << entry.range;
    }
}

TEST(OwnMap, WhoAsksForNothingGetsAWholeSystem) {
    EXPECT_EQ(whole_map(anna()), (Lines{uids(0, 100000, 65536), gids(0, 100000, 65536)}));
    EXPECT_EQ(map_inside(whole_map(anna()), anna()), (Lines{uids(0, 0, 65536), gids(0, 0, 65536)}));
}
