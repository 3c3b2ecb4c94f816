// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_change.h"

#include "network/bridge_names.h"
#include "network/reservations.h"
#include "sys/file.h"

#include <algorithm>
#include <fmt/format.h>

namespace lxcpp {
namespace {

std::string shown(const std::optional<Ipv4Network>& network) {
    return network ? text_of(*network) : "none";
}
std::string shown(const std::optional<Ipv6Address>& address) {
    return address ? ipv6_text(*address) + "/64" : "none";
}

template <typename Address>
std::string lost(std::string_view key, const Address& before, const Address& now) {
    if (!before || before == now) return "";
    return fmt::format("{} = {} instead of {}", key, shown(now), shown(before));
}

// Made by the device of a prefix, other than that of its link.
bool is_of_a_prefix(const std::string& address, const MacAddress& mac) {
    const Ipv6Address bytes = ipv6_address(address);
    return bytes == ipv6_of_mac(ipv6_prefix64(bytes), mac) && bytes != ipv6_link_local(mac);
}

// Its own wishes for addresses; those that the bridge gave it are left out.
std::vector<IpAddress> wishes(const std::vector<std::string>& addresses, const std::string& given) {
    std::vector<IpAddress> wished;
    for (const std::string& address : addresses) {
        if (address == given) continue;
        wished.emplace_back();
        wished.back().address = address;
    }
    return wished;
}

// What it was given is good still, be it outside of the range that is given away now.
bool stays(const BridgeSettings& settings, const BridgePort& port, const std::string& given) {
    if (given.empty() || std::ranges::count(port.ipv4, given) == 0 || !settings.ipv4) return false;
    const std::uint32_t number = ipv4_number(given);
    return settings.ipv4->contains(number) && number != settings.ipv4->address;
}

BridgePort refitted(const BridgeSettings& settings, const BridgeFiles& files, const BridgePort& old,
                    bool& reload) {
    BridgePort port = old;
    const MacAddress mac = mac_address(port.mac);
    std::erase_if(port.ipv6,
                  [&](const std::string& address) { return is_of_a_prefix(address, mac); });
    std::string ipv6;
    if (settings.ipv6) {
        ipv6 = ipv6_text(ipv6_of_mac(ipv6_prefix64(*settings.ipv6), mac));
        port.ipv6.push_back(ipv6);
    }
    const std::string given = reserved_address(files, port.owner);
    const auto rest = wishes(port.ipv4, given);
    const std::string ipv4 =
        stays(settings, port, given)
            ? given
            : reserve_address(settings, files, {port.owner, port.mac, false, ipv6}, rest, reload);
    port.ipv4.clear();
    if (!ipv4.empty()) port.ipv4.push_back(ipv4);
    for (const IpAddress& address : rest) {
        if (address.address != ipv4) port.ipv4.push_back(address.address);
    }
    reload = rewrite_name(settings, files, port.owner, ipv4, ipv6) || reload;
    return port;
}

} // namespace

std::string lost_addresses(const BridgeSettings& before, const BridgeSettings& now) {
    std::string text = lost("ipv4.address", before.ipv4, now.ipv4);
    const std::string second = lost("ipv6.address", before.ipv6, now.ipv6);
    if (!text.empty() && !second.empty()) text += ", ";
    return text + second;
}

bool refit_ports(const BridgeSettings& settings, const BridgeFiles& files,
                 std::vector<BridgePort>& ports) {
    bool reload = false;
    for (BridgePort& port : ports) {
        const BridgePort now = refitted(settings, files, port, reload);
        if (now == port) continue;
        sys::write_file_atomic(files.ports() / port.port, bridge_port_text(now), 0600);
        port = now;
    }
    return release_foreign_addresses(settings, files) || reload;
}

} // namespace lxcpp
