// SPDX-License-Identifier: Apache-2.0
#include "config/bridge_config.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

using namespace lxcpp;
using lxcpp::test::error_of;

namespace {

BridgeConfig parse(std::string_view text) {
    return parse_bridge_config(text, "net.conf");
}
std::string error_in(std::string_view text) {
    return error_of([&] { (void)parse(text); });
}

} // namespace

TEST(BridgeConfig, IsTheDefaultsWithoutAFile) {
    EXPECT_EQ(parse(""), BridgeConfig{});
    EXPECT_EQ(parse(bridge_config_template()), BridgeConfig{});
}

TEST(BridgeConfig, ReadsEachKey) {
    const BridgeConfig config = parse(
        "# ours\nbridge = ctbr0\nbridge.mac = 02:00:00:00:00:01\nbridge.mtu = 1400\n"
        "ipv4.address = \"10.0.3.1/24\"\nipv4.dhcp.range = 10.0.3.10, 10.0.3.99\nipv4.nat = 0\n"
        "ipv6.address = none\nipv6.nat=0\ndomain = ct.example.org\nfilter = 0\n"
        "dnsmasq.file = /etc/lxcpp/dnsmasq.conf\nuplink = eth0.7\n");
    BridgeConfig wanted;
    wanted.bridge = "ctbr0";
    wanted.mac = "02:00:00:00:00:01";
    wanted.mtu = 1400;
    wanted.ipv4_address = "10.0.3.1/24";
    wanted.ipv4_first = "10.0.3.10";
    wanted.ipv4_last = "10.0.3.99";
    wanted.ipv4_nat = wanted.ipv6_nat = wanted.filter = false;
    wanted.ipv6_address = "none";
    wanted.domain = "ct.example.org";
    wanted.dnsmasq_file = "/etc/lxcpp/dnsmasq.conf";
    wanted.uplink = "eth0.7";
    EXPECT_EQ(config, wanted);
}

TEST(BridgeConfig, NamesWhatIsWrong) {
    EXPECT_EQ(error_in("\nLXC_BRIDGE=lxcbr0"), "net.conf:2: LXC_BRIDGE: here it is bridge");
    EXPECT_EQ(error_in("LXC_NETMASK = 255.0.0.0"),
              "net.conf:1: LXC_NETMASK: here it is part of ipv4.address = ADDRESS/PREFIX");
    EXPECT_EQ(error_in("ipv4.addres = auto"),
              "net.conf:1: ipv4.addres: unknown key; did you mean ipv4.address?");
    EXPECT_EQ(error_in("filter"), "net.conf:1: filter: the line has no \"=\"");
    EXPECT_EQ(error_in("ipv4.address = none\nipv6.address = none"),
              "net.conf: ipv6.address: none, and ipv4.address is none too: there is nothing left "
              "to manage");
    EXPECT_EQ(error_in("ipv6.address = fd00::1/48"), "net.conf:1: ipv6.address: \"fd00::1/48\" is not valid, expected the prefix 64");
    EXPECT_EQ(error_in("ipv6.address = fd00::1"), "net.conf:1: ipv6.address: \"fd00::1\" is not valid, expected an address with its prefix, as fd00:1:2:3::1/64");
    EXPECT_EQ(error_in("ipv4.dhcp.range = 10.0.3.2,10.0.3.9\nipv4.address = none"),
              "net.conf:1: ipv4.dhcp.range: ipv4.address is none, and there is nothing to give");
    for (const char* line : {"bridge = a.b",
                             "bridge = ",
                             "bridge = sixteen_letters_",
                             "bridge = a\"b",
                             "bridge = all",
                             "bridge = lo",
                             "bridge.mac = 02:xx:00:00:00:01",
                             "bridge.mac = ff:00:00:00:00:01",
                             "bridge.mac = 00:00:00:00:00:00",
                             "bridge.mtu = 100",
                             "bridge.mtu = 70000",
                             "ipv4.address = 10.0.3.1",
                             "ipv4.address = 10.0.3.1/30",
                             "ipv4.address = 300.0.3.1/24",
                             "ipv6.address = fd00::1/48",
                             "ipv6.address = 10.0.3.1/64",
                             "ipv4.dhcp.range = 10.0.3.2",
                             "ipv4.dhcp.range = 10.0.3.2,x",
                             "ipv4.nat = maybe",
                             "domain = a..b",
                             "domain = -a",
                             "domain = a/b",
                             "domain =",
                             "filter = 2",
                             "dnsmasq.file = relative",
                             "dnsmasq.file = /a,b",
                             "uplink = a b",
                             "uplink = a\"b"})
        EXPECT_EQ(error_in(line).rfind("net.conf:1: ", 0), 0u) << line << ": " << error_in(line);
}

TEST(BridgeConfig, RefusesAddressesThatNoBridgeCanHave) {
    for (const char* address : {"0.0.0.1/8", "127.0.0.1/8", "169.254.0.1/16", "224.0.0.1/24",
                                "239.1.2.3/24", "240.0.0.1/24", "255.255.255.1/24"}) {
        const std::string error = error_in(std::string("ipv4.address = ") + address);
        EXPECT_NE(error.find("cannot be a bridge's: "), error.npos) << address << ": " << error;
    }
    for (const char* address : {"::1/64", "::ffff:10.0.3.1/64", "fe80::1/64", "febf::1/64",
                                "ff00::1/64", "ff02::1/64"}) {
        const std::string error = error_in(std::string("ipv6.address = ") + address);
        EXPECT_NE(error.find("cannot be a bridge's: "), error.npos) << address << ": " << error;
    }
    for (const char* line : {"ipv4.address = 1.0.0.1/24", "ipv4.address = 223.255.255.1/24",
                             "ipv4.address = 100.64.0.1/10", "ipv6.address = fec0::1/64",
                             "ipv6.address = 2001:db8::1/64", "ipv6.address = fd00::1/64"})
        EXPECT_NO_THROW((void)parse(line)) << line;
}

TEST(BridgeConfig, RefusesAKeyThatStandsThereTwice) {
    EXPECT_EQ(error_in("domain = a\n\ndomain = b\n"),
              "net.conf:3: domain: it stands in line 1 already");
}

TEST(BridgeConfig, DescribesItsKeys) {
    for (const BridgeKeyInfo& key : bridge_keys()) {
        EXPECT_FALSE(key.syntax.empty()) << key.name;
        EXPECT_FALSE(key.help.empty()) << key.name;
        if (!key.fallback.empty()) {
            EXPECT_EQ(parse(key.name + " = " + key.fallback), BridgeConfig{}) << key.name;
        }
    }
}
