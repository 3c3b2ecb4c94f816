// SPDX-License-Identifier: Apache-2.0
#include "network/user_port.h"

#include "base/sha256.h"
#include "network/bridge_names.h"
#include "network/reservations.h"
#include "sys/netlink.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace lxcpp {
namespace {

using Reservations = std::vector<std::pair<std::string, Reservation>>;

// lxcpp-user-nic makes one at a time of those that count together, so that none of these is about
// to have an interface.
std::vector<std::string> forget_what_is_over(const Paths& paths, const BridgeFiles& files,
                                             const UserPortRequest& request) {
    sys::Netlink netlink;
    const std::vector<sys::NetLink> links = netlink.links();
    std::vector<std::string> running;
    for (const BridgePort& port : load_bridge_ports(files)) {
        const bool there = std::ranges::count(links, port.port, &sys::NetLink::name) != 0;
        if (is_over(port, there) || (!there && port.charged == request.charged))
            (void)detach_port(paths, request.bridge, port.port);
        else
            running.push_back(owner_key(port.owner));
    }
    return running;
}

// Who makes and destroys containers all day has no more addresses than who does not.
void keep_to_allotment(const BridgeFiles& files, const UserPortRequest& request,
                       const PortOwner& owner, Reservations& all,
                       const std::vector<std::string>& running) {
    const auto counts = [&](const Reservation& one) {
        return one.charged == request.charged && owner_key(one.owner) != owner_key(owner);
    };
    auto have = std::ranges::count_if(all, [&](const auto& one) { return counts(one.second); });
    for (auto one = all.begin(); one != all.end() && have >= static_cast<long>(request.most);) {
        const bool goes =
            counts(one->second) && std::ranges::count(running, owner_key(one->second.owner)) == 0;
        if (!goes) {
            ++one;
            continue;
        }
        remove_reservation(files, one->first, one->second);
        one = all.erase(one);
        --have;
    }
    if (have >= static_cast<long>(request.most))
        throw Error(fmt::format("{} has as many addresses of {} as it may have interfaces",
                                request.charged, request.bridge));
}

std::string users_mac(const PortOwner& owner, unsigned attempt) {
    Sha256 hash;
    hash.update(fmt::format("{}\n{}", owner_key(owner), attempt));
    MacAddress mac{};
    std::ranges::copy_n(hash.finish().begin(), static_cast<long>(mac.size()), mac.begin());
    mac[0] = kUsersMac;
    return mac_address_text(mac);
}

// The one that it had, else one that nobody has.
std::string choose_mac_for(const PortOwner& owner, const Reservations& all,
                           const std::vector<BridgePort>& ports) {
    for (unsigned attempt = 0;; ++attempt) {
        std::string mac = users_mac(owner, attempt);
        const auto others = [&](const auto& one) {
            return one.mac == mac && owner_key(one.owner) != owner_key(owner);
        };
        const bool reserved =
            std::ranges::any_of(all, [&](const auto& one) { return others(one.second); });
        if (!reserved && std::ranges::none_of(ports, others)) return mac;
    }
}

std::vector<IpAddress> wished(const BridgeSettings& settings, const UserPortRequest& request) {
    if (request.ipv4.empty()) return {};
    const auto refuse = [&](const std::string& why) {
        throw Error(
            fmt::format("lxc.net.{}.ipv4.address = {}: {}", request.nic, request.ipv4, why));
    };
    if (!settings.ipv4)
        refuse(fmt::format("the bridge {} gives no IPv4 addresses", request.bridge));
    if (!settings.ipv4->contains(ipv4_number(request.ipv4)))
        refuse(fmt::format("it is not in the network {} of the bridge {}", text_of(*settings.ipv4),
                           request.bridge));
    IpAddress address;
    address.address = request.ipv4;
    address.prefix = settings.ipv4->prefix;
    return {address};
}

} // namespace

std::optional<PortAddresses> attach_user_port(const Paths& paths, const UserPortRequest& request) {
    const auto settings = ready_bridge(paths, request.bridge);
    if (!settings) return std::nullopt;
    const BridgeFiles files = bridge_files(paths, request.bridge);
    PortRequest port{.bridge = request.bridge, .port = request.port};
    port.owner = {path_of_user(request.uid), request.container, request.nic};
    port.charged = request.charged;
    port.named = false;
    port.ipv4 = wished(*settings, request);
    {
        const auto lock = lock_bridge(paths, request.bridge);
        Reservations all = load_reservations(files);
        const auto running = forget_what_is_over(paths, files, request);
        keep_to_allotment(files, request, port.owner, all, running);
        port.mac = choose_mac_for(port.owner, all, load_bridge_ports(files));
    }
    const PortAddresses addresses = attach_ready_port(paths, *settings, port);
    const auto lock = lock_bridge(paths, request.bridge);
    const auto bare = [](const std::string& address) {
        return address.substr(0, address.find('/'));
    };
    write_user_name(*settings, files, port.owner, request.user, bare(addresses.ipv4),
                    bare(addresses.ipv6));
    return addresses;
}

} // namespace lxcpp
