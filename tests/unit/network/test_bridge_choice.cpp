// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_choice.h"

#include "support/error_of.h"

#include <gtest/gtest.h>
#include <set>

using namespace lxcpp;
using lxcpp::test::error_of;

namespace {

constexpr const char* kSeed = "0123456789abcdef";

BridgeSettings settle(const BridgeConfig& config) {
    return settle_bridge(config, {"10.37.124.1/24", "fd01:203:405:607::1/64"}, kSeed);
}

} // namespace

TEST(BridgeChoice, TakesANetworkWithoutARoute) {
    const Ipv4Network first = choose_ipv4(kSeed, {});
    EXPECT_EQ(first, choose_ipv4(kSeed, {}));
    EXPECT_EQ(first.prefix, 24);
    EXPECT_EQ(first.address >> 24, 10u);
    EXPECT_EQ(first.address & 0xff, 1u);
    std::vector<Ipv4Network> routes = {{first.first(), 24}};
    const Ipv4Network second = choose_ipv4(kSeed, routes);
    EXPECT_FALSE(second.overlaps(first));
    // A larger one around it, one host in it, and the default route.
    for (const Ipv4Network& route :
         {Ipv4Network{first.first(), 16}, Ipv4Network{first.first() + 200, 32}}) {
        const Ipv4Network other = choose_ipv4(kSeed, std::span(&route, 1));
        EXPECT_FALSE(other.overlaps(route)) << text_of(route);
    }
    const Ipv4Network everything{0, 0};
    EXPECT_EQ(choose_ipv4(kSeed, std::span(&everything, 1)), first);
}

TEST(BridgeChoice, FindsTheLastFreeNetworkAndSaysWhenThereIsNone) {
    std::vector<Ipv4Network> routes;
    for (std::uint32_t i = 0; i < 255; ++i) routes.push_back({10u << 24 | i << 16, 16});
    for (std::uint32_t i = 1; i < 256; ++i) routes.push_back({10u << 24 | 255u << 16 | i << 8, 24});
    EXPECT_EQ(text_of(choose_ipv4(kSeed, routes)), "10.255.0.1/24");
    routes.push_back({10u << 24 | 255u << 16, 24});
    EXPECT_NE(
        error_of([&] { (void)choose_ipv4(kSeed, routes); }).find("set ipv4.address in net.conf"),
        std::string::npos);
}

TEST(BridgeChoice, DerivesTheRestFromTheHost) {
    const std::string address = ipv6_text(choose_ipv6(kSeed));
    EXPECT_EQ(address.rfind("fd", 0), 0u) << address;
    EXPECT_NE(choose_ipv6(kSeed), choose_ipv6("another"));
    const MacAddress mac = mac_address(choose_mac(kSeed));
    EXPECT_EQ(mac[0] & 3, 2); // local, unicast
    EXPECT_NE(choose_mac(kSeed), choose_mac("another"));
}

TEST(BridgeChoice, SettlesAConfiguration) {
    BridgeConfig config;
    const BridgeSettings settings = settle(config);
    EXPECT_EQ(text_of(*settings.ipv4), "10.37.124.1/24");
    EXPECT_EQ(ipv4_text(settings.ipv4_first), "10.37.124.1");
    EXPECT_EQ(ipv4_text(settings.ipv4_last), "10.37.124.254");
    EXPECT_EQ(ipv6_text(*settings.ipv6), "fd01:203:405:607::1");
    EXPECT_TRUE(settings.ipv6_router);
    EXPECT_EQ(parse_bridge_settings(bridge_settings_text(settings)), settings);
    config.ipv6_nat = false;
    EXPECT_FALSE(settle(config).ipv6_router);
    config.ipv4_address = "none";
    config.ipv6_address = "2001:db8::1/64";
    EXPECT_TRUE(settle(config).ipv6_router); // routed
    EXPECT_FALSE(settle(config).ipv4);
    EXPECT_EQ(parse_bridge_settings(bridge_settings_text(settle(config))), settle(config));
}

TEST(BridgeChoice, RefusesWhatContradictsItself) {
    const auto error_with = [](auto change) {
        BridgeConfig config;
        config.ipv4_address = "10.0.3.1/24";
        change(config);
        return error_of([&] { (void)settle(config); });
    };
    EXPECT_EQ(error_with([](BridgeConfig&) {}), "");
    EXPECT_NE(
        error_with([](BridgeConfig& c) { c.ipv4_address = "10.0.3.0/24"; }).find("as 10.0.3.1/24"),
        std::string::npos);
    EXPECT_NE(error_with([](BridgeConfig& c) { c.ipv4_address = "10.0.3.255/24"; }), "");
    EXPECT_NE(error_with([](BridgeConfig& c) { c.ipv6_address = "2001:db8::/64"; }), "");
    for (const auto& [first, last] :
         {std::pair("10.0.4.2", "10.0.4.9"), std::pair("10.0.3.9", "10.0.3.2"),
          std::pair("10.0.3.0", "10.0.3.9"), std::pair("10.0.3.9", "10.0.3.255")})
        EXPECT_NE(error_with([&](BridgeConfig& c) { c.ipv4_first = first, c.ipv4_last = last; }),
                  "")
            << first;
}

TEST(BridgeChoice, GivesEachContainerAnAddressOfItsOwn) {
    BridgeConfig config;
    config.ipv4_address = "10.0.3.1/28";
    const BridgeSettings settings = settle(config);
    std::set<std::uint32_t> taken;
    const auto is_taken = [&](std::uint32_t address) { return taken.contains(address); };
    const auto first = choose_container_ipv4(settings, "/var/lib/lxcpp\nc1\n0", is_taken);
    EXPECT_EQ(first, choose_container_ipv4(settings, "/var/lib/lxcpp\nc1\n0", is_taken));
    for (int i = 0; i < 13; ++i) {
        const auto address = choose_container_ipv4(settings, "c" + std::to_string(i), is_taken);
        ASSERT_TRUE(address);
        EXPECT_TRUE(settings.ipv4->contains(*address));
        EXPECT_NE(*address, settings.ipv4->address);
        EXPECT_TRUE(taken.insert(*address).second);
    }
    EXPECT_EQ(choose_container_ipv4(settings, "one more", is_taken), std::nullopt);
}

TEST(IpNetwork, KnowsAddressesThatDevicesGiveThemselves) {
    const MacAddress mac = mac_address("02:16:3E:01:02:03");
    EXPECT_EQ(ipv6_text(ipv6_link_local(mac)), "fe80::16:3eff:fe01:203");
    EXPECT_EQ(ipv6_text(ipv6_of_mac(ipv6_address("fd00::"), mac)), "fd00::16:3eff:fe01:203");
    EXPECT_EQ(mac_address_text(mac), "02:16:3e:01:02:03");
    for (const char* text :
         {"", "02:16:3e:01:02", "02:16:3e:01:02:0g", "2:16:3e:01:02:03", "02:16:3e:01:02:03:04"})
        EXPECT_NE(error_of([&] { (void)mac_address(text); }), "") << text;
}
