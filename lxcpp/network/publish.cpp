// SPDX-License-Identifier: Apache-2.0
#include "network/publish.h"

#include "base/strings.h"
#include "network/ip_network.h"
#include "sys/file.h"
#include "sys/netlink.h"

#include <algorithm>
#include <array>
#include <bit>
#include <fmt/format.h>

namespace lxcpp {
namespace {

constexpr std::string_view kListening = "0A"; // TCP_LISTEN
constexpr std::string_view kUnconnected = "07";

bool is_ipv6(std::string_view address) noexcept {
    return address.find(':') != address.npos;
}

// The kernel prints the address as words of the machine's byte order.
std::string address_of(std::string_view hex, bool ipv6) {
    Ipv6Address bytes{};
    const std::size_t words = ipv6 ? 4 : 1;
    if (hex.size() != words * 8) return "";
    for (std::size_t i = 0; i < words; ++i) {
        const auto word = parse_integer(fmt::format("0x{}", hex.substr(i * 8, 8)));
        if (!word) return "";
        const auto value =
            std::bit_cast<std::array<std::uint8_t, 4>>(static_cast<std::uint32_t>(*word));
        std::ranges::copy(value, bytes.begin() + static_cast<std::ptrdiff_t>(i * 4));
    }
    if (ipv6) return ipv6_text(bytes);
    return fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
}

} // namespace

std::optional<std::string> listener_in(std::string_view table, bool ipv6,
                                       const PublishedPort& port) {
    for (const std::string_view line : split_lines(table)) {
        const auto words = split_words(line);
        if (words.size() < 4 || words[3] != (port.udp ? kUnconnected : kListening)) continue;
        const auto colon = words[1].find(':');
        if (colon == words[1].npos) continue;
        const auto number = parse_integer(fmt::format("0x{}", words[1].substr(colon + 1)));
        if (!number || *number != port.host_port) continue;
        const std::string address = address_of(words[1].substr(0, colon), ipv6);
        if (!is_any_address(address) && !port.listen.empty() && address != port.listen) continue;
        if (!port.listen.empty() && is_ipv6(port.listen) != ipv6 &&
            !(ipv6 && is_any_address(address)))
            continue;
        return ipv6 ? fmt::format("[{}]:{}", address, port.host_port)
                    : fmt::format("{}:{}", address, port.host_port);
    }
    return std::nullopt;
}

bool reaches_loopback(const std::vector<PublishedPort>& ports) {
    return std::ranges::any_of(ports, [](const PublishedPort& published) {
        return published.listen.empty() || published.listen.starts_with("127.");
    });
}

std::vector<std::string> foreign_listen_addresses(const std::vector<PublishedPort>& ports) {
    std::vector<std::string> lines;
    std::vector<sys::NetAddress> own;
    for (const PublishedPort& port : ports) {
        if (is_any_address(port.listen) || port.listen.starts_with("127.")) continue;
        if (own.empty()) own = sys::Netlink().addresses();
        if (std::ranges::count(own, port.listen, &sys::NetAddress::text) != 0) continue;
        lines.push_back(fmt::format("lxc.publish = {}: the host has no address {}: nothing comes in "
                                    "there until it has",
                                    published_port_text(port), port.listen));
    }
    return lines;
}

std::optional<std::string> listener_in_the_way(const PublishedPort& port) {
    const std::string base = port.udp ? "/proc/self/net/udp" : "/proc/self/net/tcp";
    for (const bool ipv6 : {false, true}) {
        const auto table = sys::read_file_if_exists(ipv6 ? base + "6" : base);
        if (auto found = table ? listener_in(*table, ipv6, port) : std::nullopt) return found;
    }
    return std::nullopt;
}

} // namespace lxcpp
