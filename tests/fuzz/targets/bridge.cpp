// SPDX-License-Identifier: Apache-2.0
// net.conf, what becomes of it in the files that nft and dnsmasq read, and the notes and leases that a later command
// reads again.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "config/bridge_config.h"
#include "network/bridge_change.h"
#include "network/bridge_choice.h"
#include "network/bridge_files.h"
#include "network/bridge_rules.h"
#include "network/dnsmasq_text.h"
#include "network/lease.h"

#include <algorithm>
#include <array>

namespace lxcpp::fuzz {
namespace {

const BridgeChoice kChoice{"10.37.124.1/24", "fd01:203:405:607::1/64"};

bool is_usable(const Ipv4Network& network) {
    const std::uint32_t first = network.address >> 24;
    return first != 0 && first != 127 && first < 224 && network.prefix >= 8 && network.prefix <= 29;
}

// Each line is one that we have written, whatever stands in the file of the administrator.
void check_dnsmasq(const BridgeSettings& settings, const BridgeFiles& files) {
    constexpr std::array kWords = {
        "user", "group", "pid-file", "interface", "except-interface", "bind-dynamic", "no-hosts", "hostsdir", "domain", "local",
        "domain-needed", "bogus-priv", "dhcp-ignore-names", "dhcp-ignore-clid", "dhcp-leasefile", "dhcp-hostsdir", "quiet-dhcp", "quiet-ra",
        "dhcp-authoritative", "dhcp-range", "enable-ra", "ra-param", "conf-file"};
    const std::string text = dnsmasq_configuration(settings, files, {"nobody", "nogroup"});
    std::size_t lines = 0;
    for (const std::string_view line : split_lines(text)) {
        if (line.starts_with('#')) continue;
        ++lines;
        const std::string_view word = line.substr(0, line.find('='));
        FUZZ_CHECK_WITH(std::ranges::find(kWords, word) != kWords.end(), line);
    }
    FUZZ_CHECK_WITH(lines <= kWords.size() + 1, text); // dhcp-range is there twice
}

// No name gets out of its quotes.
void check_rules(const BridgeSettings& settings) {
    BridgeSettings plain = settings;
    plain.bridge = "b";
    if (!plain.uplink.empty()) plain.uplink = "u";
    const auto marks = [](const std::string& text) {
        std::string found;
        for (const char c : text) {
            if (std::string_view("{}\";\n").find(c) != std::string_view::npos) found += c;
        }
        return found;
    };
    FUZZ_CHECK(marks(bridge_ruleset(settings, {})) == marks(bridge_ruleset(plain, {})));
}

void check_settings(const BridgeSettings& settings) {
    FUZZ_CHECK(!settings.bridge.empty() && settings.bridge.size() <= 15);
    FUZZ_CHECK(settings.ipv4 || settings.ipv6);
    if (settings.ipv4) {
        const Ipv4Network& own = *settings.ipv4;
        FUZZ_CHECK_WITH(is_usable(own), text_of(own));
        FUZZ_CHECK(own.address != own.first() && own.address != own.last());
        FUZZ_CHECK(own.contains(settings.ipv4_first) && own.contains(settings.ipv4_last));
        FUZZ_CHECK(settings.ipv4_first <= settings.ipv4_last && settings.ipv4_first > own.first() && settings.ipv4_last < own.last());
        const auto chosen = choose_container_ipv4(settings, "key", [](std::uint32_t) { return false; });
        FUZZ_CHECK(!chosen || (*chosen >= settings.ipv4_first && *chosen <= settings.ipv4_last && *chosen != own.address));
    }
    if (settings.ipv6) {
        const Ipv6Address& own = *settings.ipv6;
        FUZZ_CHECK(own[0] != 0xff && !(own[0] == 0xfe && (own[1] & 0xc0) == 0x80) && own != ipv6_prefix64(own));
    }
    FUZZ_CHECK_WITH(parse_bridge_settings(bridge_settings_text(settings)) == settings, bridge_settings_text(settings));
    FUZZ_CHECK(lost_addresses(settings, settings).empty());
    check_dnsmasq(settings, {"/var/lib/lxcpp/.network/b", "/run/lxcpp/.network/b"});
    check_rules(settings);
}

void check_net_conf(std::string_view text) {
    const auto config = accepted([&] { return parse_bridge_config(text, "net.conf"); });
    if (!config) return;
    const auto settings = accepted([&] { return settle_bridge(*config, kChoice, "seed"); });
    if (settings) check_settings(*settings);
}

// Notes of ours that were damaged: an Error at most, and what was read is written as it was read.
void check_notes(std::string_view text) {
    if (text.find('\0') != text.npos) return; // no path has one, and none can be written
    if (const auto port = accepted([&] { return parse_bridge_port(text); }))
        FUZZ_CHECK(parse_bridge_port(bridge_port_text(*port)) == *port);
    if (const auto one = parse_reservation(text)) FUZZ_CHECK(parse_reservation(reservation_text(*one)) == one);
    accepted([&] { return parse_bridge_settings(text); });
}

// dnsmasq's own user writes them.
void check_leases(std::string_view text) {
    for (const DhcpLease& lease : parse_leases(text)) {
        const auto packet = accepted([&] { return dhcp_release_packet(lease, 0x0a257c01); });
        if (packet) FUZZ_CHECK(packet->empty() || (packet->size() >= 250 && packet->size() <= 250 + 257));
    }
}

void check_publish(std::string_view text) {
    const auto port = accepted([&] { return parse_published_port(text); });
    if (!port) return;
    FUZZ_CHECK(port->host_port != 0 && port->port != 0 && conflict(*port, *port));
    FUZZ_CHECK_WITH(parse_published_port(published_port_text(*port)) == *port, text);
}

} // namespace

void one_input(std::string_view bytes) {
    Bytes input(bytes);
    switch (input.byte()) {
    case 'N': return check_notes(input.rest());
    case 'L': return check_leases(input.rest());
    case 'P': return check_publish(input.rest());
    default: return check_net_conf(bytes);
    }
}

std::vector<std::string> made_seeds() {
    const BridgePort port{"vethAbc", {"/srv/a=b\nc", "c1", 0}, "02:16:3e:01:02:03", {"10.37.124.9"}, {"fe80::1"}, {parse_published_port("127.0.0.1:8080:80")}};
    return {bridge_config_template(), "N" + bridge_port_text(port),
            "N" + reservation_text({{"/var/lib/lxcpp", "c1", 3}, "02:16:3e:01:02:03", true, "fd00::1"}),
            "N" + bridge_settings_text(settle_bridge({}, kChoice, "seed"))};
}

} // namespace lxcpp::fuzz
