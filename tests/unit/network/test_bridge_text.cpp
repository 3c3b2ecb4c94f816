// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_change.h"
#include "network/bridge_names.h"
#include "network/bridge_rules.h"
#include "network/dnsmasq_text.h"
#include "network/lease.h"
#include "network/publish.h"

#include "sys/file.h"

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>

// What dnsmasq and nft are told: tests/golden/network. LXCPP_UPDATE_GOLDEN=1 writes it anew; read
// the difference.
using namespace lxcpp;

namespace {

void expect_golden(const std::string& name, const std::string& text) {
    const std::filesystem::path file =
        std::filesystem::path(LXCPP_TEST_SOURCE_DIR) / "golden" / "network" / (name + ".txt");
    if (std::getenv("LXCPP_UPDATE_GOLDEN") != nullptr) {
        std::filesystem::create_directories(file.parent_path());
        sys::write_file_atomic(file, text, 0644);
        return;
    }
    EXPECT_EQ(text, sys::read_file_if_exists(file).value_or("(there is no " + file.string() + ")"));
}

BridgeSettings settings_of(const BridgeConfig& config = {}) {
    return settle_bridge(config, {"10.37.124.1/24", "fd01:203:405:607::1/64"}, "seed");
}

BridgePort port_of_c1() {
    BridgePort port{"vethAbc",
                    {"/var/lib/lxcpp", "c1", 0},
                    "02:16:3e:01:02:03",
                    {"10.37.124.9", "10.37.124.10"},
                    {"fe80::16:3eff:fe01:203", "fd01:203:405:607:16:3eff:fe01:203"},
                    {}};
    for (const char* text : {"8080:80", "127.0.0.1:8081:81", "[2001:db8::1]:53:5353/udp"})
        port.published.push_back(parse_published_port(text));
    return port;
}

BridgeFiles files() {
    return bridge_files(Paths{.state = "/var/lib/lxcpp", .runtime = "/run/lxcpp"}, "lxcppbr0");
}

} // namespace

TEST(BridgeText, Dnsmasq) {
    expect_golden("dnsmasq", dnsmasq_configuration(settings_of(), files(), {"dnsmasq", "nogroup"}));
    BridgeConfig config;
    config.ipv6_nat = false;
    config.dnsmasq_file = "/etc/lxcpp/dnsmasq.conf";
    config.domain = "ct.example.org";
    config.ipv4_address = "none";
    expect_golden("dnsmasq-ipv6",
                  dnsmasq_configuration(settings_of(config), files(), {"nobody", "nogroup"}));
}

TEST(BridgeText, Rules) {
    const BridgePort port = port_of_c1();
    expect_golden("rules", bridge_ruleset(settings_of(), std::span(&port, 1)));
    BridgeConfig config;
    config.filter = config.ipv4_nat = config.ipv6_nat = false;
    config.uplink = "eth0";
    expect_golden("rules-open", bridge_ruleset(settings_of(config), {}));
    expect_golden("rules-removal", bridge_ruleset_removal("lxcppbr0"));
}

TEST(BridgeText, ElementsAreTheBytesOfTheirFields) {
    const auto elements = port_elements(settings_of(), port_of_c1());
    ASSERT_EQ(elements.size(), 2u + 2 + 2 + 1 + 2 + 2);
    const std::string name = std::string("vethAbc") + std::string(9, '\0');
    EXPECT_EQ(elements[0],
              (sys::SetElement{sys::NftFamily::Bridge, "lxcpp_lxcppbr0", "macs",
                               name + std::string("\x02\x16\x3e\x01\x02\x03\0\0", 8)}));
    EXPECT_EQ(elements[1].set, "clients");
    EXPECT_EQ(elements[1].key, elements[0].key);
    EXPECT_EQ(elements[2].key, name + std::string("\x0a\x25\x7c\x09", 4));
    EXPECT_EQ(elements[4].key.size(), 32u);
    EXPECT_EQ(elements[6],
              (sys::SetElement{sys::NftFamily::Bridge, "lxcpp_lxcppbr0", "filtered", name}));
    EXPECT_EQ(elements[7], (sys::SetElement{sys::NftFamily::Inet, "lxcpp_lxcppbr0", "published4",
                                            std::string("\x06\0\0\0\x1f\x90\0\0", 8),
                                            std::string("\x0a\x25\x7c\x09\0\x50\0\0", 8)}));
    EXPECT_EQ(elements[8].set, "published4_at");
    EXPECT_EQ(elements[9].set, "published6");
    EXPECT_EQ(elements[10].set, "published6_at");
}

TEST(BridgeText, PortsAreKeptAsText) {
    EXPECT_EQ(parse_bridge_port(bridge_port_text(port_of_c1())), port_of_c1());
    const Reservation reservation{{"/srv/a=b\nc", "c1", 3}, "02:16:3e:01:02:03", true, "fd00::1"};
    EXPECT_EQ(parse_reservation(reservation_text(reservation)), reservation);
    EXPECT_EQ(parse_reservation("nonsense"), std::nullopt);
}

