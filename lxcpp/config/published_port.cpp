// SPDX-License-Identifier: Apache-2.0
#include "config/published_port.h"

#include "base/strings.h"
#include "config/codec_net.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <fmt/format.h>

namespace lxcpp {
namespace {

bool is_ipv6(std::string_view address) noexcept {
    return address.find(':') != address.npos;
}

std::uint16_t parse_port(std::string_view text, std::string_view whole) {
    const auto number = parse_u64(text);
    if (!number || *number == 0 || *number > 65535)
        throw Error(fmt::format("\"{}\": \"{}\" is no port; expected "
                                "[ADDRESS:]HOST_PORT:PORT[/tcp|udp] with ports from 1 to 65535",
                                printable(whole), printable(text)));
    return static_cast<std::uint16_t>(*number);
}

bool take_protocol(std::string_view& text, std::string_view whole) {
    const auto slash = text.rfind('/');
    if (slash == text.npos) return false;
    const std::string_view word = text.substr(slash + 1);
    text = text.substr(0, slash);
    if (word != "tcp" && word != "udp")
        throw Error(fmt::format("\"{}\": the protocol is tcp or udp, not \"{}\"", printable(whole),
                                printable(word)));
    return word == "udp";
}

std::string take_listen(std::string_view& text, std::string_view whole) {
    if (text.starts_with('[')) {
        const auto end = text.find("]:");
        if (end == text.npos)
            throw Error(
                fmt::format("\"{}\": the address in brackets has no end", printable(whole)));
        const std::string_view address = text.substr(1, end - 1);
        text = text.substr(end + 2);
        return parse_address(Family::Ipv6, address);
    }
    if (std::ranges::count(text, ':') > 2)
        throw Error(
            fmt::format("\"{}\": an IPv6 address stands in brackets: [ADDRESS]:HOST_PORT:PORT",
                        printable(whole)));
    if (std::ranges::count(text, ':') < 2) return "";
    const auto colon = text.find(':');
    const std::string_view address = text.substr(0, colon);
    text = text.substr(colon + 1);
    return parse_address(Family::Ipv4, address);
}

// Nobody listens at an address of a group.
void check_listen(const std::string& address, std::string_view whole) {
    std::array<std::uint8_t, 16> bytes{};
    const bool ipv6 = is_ipv6(address);
    (void)inet_pton(ipv6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data());
    const bool group = ipv6 ? bytes[0] == 0xff : bytes[0] >= 224;
    if (group)
        throw Error(fmt::format("\"{}\": {} is of a group of machines, and no address of the host's own", printable(whole), address));
}

} // namespace

bool is_any_address(std::string_view address) noexcept {
    return address.empty() || address == "0.0.0.0" || address == "::";
}

PublishedPort parse_published_port(std::string_view text) {
    const std::string_view whole = text;
    PublishedPort result;
    result.udp = take_protocol(text, whole);
    result.listen = take_listen(text, whole);
    if (is_any_address(result.listen)) result.listen.clear();
    if (!result.listen.empty()) check_listen(result.listen, whole);
    const auto colon = text.find(':');
    if (colon == text.npos)
        throw Error(
            fmt::format("\"{}\": expected [ADDRESS:]HOST_PORT:PORT[/tcp|udp]", printable(whole)));
    result.host_port = parse_port(text.substr(0, colon), whole);
    result.port = parse_port(text.substr(colon + 1), whole);
    if (result.listen == "::1")
        throw Error(fmt::format(
            "\"{}\": the kernel translates no addresses for ::1; give 127.0.0.1 or another address",
            printable(whole)));
    return result;
}

std::string published_port_text(const PublishedPort& port) {
    std::string text;
    if (!port.listen.empty())
        text = is_ipv6(port.listen) ? fmt::format("[{}]:", port.listen) : port.listen + ":";
    return fmt::format("{}{}:{}/{}", text, port.host_port, port.port, port.udp ? "udp" : "tcp");
}

bool conflict(const PublishedPort& one, const PublishedPort& other) noexcept {
    return one.udp == other.udp && one.host_port == other.host_port &&
           (one.listen.empty() || other.listen.empty() || one.listen == other.listen);
}

} // namespace lxcpp
