// SPDX-License-Identifier: Apache-2.0
#include "host/id_map.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp;
using ::testing::ElementsAre;

namespace {

std::string refusal(std::vector<IdMapping> mappings) {
    try {
        const IdMap map(std::move(mappings));
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

constexpr std::uint32_t kLast = 4294967295u;

} // namespace

TEST(IdMap, TranslatesBothWays) {
    const IdMap map({{0, 100000, 65536}, {65536, 1000, 1}});
    EXPECT_EQ(map.to_host(0), 100000u);
    EXPECT_EQ(map.to_host(65535), 165535u);
    EXPECT_EQ(map.to_host(65536), 1000u);
    EXPECT_EQ(map.to_host(65537), std::nullopt);
    EXPECT_EQ(map.to_container(1000), 65536u);
    EXPECT_EQ(map.to_container(165535), 65535u);
    EXPECT_EQ(map.to_container(165536), std::nullopt);
    EXPECT_EQ(map.to_container(99999), std::nullopt);
    EXPECT_EQ(IdMap().to_host(0), std::nullopt);
}

TEST(IdMap, RefusesWhatTheKernelRefuses) {
    EXPECT_EQ(refusal({{0, 1000, 0}}), "id map line \"0 1000 0\" maps no ids");
    EXPECT_EQ(refusal({{0, 4294901760u, 65536}}),
              "id map line \"0 4294901760 65536\" reaches past the last id, 4294967294");
    EXPECT_EQ(refusal({{kLast, 0, 1}}),
              "id map line \"4294967295 0 1\" reaches past the last id, 4294967294");
    EXPECT_EQ(refusal({{0, 1, kLast}}),
              "id map line \"0 1 4294967295\" reaches past the last id, 4294967294");
    EXPECT_EQ(refusal({{0, 0, kLast}}), "accepted") << "the initial user namespace's own map";
}

TEST(IdMap, RefusesOverlapsOnEitherSide) {
    EXPECT_EQ(refusal({{0, 1000, 10}, {9, 5000, 10}}),
              "id map lines \"0 1000 10\" and \"9 5000 10\" overlap inside");
    EXPECT_EQ(refusal({{0, 1000, 10}, {100, 1009, 10}}),
              "id map lines \"0 1000 10\" and \"100 1009 10\" overlap on the host");
    EXPECT_EQ(refusal({{100, 1000, 10}, {0, 1001, 1}}),
              "id map lines \"100 1000 10\" and \"0 1001 1\" overlap on the host");
    EXPECT_EQ(refusal({{0, 1000, 10}, {10, 1010, 10}}), "accepted");
}

TEST(IdMap, TakesThreeHundredAndFortyLinesAndNoMore) {
    std::vector<IdMapping> mappings;
    for (std::uint32_t i = 0; i < 340; ++i) mappings.push_back({2 * i, 2 * i, 1});
    EXPECT_EQ(refusal(mappings), "accepted");
    mappings.push_back({5000, 5000, 1});
    EXPECT_EQ(refusal(mappings), "an id map of 341 lines: the kernel takes 340 at most");
}

TEST(IdMap, TextIsWhatUidMapTakesAndComesBack) {
    const IdMap map({{65536, 1000, 1}, {0, 100000, 65536}});
    EXPECT_EQ(map.text(), "0 100000 65536\n65536 1000 1\n");
    EXPECT_EQ(parse_id_map(map.text()), map);
    EXPECT_EQ(parse_id_map("         0          0 4294967295\n"), IdMap({{0, 0, kLast}}));
    EXPECT_TRUE(parse_id_map("").empty());
}

TEST(IdMap, TextLongerThanAPageIsRefused) {
    std::vector<IdMapping> mappings;
    for (std::uint32_t i = 0; i < 300; ++i) {
        mappings.push_back({1000000 + 2 * i, 2000000000 + 2 * i, 1});
    }
    const IdMap map(std::move(mappings));
    EXPECT_THROW(static_cast<void>(map.text()), Error);
}

TEST(IdMap, ParseNamesTheWrongLine) {
    const auto message = [](std::string_view text) -> std::string {
        try {
            static_cast<void>(parse_id_map(text));
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    };
    EXPECT_EQ(message("0 1\n"), "\"0 1\" is no line of an id map: it has 2 fields, not 3");
    EXPECT_EQ(message("0 -1 5\n"), "\"0 -1 5\" is no line of an id map: \"-1\" is not an id");
    EXPECT_EQ(message("0 4294967296 1"),
              "\"0 4294967296 1\" is no line of an id map: \"4294967296\" is not an id");
}

TEST(IdMap, CoversAndFits) {
    const IdMap map({{0, 100000, 1000}, {1000, 200000, 64536}});
    EXPECT_TRUE(map.covers(65536));
    EXPECT_FALSE(map.covers(65537));
    EXPECT_FALSE(IdMap({{1, 100000, 1000}}).covers(1));
    EXPECT_FALSE(IdMap({{0, 1, 10}, {11, 100, 10}}).covers(12));
    const std::vector<IdRange> both = {{100000, 500}, {100500, 500}, {200000, 70000}};
    EXPECT_TRUE(map.fits(both));
    const std::vector<IdRange> one = {{100000, 1000}};
    EXPECT_FALSE(map.fits(one));
    const std::vector<IdRange> hole = {{100000, 999}, {200000, 70000}};
    EXPECT_FALSE(map.fits(hole));
}

TEST(IdRange, SetsOfIds) {
    EXPECT_THAT(join_ranges({{10, 5}, {0, 3}, {15, 5}, {12, 1}, {7, 0}}),
                ElementsAre(IdRange{0, 3}, IdRange{10, 10}));
    EXPECT_THAT(intersect_ranges({{0, 10}, {20, 10}}, {{5, 20}}),
                ElementsAre(IdRange{5, 5}, IdRange{20, 5}));
    EXPECT_TRUE(intersect_ranges({{0, 10}}, {{10, 10}}).empty());
    EXPECT_THAT(subtract_ranges({{0, 100}}, {{0, 10}, {50, 10}, {90, 100}}),
                ElementsAre(IdRange{10, 40}, IdRange{60, 30}));
    EXPECT_TRUE(subtract_ranges({{5, 10}}, {{0, 100}}).empty());
    EXPECT_THAT(subtract_ranges({{4294967290u, 5}}, {{4294967292u, 1}}),
                ElementsAre(IdRange{4294967290u, 2}, IdRange{4294967293u, 2}));
}