TEST(BridgeText, LeasesAndNames) {
    const auto leases = parse_leases("1700000000 02:16:3e:01:02:03 10.0.3.9 * 01:02\nduid 00:01\n5 "
                                     "12345 fd00::1 * 00\n0 0a:00:00:00:00:01 10.0.3.8 x *\n");
    ASSERT_EQ(leases.size(), 2u);
    EXPECT_EQ(leases[0].address, "10.0.3.9");
    EXPECT_EQ(leases[0].client, "01:02");
    EXPECT_EQ(leases[1].expiry, 0u);
    EXPECT_EQ(leases[1].client, "*");
    for (const char* name : {"c1", "a.b", "_x", "A-b"}) EXPECT_TRUE(is_host_name(name)) << name;
    for (const char* name : {"", "-a", "a-", "a.", "a..b", "a b", "a\nb"})
        EXPECT_FALSE(is_host_name(name)) << name;
    EXPECT_EQ(name_lines("c1", "lxcpp", true, "10.0.3.9", ""), "10.0.3.9 c1.lxcpp c1\n");
    EXPECT_EQ(name_lines("a.b", "lxcpp", false, "10.0.3.9", "fd00::9"),
              "10.0.3.9 a.b.lxcpp\nfd00::9 a.b.lxcpp\n");
    EXPECT_TRUE(names_for("c1", "myhost").alone);
    for (const char* name : {"example.org", "myhost", "MyHost"}) {
        EXPECT_TRUE(names_for(name, "myhost").whole) << name;
        EXPECT_FALSE(names_for(name, "myhost").alone) << name;
    }
    for (const char* name : {"localhost", "LocalHost", "a.localhost", "a-"})
        EXPECT_FALSE(names_for(name, "myhost").whole) << name;
}

TEST(BridgeText, ChangesThatCutOff) {
    const BridgeSettings before = settings_of();
    BridgeSettings now = before;
    now.domain = "other";
    now.ipv4_first += 10;
    EXPECT_EQ(lost_addresses(before, now), "");
    now.ipv4 = ipv4_network("10.37.124.254/24"); // the way out of those that run
    EXPECT_EQ(lost_addresses(before, now),
              "ipv4.address = 10.37.124.254/24 instead of 10.37.124.1/24");
    now.ipv6.reset();
    EXPECT_EQ(lost_addresses(before, now),
              "ipv4.address = 10.37.124.254/24 instead of 10.37.124.1/24, ipv6.address = none "
              "instead of fd01:203:405:607::1/64");
    BridgeSettings without = before;
    without.ipv6.reset();
    EXPECT_EQ(lost_addresses(without, before), ""); // something new is no loss
}

TEST(BridgeText, ReleasesOfLeases) {
    const std::string packet = dhcp_release_packet(
        {0, "02:16:3e:01:02:03", "10.0.3.9", "01:02:16:3e:01:02:03"}, ipv4_number("10.0.3.1"));
    ASSERT_EQ(packet.size(), 236u + 4 + 3 + 6 + 9 + 1);
    EXPECT_EQ(packet.substr(0, 4), std::string("\x01\x01\x06\0", 4));
    EXPECT_EQ(packet.substr(12, 4), std::string("\x0a\0\x03\x09", 4));
    EXPECT_EQ(packet.substr(28, 6), "\x02\x16\x3e\x01\x02\x03");
    EXPECT_EQ(packet.substr(236), std::string("\x63\x82\x53\x63"
                                              "\x35\x01\x07"
                                              "\x36\x04\x0a\0\x03\x01"
                                              "\x3d\x07\x01\x02\x16\x3e\x01\x02\x03\xff",
                                              23));
    EXPECT_EQ(dhcp_release_packet({0, "02:16:3e:01:02:03", "10.0.3.9", "*"}, 1).size(), 250u);
    EXPECT_EQ(dhcp_release_packet({0, "06-02:16:3e:01:02:03", "10.0.3.9", "*"}, 1), "");
}

TEST(BridgeText, FindsListenersInTheWay) {
    const char* const tcp =
        "  sl  local_address rem_address   st tx_queue rx_queue\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
        "   1: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0\n";
    EXPECT_EQ(listener_in(tcp, false, parse_published_port("8080:80")), "127.0.0.1:8080");
    EXPECT_EQ(listener_in(tcp, false, parse_published_port("127.0.0.1:8080:80")), "127.0.0.1:8080");
    EXPECT_EQ(listener_in(tcp, false, parse_published_port("192.0.2.1:8080:80")), std::nullopt);
    EXPECT_EQ(listener_in(tcp, false, parse_published_port("8081:80")), std::nullopt);
    const char* const tcp6 =
        "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 0\n";
    EXPECT_EQ(listener_in(tcp6, true, parse_published_port("192.0.2.1:8080:80")), "[::]:8080");
    EXPECT_EQ(listener_in("damaged\n x: 1 2 0A\n y: zz:zz 0 0A\n", false,
                          parse_published_port("8080:80")),
              std::nullopt);
}
