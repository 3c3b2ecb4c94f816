// SPDX-License-Identifier: Apache-2.0
#include "config/published_port.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

using namespace lxcpp;
using lxcpp::test::error_of;

TEST(PublishedPort, IsReadAndWritten) {
    EXPECT_EQ(parse_published_port("8080:80"), (PublishedPort{"", 8080, 80, false}));
    EXPECT_EQ(parse_published_port("53:5353/udp"), (PublishedPort{"", 53, 5353, true}));
    EXPECT_EQ(parse_published_port("192.0.2.1:8080:80/tcp"),
              (PublishedPort{"192.0.2.1", 8080, 80, false}));
    EXPECT_EQ(parse_published_port("[2001:DB8::0:1]:8080:80"),
              (PublishedPort{"2001:db8::1", 8080, 80, false}));
    EXPECT_EQ(parse_published_port("0.0.0.0:8080:80"), (PublishedPort{"", 8080, 80, false}));
    for (const char* text :
         {"8080:80/tcp", "53:53/udp", "127.0.0.1:1:65535/tcp", "[2001:db8::1]:8080:80/udp"})
        EXPECT_EQ(published_port_text(parse_published_port(text)), text);
}

TEST(PublishedPort, SaysWhatIsWrong) {
    const auto error_in = [](std::string_view text) {
        return error_of([&] { (void)parse_published_port(text); });
    };
    for (const char* text : {"",
                             ":",
                             "80",
                             "0:80",
                             "80:0",
                             "65536:80",
                             "80:65536",
                             "a:80",
                             "80:b",
                             "80:80/",
                             "80:80/sctp",
                             "80:80/tcp/udp",
                             "1.2.3:80:80",
                             "300.1.1.1:80:80",
                             "::1:80:80",
                             "[::1:80:80",
                             "[::1]80:80",
                             "[1.2.3.4]:80:80",
                             "[]:80:80",
                             "224.0.0.1:80:80",
                             "255.255.255.255:80:80",
                             "[ff02::1]:80:80",
                             "80:80 ",
                             " 80:80",
                             "-1:80",
                             "+80:80",
                             "0x50:80",
                             "1.2.3.4:80:80:80"})
        EXPECT_NE(error_in(text), "") << text;
    EXPECT_EQ(error_in("80:80/sctp"), "\"80:80/sctp\": the protocol is tcp or udp, not \"sctp\"");
    EXPECT_EQ(error_in("fd00::1:80:80"),
              "\"fd00::1:80:80\": an IPv6 address stands in brackets: [ADDRESS]:HOST_PORT:PORT");
    EXPECT_NE(error_in("[::1]:80:80").find("give 127.0.0.1"), std::string::npos);
}

TEST(PublishedPort, ConflictsWithWhatMayMeanTheSamePackets) {
    const auto conflicts = [](std::string_view one, std::string_view other) {
        const PublishedPort a = parse_published_port(one);
        const PublishedPort b = parse_published_port(other);
        EXPECT_EQ(conflict(a, b), conflict(b, a));
        return conflict(a, b);
    };
    EXPECT_TRUE(conflicts("80:80", "80:81"));
    EXPECT_TRUE(conflicts("80:80", "127.0.0.1:80:80"));
    EXPECT_FALSE(conflicts("80:80", "81:80"));
    EXPECT_FALSE(conflicts("80:80", "80:80/udp"));
    EXPECT_FALSE(conflicts("127.0.0.1:80:80", "127.0.0.2:80:80"));
}
