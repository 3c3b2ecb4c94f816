// SPDX-License-Identifier: Apache-2.0
#include "unit/inventory/inventory_fixture.h"

#include "inventory/rows.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>

#include <set>

using namespace lxcpp;
using namespace lxcpp::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Ranges = InventoryTest;

TEST_F(Ranges, ContainersGetDifferentOnesAndAFreedOneComesBack) {
    Inventory inventory = open();
    const auto first = inventory.add_container(record("c1"), wish(2)).ranges;
    const auto second = inventory.add_container(record("c2"), wish(2)).ranges;
    EXPECT_THAT(first, ElementsAre(IdRange{0x77400000, 65536}));
    EXPECT_THAT(second, ElementsAre(IdRange{0x77410000, 65536}));
    EXPECT_THROW(inventory.add_container(record("c3"), wish(2)), Error);
    EXPECT_EQ(inventory.find(key("c3")), std::nullopt) << "half of a refused create stayed";
    inventory.remove_container(key("c1"));
    EXPECT_EQ(inventory.add_container(record("c3"), wish(2)).ranges, first);
}

TEST_F(Ranges, UsedUpSaysWhatToDo) {
    Inventory inventory = open();
    inventory.add_container(record("c1"));
    try {
        static_cast<void>(inventory.allocate_range(key("c1"), {.pools = {{0, 65535}}}));
        FAIL() << "a range that does not fit was handed out";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(),
                     "no free range of 65536 ids for another container: destroy one, or give root "
                     "more in /etc/subuid and /etc/subgid");
    }
}

TEST_F(Ranges, AllocationNeedsTheContainer) {
    Inventory inventory = open();
    EXPECT_THROW(static_cast<void>(inventory.allocate_range(key("no"), wish(1))), StateError);
}

TEST_F(Ranges, NotedOnesAreNeverHandedOut) {
    Inventory inventory = open();
    const std::vector<IdRange> own = {{0x77400000 + 100, 10}};
    inventory.note_ranges(key("byhand"), own);
    EXPECT_EQ(inventory.find(key("byhand"))->origin, "found");
    EXPECT_THAT(inventory.add_container(record("c1"), wish(2)).ranges,
                ElementsAre(IdRange{0x77410000, 65536}));
}

TEST_F(Ranges, NotedOnesMayOverlapAndAreReported) {
    Inventory inventory = open();
    const std::vector<IdRange> one = {{1000, 100}};
    const std::vector<IdRange> two = {{1050, 100}};
    inventory.note_ranges(key("c1"), one);
    EXPECT_TRUE(inventory.conflicts().empty());
    inventory.note_ranges(key("c2"), two);
    const auto conflicts = inventory.conflicts();
    ASSERT_EQ(conflicts.size(), 1u);
    EXPECT_EQ(conflicts[0].first, key("c1"));
    EXPECT_EQ(conflicts[0].second, key("c2"));
    EXPECT_EQ(conflicts[0].range, (IdRange{1050, 100}));
    inventory.note_ranges(key("c2"), {});
    EXPECT_TRUE(inventory.conflicts().empty());
}

TEST_F(Ranges, EqualOnesConflictOnce) {
    Inventory inventory = open();
    const std::vector<IdRange> same = {{1000, 100}};
    inventory.note_ranges(key("c1"), same);
    inventory.note_ranges(key("c2"), same);
    EXPECT_EQ(inventory.conflicts().size(), 1u);
}

// Eight processes at once: the lock is taken before the free range is looked for. (With a
// transaction that begins by reading, several would find the same one.)
TEST_F(Ranges, ParallelAllocationsNeverOverlap) {
    constexpr int kProcesses = 8;
    constexpr int kEach = 12;
    std::vector<pid_t> children;
    for (int process = 0; process < kProcesses; ++process) {
        children.push_back(in_child([&] {
            for (int i = 0; i < kEach; ++i) {
                const auto name = "c" + std::to_string(process) + "-" + std::to_string(i);
                open().add_container(record(name), wish(kProcesses * kEach));
            }
            return true;
        }));
    }
    for (const pid_t child : children) EXPECT_TRUE(succeeded(child));
    const Inventory inventory = open();
    std::set<std::uint32_t> firsts;
    for (const IdRange& range : inventory.all_ranges()) firsts.insert(range.first);
    EXPECT_EQ(firsts.size(), std::size_t{kProcesses} * kEach);
    EXPECT_TRUE(inventory.conflicts().empty());
}

TEST(FreeRange, StepsOverWhatIsTaken) {
    const RangeWish wish{.pools = {{100, 40}}, .count = 10};
    using rows::find_free_range;
    EXPECT_EQ(find_free_range(wish, {}), (IdRange{100, 10}));
    EXPECT_EQ(find_free_range(wish, {{100, 10}}), (IdRange{110, 10}));
    EXPECT_EQ(find_free_range(wish, {{105, 1}}), (IdRange{110, 10}));
    EXPECT_EQ(find_free_range(wish, {{110, 10}}), (IdRange{100, 10}));
    EXPECT_EQ(find_free_range(wish, {{90, 11}, {111, 1}, {129, 1}}), (IdRange{130, 10}));
    EXPECT_EQ(find_free_range(wish, {{0, 4294967295u}}), std::nullopt);
    EXPECT_EQ(find_free_range({.pools = {{100, 9}, {200, 10}}, .count = 10}, {}),
              (IdRange{200, 10}));
    EXPECT_EQ(find_free_range({.pools = {{100, 10}}, .count = 0}, {}), std::nullopt);
}

TEST(FreeRange, ReachesTheLastIdWithoutWrapping) {
    const RangeWish wish{.pools = {{4294967280u, 15}}, .count = 10};
    EXPECT_EQ(rows::find_free_range(wish, {}), (IdRange{4294967280u, 10}));
    EXPECT_EQ(rows::find_free_range(wish, {{4294967280u, 1}}), std::nullopt);
}
