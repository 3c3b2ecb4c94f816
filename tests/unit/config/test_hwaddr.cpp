// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include "config/hwaddr.h"

#include <set>

using namespace lxcpp;
using namespace lxcpp::test;

TEST(Hwaddr, ExpandsOnlyTheFreeDigits) {
    EXPECT_EQ(expand_hwaddr("10:66:6a:00:00:01"), "10:66:6a:00:00:01");
    EXPECT_THAT(expand_hwaddr("10:66:6a:xx:XX:x1"),
                testing::MatchesRegex("10:66:6a:[0-9a-f][0-9a-f]:[0-9a-f][0-9a-f]:[0-9a-f]1"));
}

TEST(Hwaddr, StaysUnicast) {
    for (int i = 0; i < 200; ++i) {
        const auto address = expand_hwaddr("xx:xx:xx:xx:xx:xx");
        EXPECT_EQ(std::stoi(address.substr(1, 1), nullptr, 16) % 2, 0) << address;
    }
}

TEST(Hwaddr, DiffersEachTime) {
    std::set<std::string> seen;
    for (int i = 0; i < 50; ++i) seen.insert(expand_hwaddr("10:66:6a:xx:xx:xx"));
    EXPECT_GT(seen.size(), 45u);
}

TEST(Hwaddr, ChangesNothingElseInTheText) {
    ConfigText text("# lxc.net.0.hwaddr = xx\nlxc.net.0.hwaddr  =  10:66:6a:00:00:0x\r\n"
                    "lxc.net.0.link = xx\nlxc.net.1.hwaddr = 10:66:6a:00:00:01\n");
    EXPECT_EQ(expand_hwaddrs(text), 1u);
    EXPECT_THAT(text.text(),
                testing::MatchesRegex("# lxc.net.0.hwaddr = xx\nlxc.net.0.hwaddr  =  "
                                      "10:66:6a:00:00:0[0-9a-f]\r\nlxc.net.0.link = xx\n"
                                      "lxc.net.1.hwaddr = 10:66:6a:00:00:01\n"));
}
