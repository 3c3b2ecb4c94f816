// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_names.h"
#include "start/user_nic.h"

#include <gtest/gtest.h>

namespace lxcpp {
namespace {

TEST(UserNic, IsNotedAndReadAgain) {
    UserNic nic{.nic = 3, .bridge = "br0", .peer = "veth1000_abcd", .index = 77, .managed = {}};
    EXPECT_EQ(parse_user_nic(print_user_nic(nic)), nic);
    nic.bridge.clear();
    EXPECT_EQ(parse_user_nic(print_user_nic(nic)), nic);
    nic.managed = PortAddresses{.mac = "0a:01:02:03:04:05",
                                .ipv4 = "10.0.3.5/24",
                                .ipv4_gateway = "10.0.3.1",
                                .ipv6 = "",
                                .ipv6_gateway = ""};
    EXPECT_EQ(parse_user_nic(print_user_nic(nic)), nic);
    for (const char* line :
         {"", "3 br0 veth1000_abcd 0 - - - - -", "3 br0 veth1000_abcd x - - - - -",
          "x br0 veth1000_abcd 7 - - - - -", "3 br0 veth1000_abcd 7 - - - -",
          "3 br0 veth1000_abcd 99999999999 - - - - -"})
        EXPECT_FALSE(parse_user_nic(line)) << line;
}

TEST(UserNames, AreLabelsOrNumbers) {
    EXPECT_EQ(user_label("anna", 1000), "anna");
    EXPECT_EQ(user_label("anna-2", 1000), "anna-2");
    for (const char* name : {"", "Anna", "an.na", "an_na", "-anna", "anna-", "1001", "\xc3\xa4nna",
                             "a b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
        EXPECT_EQ(user_label(name, 1000), "1000") << name;
}

} // namespace
} // namespace lxcpp
