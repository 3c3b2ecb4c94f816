// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include "config/codec_net.h"

using namespace lxcpp;
using namespace lxcpp::test;

namespace {

std::string get(std::string_view text, std::string_view key) {
    return get_item(parse(text), key).value_or("(invalid)");
}

} // namespace

TEST(Net, DevicesAreSortedAndSparse) {
    const auto config = parse("lxc.net.7.type = veth\nlxc.net.2.type = none\nlxc.net.7.link = b\n");
    ASSERT_EQ(config.net.size(), 2u);
    EXPECT_EQ(config.net[0].index, 2u);
    EXPECT_EQ(config.net[0].type, NetType::None);
    EXPECT_EQ(config.net[1].link, "b");
    EXPECT_EQ(get_item(config, "lxc.net"), "none\nveth\n");
}

TEST(Net, OtherKeysAloneMakeAnEmptyDevice) {
    const auto config = parse("lxc.net.0.name = eth0\n");
    ASSERT_EQ(config.net.size(), 1u);
    EXPECT_EQ(config.net[0].type, NetType::Empty);
}

TEST(Net, TypeSpecificKeysNeedTheirType) {
    EXPECT_EQ(parse_error("lxc.net.1.veth.pair = v\n"),
              "test.conf:1: lxc.net.1.veth.pair: this needs lxc.net.1.type = veth before it (the "
              "type is empty)");
    EXPECT_EQ(parse_error("lxc.net.1.type = veth\nlxc.net.1.vlan.id = 5\n"),
              "test.conf:2: lxc.net.1.vlan.id: this needs lxc.net.1.type = vlan before it (the "
              "type is veth)");
    EXPECT_TRUE(get("lxc.net.0.type = veth\n", "lxc.net.0.vlan.id") == "(invalid)");
    EXPECT_EQ(get("lxc.net.0.type = veth\n", "lxc.net.0.veth.mode"), "bridge");
}

// A key that is refused must not leave a device behind.
TEST(Net, RefusedKeyMakesNoDevice) {
    Config config;
    EXPECT_THROW(apply(config, "lxc.net.0.veth.pair", "v"), ConfigError);
    EXPECT_THROW(apply(config, "lxc.net.0.mtu", "big"), ConfigError);
    EXPECT_EQ(config, Config{});
}

TEST(Net, NewTypeForgetsWhatOnlyTheOldOneKnew) {
    const auto config = parse("lxc.net.0.type = veth\nlxc.net.0.veth.pair = v\nlxc.net.0.link = l\n"
                              "lxc.net.0.type = macvlan\n");
    EXPECT_EQ(config.net[0].veth, Veth{});
    EXPECT_EQ(config.net[0].link, "l");
}

TEST(Net, ALinkMayBeALongerNameOfTheHosts) {
    const std::string name(127, 'l');
    EXPECT_EQ(parse("lxc.net.0.link = " + name + "\n").net[0].link, name);
    EXPECT_THAT(parse_error("lxc.net.0.link = " + name + "l\n"), testing::HasSubstr("at most 127 bytes"));
}

TEST(Net, AddressesPrintAsAddressAndPrefix) {
    constexpr std::string_view two = "lxc.net.0.ipv4.address = 10.0.0.1/24 10.0.0.255\n"
                                     "lxc.net.0.ipv4.address = 10.0.0.2/24\n";
    EXPECT_EQ(get(two, "lxc.net.0.ipv4.address"), "10.0.0.1/24\n10.0.0.2/24");
    EXPECT_EQ(parse(two).net[0].ipv4_addresses[0].broadcast, "10.0.0.255");
    EXPECT_EQ(get("lxc.net.0.ipv6.address = FE80:0::1\n", "lxc.net.0.ipv6.address"), "fe80::1/64");
}

TEST(Net, AMissingPrefixOfIpv4IsNoneAndOfIpv6IsThatOfALink) {
    EXPECT_THROW((void)parse_address(Family::Ipv4, std::string_view("10.1.2.3\0x", 10)), Error);
    EXPECT_EQ(parse_ip(Family::Ipv4, "10.1.2.3").prefix, kNoPrefix);
    EXPECT_EQ(ip_text(parse_ip(Family::Ipv4, "10.1.2.3")), "10.1.2.3");
    EXPECT_EQ(parse_ip(Family::Ipv4, "192.168.1.4/0").prefix, 0);
    EXPECT_EQ(parse_ip(Family::Ipv6, "fd00::1").prefix, 64);
}

TEST(Net, UnknownNumbersAndNamesAreInvalid) {
    constexpr std::string_view veth = "lxc.net.0.type = veth\n";
    for (const auto key : {"lxc.net.0", "lxc.net.1.type", "lxc.net.x", "lxc.net.type",
                           "lxc.net.0.nonsense", "lxc.net.99999999999.type"})
        EXPECT_EQ(get(veth, key), "(invalid)") << key;
    EXPECT_EQ(get("lxc.net.00.name = abc\n", "lxc.net.0.name"), "abc");
}

TEST(Net, BadValuesAreRefused) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"lxc.net.0.flags = down", "\"down\" is not valid, expected up"},
        {"lxc.net.0.type = token-ring", "expected one of empty, none, veth"},
        {"lxc.net.0.name = abcdefghijklmnopq", "at most 15 bytes"},
        {"lxc.net.0.link = a/b", "an interface name"},
        {"lxc.net.0.link = ..", "an interface name"},
        {"lxc.net.0.hwaddr = 00:16:3e:xx:xx", "expected a hardware address"},
        {"lxc.net.0.hwaddr = 00:16:3e:xx:xx:gg", "expected a hardware address"},
        {"lxc.net.0.mtu = jumbo", "a number of at least 68"},
        {"lxc.net.0.ipv4.address = 10.0.0/24", "expected an IPv4 address"},
        {"lxc.net.0.ipv4.address = 10.0.0.1/33", "expected a prefix from 0 to 32"},
        {"lxc.net.0.ipv6.address = fd00::1/129", "expected a prefix from 0 to 128"},
        {"lxc.net.0.ipv6.address = 10.0.0.1", "expected an IPv6 address"},
        {"lxc.net.0.ipv4.gateway = gw", "expected an IPv4 address"},
        {"lxc.net.0 = x", "lxc.net.N without a key removes the device"},
        {"lxc.net = x", "is not valid"},
    };
    for (const auto& [line, message] : cases)
        EXPECT_THAT(parse_error(std::string(line) + "\n"), testing::HasSubstr(std::string(message)))
            << line;
    EXPECT_THAT(parse_error("lxc.net.0.type = veth\nlxc.net.0.veth.vlan.id = 4095\n"),
                testing::HasSubstr("a VLAN id from 0 to 4094"));
    EXPECT_EQ(parse_error("lxc.net.0.type = vlan\nlxc.net.0.link = e\nlxc.net.0.vlan.id = 65535\n"),
              "");
}
