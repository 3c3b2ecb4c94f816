// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include "config/item.h"

using namespace lxcpp;

TEST(Suggest, NearestKey) {
    EXPECT_EQ(suggest_key("lxc.autodve"), "lxc.autodev");
    EXPECT_EQ(suggest_key("lxc.hook.prestart"), "lxc.hook.pre-start");
    EXPECT_EQ(suggest_key("lxc.net.2.ipv4.adress"), "lxc.net.2.ipv4.address");
    EXPECT_EQ(suggest_key("lxc.sysctrl.net.core"), "lxc.sysctl.net.core");
    EXPECT_EQ(suggest_key("lxc.network.0.link"), "lxc.net.0.link");
    EXPECT_EQ(suggest_key("lxc.entirely.different"), std::nullopt);
    EXPECT_EQ(suggest_key(std::string(5000, 'x')), std::nullopt);
}
