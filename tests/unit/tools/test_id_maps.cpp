// SPDX-License-Identifier: Apache-2.0
#include "common/id_maps.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/core.h>

using namespace lxcpp;
using namespace lxcpp::tools;
using test::error_of;
using testing::HasSubstr;

namespace {

using Words = std::vector<std::string>;

// As lxcpp-usernsexec does before newuidmap is called.
std::string refusal(const Words& words) {
    return error_of([&] {
        const MapWish wish = parse_maps(words);
        (void)IdMap(wish.uids).text();
        (void)IdMap(wish.gids).text();
    });
}

IdSources anna(std::string_view subuid, std::string_view subgid) {
    return {.user = "anna", .uid = 1000, .subuid = parse_subid(subuid), .subgid = parse_subid(subgid), .accounts = {}};
}

} // namespace

TEST(IdMaps, AreOfUsersGroupsOrBoth) {
    EXPECT_EQ(parse_maps(Words{"u:0:100000:65536", "g:5:200000:7"}), (MapWish{{{0, 100000, 65536}}, {{5, 200000, 7}}}));
    EXPECT_EQ(parse_maps(Words{"b:0:1:2", "7:8:9"}), (MapWish{{{0, 1, 2}, {7, 8, 9}}, {{0, 1, 2}, {7, 8, 9}}}));
    EXPECT_EQ(parse_maps({}), MapWish{});
}

TEST(IdMaps, AnotherFormIsQuoted) {
    for (const char* word : {"", "u:0:100000", "x:0:100000:5", "u:0:100000:5:6", "u:-1:5:6", "u:0:5:0x10", "u:0:4294967296:1", "ub:0:1:2", "u::1:2"}) {
        EXPECT_THAT(refusal({word}), HasSubstr(fmt::format("-m {}: ", word)));
    }
    EXPECT_THAT(refusal({"u:0:100000:65536"}), HasSubstr("no group ids are mapped"));
    EXPECT_THAT(refusal({"g:0:100000:65536"}), HasSubstr("no user ids are mapped"));
}

TEST(IdMaps, WhatOverflowsOrOverlapsNeverGetsToTheSetuidPrograms) {
    for (const Words& words : {Words{"b:0:4294967295:1"}, Words{"b:4294967295:0:1"}, Words{"b:0:100000:4294967295"}, Words{"b:1:0:4294967295"},
                               Words{"b:0:4294967294:2"}, Words{"b:0:100000:0"}, Words{"b:0:100000:10", "b:5:200000:10"}, Words{"b:0:100000:10", "b:20:100009:1"}}) {
        EXPECT_THAT(refusal(words), HasSubstr("id map line")) << words.front();
    }
    Words many;
    for (int i = 0; i <= 340; ++i) many.push_back(fmt::format("b:{}:{}:1", 2 * i, 100000 + 2 * i));
    EXPECT_THAT(refusal(many), HasSubstr("340 at most"));
    many.pop_back();
    EXPECT_THAT(refusal(many), HasSubstr("bytes long")); // more than the kernel takes in the one write
    many.resize(200);
    EXPECT_EQ(refusal(many), "");
    // More than five lines, which the kernel sorts (CVE-2018-18955).
    EXPECT_EQ(refusal({"b:50:100050:1", "b:40:100040:1", "b:30:100030:1", "b:20:100020:1", "b:10:100010:1", "b:0:100000:1"}), "");
}

TEST(IdMaps, WithoutAnyTheFirstRangesOfTheFilesAreTaken) {
    EXPECT_EQ(first_ranges(anna("bert:1:2\nanna:100000:65536\nanna:900000:5\n", "1000:200000:10\n")), (MapWish{{{0, 100000, 65536}}, {{0, 200000, 10}}}));
    EXPECT_THAT(error_of([] { (void)first_ranges(anna("anna:100000:65536\n", "bert:100000:65536\n")); }),
                HasSubstr("anna has no ids in /etc/subgid: give a map with -m, or root gives some with usermod --add-subgids FIRST-LAST anna"));
}

TEST(IdMaps, TheCallerIsMappedOnce) {
    MapWish wish = parse_maps(Words{"b:0:100000:65536"});
    add_self(wish, 1000, 100005);
    EXPECT_EQ(wish, (MapWish{{{0, 100000, 1000}, {1001, 101001, 64535}, {1000, 1000, 1}}, {{0, 100000, 65536}}}));
    MapWish at_the_ends = parse_maps(Words{"u:1000:100000:1", "g:7:100000:2"});
    add_self(at_the_ends, 1000, 7);
    EXPECT_EQ(at_the_ends, (MapWish{{{1000, 1000, 1}}, {{8, 100001, 1}, {7, 7, 1}}}));
    MapWish beside = parse_maps(Words{"b:0:100000:7"});
    add_self(beside, 1000, 7);
    EXPECT_EQ(beside, (MapWish{{{0, 100000, 7}, {1000, 1000, 1}}, {{0, 100000, 7}, {7, 7, 1}}}));
}
