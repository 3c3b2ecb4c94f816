// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

using namespace lxcpp;
using namespace lxcpp::test;

// "key =" resets; here are the keys where LXC does something else, and the order that decides.

TEST(EmptyValue, AutodevMeansZeroButClearMeansDefault) {
    auto config = parse("lxc.autodev = 1\nlxc.autodev =\n");
    EXPECT_FALSE(config.autodev.enabled);
    clear_item(config, "lxc.autodev");
    EXPECT_TRUE(config.autodev.enabled);
}

TEST(EmptyValue, FstabIsRefused) {
    EXPECT_EQ(parse_error("lxc.mount.fstab =\n"),
              "test.conf:1: lxc.mount.fstab: a value is needed");
}

TEST(EmptyValue, IncludeIsIgnored) {
    EXPECT_EQ(parse("lxc.include =\n"), Config{});
}

TEST(EmptyValue, NetTypeIsRefused) {
    EXPECT_EQ(parse_error("lxc.net.0.type =\n"), "test.conf:1: lxc.net.0.type: a value is needed");
}

TEST(EmptyValue, EitherCapabilityKeyClearsBothLists) {
    EXPECT_EQ(parse("lxc.cap.drop = chown\nlxc.cap.keep =\n"), Config{});
    EXPECT_EQ(parse("lxc.cap.keep = chown\nlxc.cap.drop =\n"), Config{});
}

TEST(EmptyValue, BareHookClearsAllTypesButNotTheVersion) {
    const auto config = parse("lxc.hook.version = 1\nlxc.hook.start = /a\nlxc.hook.stop = /b\n"
                              "lxc.hook =\n");
    EXPECT_EQ(config.hooks, Hooks{.version = 1});
}

TEST(EmptyValue, FamilyClearsAllOrOne) {
    constexpr std::string_view set = "lxc.cgroup2.memory.max = 1\nlxc.cgroup2.pids.max = 2\n"
                                     "lxc.cgroup.dir = d\n";
    const auto one = parse(std::string(set) + "lxc.cgroup2.memory.max =\n");
    EXPECT_EQ(one.cgroup.v2, (std::vector<Setting>{{"pids.max", "2"}}));
    const auto all = parse(std::string(set) + "lxc.cgroup2 =\nlxc.cgroup =\n");
    EXPECT_TRUE(all.cgroup.v2.empty());
    EXPECT_EQ(all.cgroup.dir, "d"); // a key of its own, no file of the group
}

TEST(EmptyValue, NetClearsAllDevicesOrOne) {
    constexpr std::string_view set = "lxc.net.0.type = empty\nlxc.net.5.type = veth\n"
                                     "lxc.net.50.type = none\n";
    EXPECT_TRUE(parse(std::string(set) + "lxc.net =\n").net.empty());
    const auto config = parse(std::string(set) + "lxc.net.5 =\n");
    ASSERT_EQ(config.net.size(), 2u);
    EXPECT_EQ(config.net[1].index, 50u);
}

TEST(EmptyValue, QuotedEmptyIsEmptyToo) {
    EXPECT_EQ(parse("lxc.uts.name = a\nlxc.uts.name = \"\"\n"), Config{});
}

// The order of the lines decides: what is set after the clearing line stays.
TEST(EmptyValue, OrderDecides) {
    const auto config = parse("lxc.cap.drop = chown\nlxc.cap.drop =\nlxc.cap.drop = kill\n");
    EXPECT_THAT(config.caps.drop, testing::ElementsAre("kill"));
}
