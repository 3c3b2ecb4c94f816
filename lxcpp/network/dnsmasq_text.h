// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/bridge_files.h"

#include <string>
#include <string_view>

// What dnsmasq is told. Pure.
namespace lxcpp {

struct DnsmasqUser {
    std::string user;
    std::string group;
};

[[nodiscard]] std::string dnsmasq_configuration(const BridgeSettings& settings,
                                                const BridgeFiles& files, const DnsmasqUser& user);
// A line of a file of dhcp-hostsdir: this hardware address gets this address.
[[nodiscard]] std::string dhcp_host_line(const Reservation& reservation, std::string_view ipv4);
// The lines of a file of hostsdir; ipv4 or ipv6 may be empty. alone: the name without the domain
// stands for it, too.
[[nodiscard]] std::string name_lines(std::string_view name, std::string_view domain, bool alone,
                                     std::string_view ipv4, std::string_view ipv6);
// Whether a container's name can be a name in DNS as it is.
[[nodiscard]] bool is_host_name(std::string_view name) noexcept;

// One line of dnsmasq's file of leases.
struct DhcpLease {
    std::uint64_t expiry = 0; // seconds since 1970; 0 = for ever
    std::string mac;
    std::string address;
    std::string client; // what it calls itself, in pairs of digits; "*" for none
    bool operator==(const DhcpLease&) const = default;
};
[[nodiscard]] std::vector<DhcpLease> parse_leases(std::string_view text); // IPv4

} // namespace lxcpp
