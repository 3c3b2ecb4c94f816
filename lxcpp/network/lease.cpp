// SPDX-License-Identifier: Apache-2.0
#include "network/lease.h"

#include "base/log.h"
#include "base/strings.h"
#include "network/dnsmasq.h"
#include "sys/datagram.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace lxcpp {
namespace {

constexpr std::uint16_t kServerPort = 67;
constexpr std::chrono::milliseconds kPatience{1000};
constexpr std::size_t kHardware = 16; // bytes of a packet for the client's address
constexpr std::size_t kServerAndFile = 64 + 128;

std::string number_bytes(std::uint32_t number) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
    return bytes;
}

void add_option(std::string& packet, int code, std::string_view value) {
    packet += static_cast<char>(code);
    packet += static_cast<char>(value.size());
    packet += value;
}

// "01:02:ab"; nullopt: none, or not to be sent.
std::optional<std::string> client_bytes(std::string_view text) {
    std::string bytes;
    for (const std::string_view pair : split(text, ':')) {
        const auto number = parse_integer("0x" + std::string(pair));
        if (pair.size() != 2 || !number) return std::nullopt;
        bytes += static_cast<char>(*number);
    }
    if (bytes.empty() || bytes.size() > 255) return std::nullopt;
    return bytes;
}

std::vector<DhcpLease> meant_leases(const BridgeFiles& files,
                                    const std::function<bool(const DhcpLease&)>& meant) {
    auto leases = parse_leases(sys::read_file_if_exists(files.leases()).value_or(""));
    std::erase_if(leases, [&](const DhcpLease& lease) { return !meant(lease); });
    return leases;
}

// True when none is left.
bool tell_dnsmasq(const BridgeFiles& files, const std::vector<DhcpLease>& leases,
                  const std::function<bool(const DhcpLease&)>& meant) {
    const auto settings = load_bridge_settings(files);
    if (!settings || !settings->ipv4) return false;
    try {
        for (const DhcpLease& lease : leases) {
            const std::string packet = dhcp_release_packet(lease, settings->ipv4->address);
            if (packet.empty()) return false;
            sys::send_by_interface(settings->bridge, settings->ipv4->address, kServerPort, packet);
        }
    } catch (const SystemError& error) { // the bridge is gone, or a firewall refuses
        log::debug("{}", error.what());
        return false;
    }
    // It writes its file once it has read the packet.
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!meant_leases(files, meant).empty()) {
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

void write_without(const BridgeFiles& files, const std::function<bool(const DhcpLease&)>& meant) {
    const std::string text = sys::read_file_if_exists(files.leases()).value_or("");
    std::string kept;
    for (const std::string_view line : split_lines(text)) {
        const auto lease = parse_leases(line);
        if (!lease.empty() && meant(lease.front())) continue;
        kept += line;
        kept += '\n';
    }
    sys::write_file_as_it_is(files.leases(), kept); // it is dnsmasq's user's
}

} // namespace

std::string dhcp_release_packet(const DhcpLease& lease, std::uint32_t server) {
    MacAddress mac{};
    try {
        mac = mac_address(lease.mac);
    } catch (const Error&) { // "06-12:34…": of another kind
        return "";
    }
    std::string packet{'\x01', '\x01', '\x06', '\0'}; // a request, Ethernet, its length, no relay
    packet += std::string(8, '\0'); // its number, and when it began: nobody answers it
    packet += number_bytes(ipv4_number(lease.address));
    packet += std::string(12, '\0');
    packet += std::string(mac.begin(), mac.end()) + std::string(kHardware - mac.size(), '\0');
    packet += std::string(kServerAndFile, '\0');
    packet += "\x63\x82\x53\x63";
    add_option(packet, 53, "\x07"); // DHCPRELEASE
    add_option(packet, 54, number_bytes(server));
    if (const auto client = client_bytes(lease.client)) add_option(packet, 61, *client);
    return packet + '\xff';
}

void end_leases(const BridgeFiles& files, const std::function<bool(const DhcpLease&)>& meant) {
    const std::vector<DhcpLease> leases = meant_leases(files, meant);
    if (leases.empty()) return;
    const bool runs = running_dnsmasq(files).has_value();
    if (runs && tell_dnsmasq(files, leases, meant)) return;
    if (runs) stop_dnsmasq(files);
    write_without(files, meant);
    if (runs) restart_dnsmasq(files);
}

} // namespace lxcpp
