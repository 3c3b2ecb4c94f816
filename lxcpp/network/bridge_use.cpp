// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_use.h"

#include "base/strings.h"
#include "sys/file.h"
#include "sys/netlink_bridge.h"
#include "sys/netlink_link.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <iterator>
#include <net/if.h>

namespace lxcpp {
namespace {

int index_of(const std::string& text) {
    return static_cast<int>(parse_u64(text).value_or(0));
}

std::vector<std::string> left_ports(const BridgeFiles& files) {
    if (!sys::exists(files.left())) return {};
    return sys::list_dir(files.left());
}

} // namespace

std::vector<BridgePort> living_ports(const Paths& paths, const BridgeFiles& files,
                                     sys::Netlink& netlink) {
    std::vector<BridgePort> ports = load_bridge_ports(files);
    if (ports.empty()) return ports;
    const std::vector<sys::NetLink> links = netlink.links();
    std::erase_if(ports, [&](const BridgePort& port) {
        const bool there = std::ranges::count(links, port.port, &sys::NetLink::name) != 0;
        if (is_of_user(port.owner)) return is_over(port, there);
        if (there) return false;
        return !sys::exists(runtime_dir(paths, port.owner.lxcpath, port.owner.container));
    });
    return ports;
}

void forget_dead_ports(const BridgeFiles& files, const std::vector<BridgePort>& living) {
    if (!sys::exists(files.ports())) return;
    for (const std::string& name : sys::list_dir(files.ports())) {
        if (std::ranges::count(living, name, &BridgePort::port) == 0)
            sys::remove_file(files.ports() / name);
    }
}

void remove_empty_directories(const BridgeFiles& files) {
    for (const auto& directory :
         {files.ports(), files.left(), files.runtime, files.runtime.parent_path()})
        (void)sys::try_remove_dir(directory);
}

void leave_port(const BridgeFiles& files, const std::string& port) {
    sys::Netlink netlink;
    const auto link = sys::find_link(netlink, port);
    if (link && sys::exists(files.made())) {
        try {
            // By its number, which the kernel gives to no other one until the next boot.
            return sys::rename(files.ports() / port, files.left() / std::to_string(link->index));
        } catch (const SystemError& error) {
            if (error.code() != ENOENT) throw; // a "down" was faster
        }
    }
    sys::remove_file(files.ports() / port);
    if (!sys::exists(files.made())) remove_empty_directories(files);
}

void forget_left_ports(const BridgeFiles& files) {
    const std::vector<std::string> left = left_ports(files);
    if (left.empty()) return;
    sys::Netlink netlink;
    for (const std::string& index : left) {
        if (!sys::find_link(netlink, index_of(index))) sys::remove_file(files.left() / index);
    }
}

void forget_all_left_ports(const BridgeFiles& files) {
    for (const std::string& index : left_ports(files)) sys::remove_file(files.left() / index);
}

std::vector<std::string> strangers(std::span<const BridgePort> ports, const BridgeFiles& files,
                                   const std::string& bridge, sys::Netlink& netlink) {
    std::vector<std::string> names;
    const std::vector<std::string> left = left_ports(files);
    const std::vector<sys::NetLink> links = netlink.links();
    const auto own = std::ranges::find(links, bridge, &sys::NetLink::name);
    if (own == links.end()) return names;
    for (const sys::NetLink& link : links) {
        if (link.master != own->index || std::ranges::count(ports, link.name, &BridgePort::port))
            continue;
        if (std::ranges::count(left, std::to_string(link.index)) == 0) names.push_back(link.name);
    }
    return names;
}

std::vector<std::string> bridge_users(const Paths& paths, const BridgeFiles& files,
                                      const std::string& bridge, sys::Netlink& netlink) {
    const std::vector<BridgePort> ports = living_ports(paths, files, netlink);
    std::vector<std::string> users = containers_of(files, ports);
    std::ranges::move(strangers(ports, files, bridge, netlink), std::back_inserter(users));
    return users;
}

std::vector<std::string> containers_of(const BridgeFiles& files,
                                       std::span<const BridgePort> ports) {
    std::vector<std::string> names;
    for (const BridgePort& port : ports) {
        std::string name = owner_name(files, port.owner);
        if (std::ranges::count(names, name) == 0) names.push_back(std::move(name));
    }
    return names;
}

JoinedPorts sort_ports(std::span<const BridgePort> ports, const std::string& bridge,
                       sys::Netlink& netlink) {
    JoinedPorts sorted;
    const std::vector<sys::NetLink> links = netlink.links();
    const auto own = std::ranges::find(links, bridge, &sys::NetLink::name);
    for (const BridgePort& port : ports) {
        const auto link = std::ranges::find(links, port.port, &sys::NetLink::name);
        if (link == links.end()) continue; // about to start
        const bool in = own != links.end() && link->master == own->index;
        (in ? sorted.joined : sorted.apart).push_back(port);
    }
    return sorted;
}

void rejoin_ports(std::span<const BridgePort> ports, const std::string& bridge,
                  sys::Netlink& netlink, const std::function<void(const std::string&)>& note) {
    const auto own = sys::find_link(netlink, bridge);
    for (const BridgePort& port : ports) {
        const auto link = sys::find_link(netlink, port.port);
        if (!own || !link) continue;
        if (link->master == own->index) {
            if ((link->flags & IFF_UP) == 0) sys::change_link(netlink, *link, {.up = true});
            continue;
        }
        if (link->master != 0) {
            note(fmt::format("{}, the interface of container {}, is in another bridge: somebody has "
                             "put it there",
                             port.port, port.owner.container));
            continue;
        }
        sys::change_link(netlink, *link, {.master = own->index, .up = true});
        if (!port.published.empty()) sys::set_bridge_port(netlink, *link, {.hairpin = true});
    }
}

} // namespace lxcpp
