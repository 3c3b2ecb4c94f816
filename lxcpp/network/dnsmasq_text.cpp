// SPDX-License-Identifier: Apache-2.0
#include "network/dnsmasq_text.h"

#include "base/strings.h"

#include <algorithm>
#include <fmt/format.h>

namespace lxcpp {
namespace {

constexpr std::string_view kLeaseTime = "1h";

std::string ipv4_part(const BridgeSettings& settings) {
    const Ipv4Network& own = *settings.ipv4;
    return fmt::format("dhcp-authoritative\ndhcp-range={},{},{},{}\n",
                       ipv4_text(settings.ipv4_first), ipv4_text(settings.ipv4_last),
                       ipv4_text(own.mask()), kLeaseTime);
}

// Containers give themselves addresses in the prefix that they are told of: every distribution can,
// and which one it will be follows from the hardware address.
std::string ipv6_part(const BridgeSettings& settings) {
    std::string text = fmt::format("enable-ra\ndhcp-range={},ra-only,64\n",
                                   ipv6_text(ipv6_prefix64(*settings.ipv6)));
    if (!settings.ipv6_router) text += fmt::format("ra-param={},0,0\n", settings.bridge);
    return text;
}

} // namespace

std::string dnsmasq_configuration(const BridgeSettings& settings, const BridgeFiles& files,
                                  const DnsmasqUser& user) {
    std::string text =
        "# Made by lxcpp-net, anew each time. More of yours: dnsmasq.file in net.conf.\n";
    text += fmt::format("user={}\ngroup={}\npid-file={}\n", user.user, user.group,
                        files.dnsmasq_pid().string());
    // Nothing but the bridge is served, whatever other interfaces there are later.
    text += fmt::format("interface={}\nexcept-interface=lo\nbind-dynamic\n", settings.bridge);
    // Names of containers are answered here alone, and those of the host are not told to them.
    text += fmt::format("no-hosts\nhostsdir={}\ndomain={}\nlocal=/{}/\n", files.names().string(),
                        settings.domain, settings.domain);
    text += "domain-needed\nbogus-priv\n";
    // A container chooses no name for itself: it could be another one's, or wpad.
    text += "dhcp-ignore-names\n";
    // Nor does it have several addresses, or another one's, by other identifiers: the hardware address, which the
    // port's filter knows, is who it is.
    text += "dhcp-ignore-clid\n";
    text += fmt::format("dhcp-leasefile={}\ndhcp-hostsdir={}\nquiet-dhcp\nquiet-ra\n",
                        files.leases().string(), files.dhcp_hosts().string());
    if (settings.ipv4) text += ipv4_part(settings);
    if (settings.ipv6) text += ipv6_part(settings);
    if (!settings.dnsmasq_file.empty())
        text += fmt::format("conf-file={}\n", settings.dnsmasq_file);
    return text;
}

std::string dhcp_host_line(const Reservation& reservation, std::string_view ipv4) {
    return fmt::format("{},{},{}\n", reservation.mac, ipv4, kLeaseTime);
}

std::string name_lines(std::string_view name, std::string_view domain, bool alone,
                       std::string_view ipv4, std::string_view ipv6) {
    std::string text;
    for (const std::string_view address : {ipv4, ipv6}) {
        if (address.empty()) continue;
        text += fmt::format("{} {}.{}", address, name, domain);
        if (alone) text += fmt::format(" {}", name);
        text += '\n';
    }
    return text;
}

bool is_host_name(std::string_view name) noexcept {
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    if (name.empty() || name.size() > 63 || name.front() == '-' || name.back() == '-' ||
        name.back() == '.')
        return false;
    return name.find_first_not_of(kAllowed) == name.npos && name.find("..") == name.npos;
}

std::vector<DhcpLease> parse_leases(std::string_view text) {
    std::vector<DhcpLease> leases;
    for (const std::string_view line : split_lines(text)) {
        const auto words = split_words(line);
        if (words.size() < 3) continue;
        const auto expiry = parse_u64(words[0]);
        if (!expiry || words[1].find(':') == words[1].npos || words[2].find('.') == words[2].npos)
            continue;
        leases.push_back({*expiry, std::string(words[1]), std::string(words[2]),
                          std::string(words.size() > 4 ? words[4] : "*")});
    }
    return leases;
}

} // namespace lxcpp
