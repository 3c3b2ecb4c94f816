// SPDX-License-Identifier: Apache-2.0
#include "user_nic/pair.h"
#include "user_nic/request.h"
#include "user_nic/rules.h"

#include <gmock/gmock.h>

namespace lxcpp::user_nic {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Caller kAnna{1000, "anna", {{1000, "anna"}, {27, "sudo"}, {4242, ""}}};

TEST(UsernetRules, WordsAreComparedAsAWhole) {
    EXPECT_THAT(allotments("anna veth br0 3\n", kAnna, "br0"), ElementsAre(Allotment{"u1000", 3}));
    EXPECT_THAT(allotments("ann veth br0 3\nannab veth br0 3\n", kAnna, "br0"), IsEmpty());
    EXPECT_THAT(allotments("anna veth br 3\nanna veth br00 3\n", kAnna, "br0"), IsEmpty());
    EXPECT_THAT(allotments("anna vet br0 3\nanna veths br0 3\nanna macvlan br0 3\n", kAnna, "br0"),
                IsEmpty());
    EXPECT_THAT(allotments("@sud veth br0 3\n@sudoers veth br0 3\nsudo veth br0 3\n@ veth br0 "
                           "3\n@anna2 veth br0 1\n",
                           kAnna, "br0"),
                IsEmpty());
}

TEST(UsernetRules, AllLinesCanBeUsedInTheirOrder) {
    EXPECT_THAT(allotments("@sudo veth br0 1\nanna veth br0 2\n@4242 veth br0 5\n1000 veth br0 7\n",
                           kAnna, "br0"),
                ElementsAre(Allotment{"g27", 1}, Allotment{"u1000", 2}, Allotment{"g4242", 5},
                            Allotment{"u1000", 7}));
}

TEST(UsernetRules, WhatIsNoRuleGivesNothing) {
    EXPECT_THAT(allotments("", kAnna, "br0"), IsEmpty());
    EXPECT_THAT(allotments("#anna veth br0 3\n# anna veth br0 3\nanna veth br0\nanna veth br0 "
                           "-1\nanna veth br0 x\nanna veth br0 1x\nanna veth br0 0x3\n",
                           kAnna, "br0"),
                IsEmpty());
    EXPECT_THAT(allotments("anna veth br0 18446744073709551617\n", kAnna, "br0"), IsEmpty());
}

TEST(UsernetRules, BlanksAndWhatFollowsAreLeftAlone) {
    EXPECT_THAT(allotments(" \tanna\tveth  br0\t3   # why\r\nanna veth br0 4", kAnna, "br0"),
                ElementsAre(Allotment{"u1000", 3}, Allotment{"u1000", 4}));
    EXPECT_THAT(allotments("anna veth br0 99999999999\n", kAnna, "br0"),
                ElementsAre(Allotment{"u1000", 1000000}));
}

TEST(UsernetRules, WhoHasNoNameIsFoundByNumberOnly) {
    const Caller nameless{1000, "", {{1000, ""}}};
    EXPECT_THAT(allotments(" veth br0 3\nanna veth br0 3\n1000 veth br0 2\n", nameless, "br0"),
                ElementsAre(Allotment{"u1000", 2}));
}

TEST(UsernetRules, AccountsAreFoundInTheFiles) {
    constexpr std::string_view passwd =
        "root:x:0:0::/:/bin/sh\nbroken\n:x:1000:\nanna:x:1000:1000::/:/bin/sh\nanna2:x:1000:1::/"
        ":\nb:x:-1:\nc:x:1000 :\n";
    EXPECT_EQ(user_name(passwd, 1000), "anna");
    EXPECT_EQ(user_name(passwd, 1), "");
    EXPECT_EQ(user_name("", 1000), "");
    const std::vector<gid_t> gids{27, 5, 4294967295u};
    const auto groups =
        named_groups("sudo:x:27:anna\nother:x:27:\nfive:x:5\nlast:x:4294967295:\n", gids);
    ASSERT_EQ(groups.size(), 3u);
    EXPECT_EQ(groups[0].name, "sudo");
    EXPECT_EQ(groups[1].name, "five");
    EXPECT_EQ(groups[2].name, "last");
    EXPECT_THAT(named_groups("sudo:x:27:\n", {}), IsEmpty());
}

// LXC's helper read beyond the end of its list of groups for years: here in a build with
// sanitizers, too.
TEST(UsernetRules, NoGroupsOneAndAThousand) {
    std::string file;
    std::vector<gid_t> gids;
    for (gid_t gid = 60001; gid <= 61000; ++gid) {
        gids.push_back(gid);
        file += "g" + std::to_string(gid) + ":x:" + std::to_string(gid) + ":\n";
    }
    for (const std::size_t count : {0u, 1u, 1000u}) {
        const std::span<const gid_t> some(gids.data(), count);
        const Caller caller{1000, "anna", named_groups(file, some)};
        ASSERT_EQ(caller.groups.size(), count);
        EXPECT_EQ(allotments("@g60001 veth br0 1\n", caller, "br0").size(), count > 0 ? 1u : 0u);
        EXPECT_EQ(allotments("@g61000 veth br0 1\n", caller, "br0").size(),
                  count == 1000 ? 1u : 0u);
        EXPECT_THAT(
            allotments("@g6100 veth br0 1\n@g610000 veth br0 1\n@ veth br0 1\n", caller, "br0"),
            IsEmpty());
    }
}

TEST(UserNicRequest, NamesThatAreNone) {
    const auto parse = [](const char* bridge, const char* name, const char* container = "c1",
                          const char* index = "0", const char* address = "10.0.3.5") {
        const std::vector<const char*> words{"create", bridge, name, container, index, address};
        return parse_request(words);
    };
    EXPECT_EQ(parse("br0", "eth0").address, "10.0.3.5");
    for (const char* name : {"", ".", "..", "a/b", "eth%d", "a b", "a\nb", "sixteencharacter",
                             "\xc3\xbc", "all", "default", "a:b"}) {
        EXPECT_THROW((void)parse("br0", name), Misuse) << name;
        EXPECT_THROW((void)parse(name, "eth0"), Misuse) << name;
    }
    for (const char* container : {"", "..", "a/b", "-c", "a\nb"})
        EXPECT_THROW((void)parse("br0", "eth0", container), Misuse) << container;
    for (const char* index : {"", "-1", "10000", "1x", "0x1", "99999999999999999999"})
        EXPECT_THROW((void)parse("br0", "eth0", "c1", index), Misuse) << index;
    for (const char* address : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4/24",
                                "a.b.c.d", "1..2.3", "-1.2.3.4", "-"})
        EXPECT_THROW((void)parse("br0", "eth0", "c1", "0", address), Misuse) << address;
    EXPECT_THROW((void)parse_request({}), Misuse);
    const std::vector<const char*> other{"delete", "br0", "eth0", "c1", "0"};
    EXPECT_THROW((void)parse_request(other), Misuse);
}

TEST(UserNicMark, IsCountedAsAWhole) {
    const Request request{"br0", "eth0", "c1", 0, ""};
    std::vector<sys::NetLink> links(4);
    links[0].alias = mark_of(request, "u1000", 1000);
    links[0].parent_namespace = 3;
    links[1].alias = mark_of(request, "u10", 10);
    links[1].parent_namespace = -1;
    links[2].alias = mark_of({"br00", "eth0", "c1", 0, ""}, "u1000", 1000);
    links[3].alias = "somebody's: " + mark_of(request, "u1000", 1000);
    EXPECT_EQ(count_marked(links, "u1000", "br0").all, 1u);
    EXPECT_EQ(count_marked(links, "u1000", "br0").dying, 0u);
    EXPECT_EQ(count_marked(links, "u10", "br0").dying, 1u);
    EXPECT_EQ(count_marked(links, "u100", "br0").all, 0u);
    EXPECT_EQ(count_marked(links, "u1000", "br").all, 0u);
    EXPECT_EQ(count_marked(links, "g1000", "br0").all, 0u);
}

} // namespace
} // namespace lxcpp::user_nic
