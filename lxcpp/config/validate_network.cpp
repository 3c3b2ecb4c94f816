// SPDX-License-Identifier: Apache-2.0
#include "config/validate_network.h"

#include "base/strings.h"
#include "config/codec_net.h"
#include "config/names.h"
#include "config/published_port.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

namespace lxcpp {
namespace {

constexpr std::uint64_t kLeastIpv6Mtu = 1280; // RFC 8200
constexpr std::uint64_t kLargestMtu = 65535;   // ETH_MAX_MTU
constexpr int kLastVlan = 4094;
constexpr int kLongestUserPrefix4 = 29; // the container, its gateway, a name server

class DeviceCheck {
public:
    DeviceCheck(const NetDevice& device, std::vector<Problem>& problems)
        : device_(device), problems_(problems) {}

    // What no reader of the configuration could make sense of.
    void run_always() {
        if (device_.type == NetType::None) return;
        const bool needed = device_.type == NetType::Macvlan || device_.type == NetType::Ipvlan ||
                            device_.type == NetType::Vlan || device_.type == NetType::Phys;
        if (needed && device_.link.empty())
            add("type",
                fmt::format("{} needs lxc.net.{}.link", name_of(device_.type), device_.index));
        require_prefixes("ipv4.address", device_.ipv4_addresses);
        require_prefixes("veth.ipv4.route", device_.veth.ipv4_routes);
    }

    // What cannot be made.
    void run_for_start() {
        if (device_.type == NetType::None) return;
        check_link();
        check_name();
        check_hardware();
        check_addresses();
        check_gateway("ipv4", device_.ipv4_gateway, device_.ipv4_addresses);
        check_gateway("ipv6", device_.ipv6_gateway, device_.ipv6_addresses);
        check_proxy();
        check_veth();
        check_user_mode();
        if (device_.type == NetType::Vlan && device_.vlan_id > kLastVlan)
            add("vlan.id",
                fmt::format("{} is more than the last VLAN, {}", device_.vlan_id, kLastVlan));
    }

private:
    void add(std::string_view key, std::string message) {
        problems_.push_back({Severity::Error,
                             {},
                             fmt::format("lxc.net.{}.{}", device_.index, key),
                             std::move(message),
                             {}});
    }

    void check_link() {
        if (device_.link == "lo") add("link", "lo is the host's own and has no outside");
        if (device_.type != NetType::Phys && device_.link.ends_with('+'))
            add("link", "a name that ends in + is for lxc.net.N.type = phys only");
        if (device_.link == "+") add("link", "takes any interface of the host: name how it begins");
    }

    void check_name() {
        if (device_.name == "lo") add("name", "lo is the loopback device's");
        for (const auto& [key, name] : {std::pair("name", device_.name), std::pair("veth.pair", device_.veth.pair)}) {
            if (name == "all" || name == "default")
                add(key, fmt::format("{} stands for all interfaces in /proc/sys/net: none can be called that", name));
        }
        if (device_.name.find('%') != std::string::npos) add("name", "must not have a % in it");
        if (device_.veth.pair.find('%') != std::string::npos)
            add("veth.pair", "must not have a % in it");
    }

    void check_hardware() {
        const auto digit = device_.hwaddr.size() < 2 ? '0' : device_.hwaddr[1];
        const auto odd = std::string_view("13579bdfBDF").find(digit) != std::string_view::npos;
        if (odd)
            add("hwaddr",
                "is an address of many (the first octet is odd): no interface can have it");
        if (!device_.hwaddr.empty() &&
            device_.hwaddr.find_first_not_of("0:") == std::string::npos)
            add("hwaddr", "is no address: the kernel takes zeros for none");
        const auto mtu = parse_u64(device_.mtu);
        if (mtu && *mtu > kLargestMtu && device_.type != NetType::Phys)
            add("mtu", fmt::format("{} is more than the kernel takes: {} at most", *mtu,
                                   kLargestMtu));
        if (mtu && *mtu < kLeastIpv6Mtu && !device_.ipv6_addresses.empty())
            add("mtu", fmt::format("IPv6 needs {} at least, and there is lxc.net.{}.ipv6.address",
                                   kLeastIpv6Mtu, device_.index));
    }

    void require_prefixes(std::string_view key, const std::vector<IpAddress>& addresses) {
        for (const auto& ip : addresses)
            if (ip.prefix == kNoPrefix)
                add(key, fmt::format("{0} has no prefix: write {0}/24, or what the network has",
                                     ip.address));
    }

    void check_addresses() {
        for (const IpAddress& one : device_.ipv4_addresses) {
            const std::uint64_t first = parse_u64(std::string_view(one.address).substr(0, one.address.find('.'))).value_or(0);
            if (first == 0 || first == 127 || first >= 224)
                add("ipv4.address", fmt::format("{} is no address that a machine can have in a network{}", one.address,
                                                first == 0 ? ": for one by DHCP leave the line out" : ""));
        }
        for (const IpAddress& one : device_.ipv6_addresses) {
            if (one.address == "::" || one.address == "::1" || one.address.starts_with("ff"))
                add("ipv6.address", fmt::format("{} is no address that a machine can have in a network", one.address));
        }
        if (device_.type != NetType::Empty) return;
        for (const auto& [key, used] : {std::pair("ipv4.address", !device_.ipv4_addresses.empty()),
                                        std::pair("ipv6.address", !device_.ipv6_addresses.empty())})
            if (used) add(key, "an empty network has no device that could have it");
    }

    void check_gateway(std::string_view family, const std::string& gateway,
                       const std::vector<IpAddress>& addresses) {
        if (gateway.empty()) return;
        const std::string key = fmt::format("{}.gateway", family);
        const auto needs = [&](std::string_view what) {
            add(key, fmt::format("needs lxc.net.{}.{}", device_.index, what));
        };
        if (device_.type == NetType::Empty)
            return add(key, "an empty network has no device to go out by");
        if (!device_.up) needs("flags = up");
        if (addresses.empty()) needs(fmt::format("{}.address", family));
        if (device_.type == NetType::User && (gateway == "auto" || gateway == "dev"))
            return add(key, "of user-mode networking is an address, or not given at all: the "
                            "program that carries it is the gateway");
        if (gateway != "auto") return;
        if (device_.type != NetType::Veth && device_.type != NetType::Macvlan)
            return add(key, "\"auto\" is for veth and macvlan only: name the gateway");
        if (device_.link.empty()) needs("link, whose address \"auto\" is");
    }

    void check_proxy() {
        if (!device_.l2proxy) return;
        if (device_.type == NetType::User)
            return add("l2proxy",
                       "user-mode networking has no link on which the host could answer");
        if (device_.link.empty() || device_.type == NetType::Phys || device_.type == NetType::Empty)
            return add("l2proxy", "needs a link that stays on the host");
        if (device_.type != NetType::Ipvlan) return;
        if (device_.ipvlan_mode != IpvlanMode::L3s)
            add("l2proxy",
                fmt::format("of an ipvlan needs lxc.net.{}.ipvlan.mode = l3s", device_.index));
        for (const auto& [key, gateway] : {std::pair("ipv4.gateway", device_.ipv4_gateway),
                                           std::pair("ipv6.gateway", device_.ipv6_gateway)})
            if (!gateway.empty() && gateway != "dev")
                add(key, "of an ipvlan with l2proxy can only be \"dev\"");
    }

    void check_veth() {
        const Veth& veth = device_.veth;
        const bool bridged = veth.mode == VethMode::Bridge && !device_.link.empty();
        if (!veth.pair.empty() && veth.pair == device_.link)
            add("veth.pair", fmt::format("{} is the bridge's own name", veth.pair));
        if (!bridged && !veth.vlan_id.empty())
            add("veth.vlan.id", "needs a bridge: lxc.net.N.link, and veth.mode = bridge");
        if (!bridged && !veth.vlan_tagged_ids.empty())
            add("veth.vlan.tagged.id", "needs a bridge: lxc.net.N.link, and veth.mode = bridge");
        if (veth.vlan_id == "0") add("veth.vlan.id", "0 means no VLAN, and is none");
        const auto zero = std::ranges::find(veth.vlan_tagged_ids, 0);
        if (zero != veth.vlan_tagged_ids.end())
            add("veth.vlan.tagged.id", "0 means no VLAN, and is none");
    }

    // The network is nobody's but the container's, and the program knows one address a family.
    void check_user_mode() {
        if (device_.type != NetType::User) return;
        if (!device_.link.empty())
            add("link", "user-mode networking is on no link: its packets leave as those of a "
                        "program of the user");
        for (const auto& [key, addresses] : {std::pair("ipv4.address", &device_.ipv4_addresses),
                                             std::pair("ipv6.address", &device_.ipv6_addresses)})
            if (addresses->size() > 1)
                add(key, "user-mode networking has one address of a family: remove the others");
        if (!device_.ipv4_addresses.empty() &&
            device_.ipv4_addresses.front().prefix > kLongestUserPrefix4)
            add("ipv4.address",
                fmt::format("leaves no room for the gateway and the name server of user-mode "
                            "networking: /{} at most",
                            kLongestUserPrefix4));
    }

    const NetDevice& device_;
    std::vector<Problem>& problems_;
};

void check_one_user_mode(const std::vector<NetDevice>& devices, std::vector<Problem>& problems) {
    bool known = false;
    for (const auto& device : devices) {
        if (device.type != NetType::User) continue;
        if (known)
            problems.push_back({Severity::Error,
                                {},
                                fmt::format("lxc.net.{}.type", device.index),
                                "a container has one device of user-mode networking",
                                {}});
        known = true;
    }
}

void check_unique(const std::vector<NetDevice>& devices, std::vector<Problem>& problems) {
    const auto check = [&](const NetDevice& device, std::string_view key, const auto& value) {
        const auto same = [&](const NetDevice& other) {
            return other.index < device.index && !value(device).empty() &&
                   value(other) == value(device);
        };
        if (std::ranges::any_of(devices, same))
            problems.push_back({Severity::Error,
                                {},
                                fmt::format("lxc.net.{}.{}", device.index, key),
                                fmt::format("another device is called {} already", value(device)),
                                {}});
    };
    for (const auto& device : devices) {
        check(device, "name", [](const NetDevice& one) -> const std::string& { return one.name; });
        check(device, "veth.pair",
              [](const NetDevice& one) -> const std::string& { return one.veth.pair; });
    }
}

void add(std::vector<Problem>& problems, std::string key, std::string message) {
    problems.push_back({Severity::Error, {}, std::move(key), std::move(message), {}});
}

// Without a network namespace of its own a container has no devices.
void check_none(const std::vector<NetDevice>& devices, std::vector<Problem>& problems) {
    const auto none = std::ranges::find(devices, NetType::None, &NetDevice::type);
    if (none == devices.end()) return;
    for (const NetDevice& device : devices) {
        if (device.type == NetType::None) continue;
        return add(problems, fmt::format("lxc.net.{}.type", device.index),
                   fmt::format("lxc.net.{}.type = none leaves the container in the host's network, "
                               "where it has no devices of its own: clear one of the two",
                               none->index));
    }
}

// On one link, or on one device, two of the same address answer for each other.
void check_addresses_once(const std::vector<NetDevice>& devices, std::vector<Problem>& problems) {
    struct Seen {
        std::string_view link, address;
        unsigned index;
    };
    std::vector<Seen> seen;
    const auto check = [&](const NetDevice& device, std::string_view key,
                           const std::vector<IpAddress>& addresses) {
        for (const IpAddress& ip : addresses) {
            const auto same = std::ranges::find_if(seen, [&](const Seen& one) {
                return one.address == ip.address &&
                       (one.index == device.index ||
                        (!device.link.empty() && one.link == device.link));
            });
            if (same != seen.end())
                add(problems, fmt::format("lxc.net.{}.{}", device.index, key),
                    fmt::format("{} is there twice: lxc.net.{} has it already", ip.address,
                                same->index));
            seen.push_back({device.link, ip.address, device.index});
        }
    };
    for (const NetDevice& device : devices) {
        check(device, "ipv4.address", device.ipv4_addresses);
        check(device, "ipv6.address", device.ipv6_addresses);
    }
}

} // namespace

bool can_publish(const NetDevice& device) noexcept {
    switch (device.type) {
    case NetType::Empty:
    case NetType::None:
    case NetType::Macvlan:
    case NetType::Ipvlan:
    case NetType::Vlan:
    case NetType::Phys:
        return false;
    case NetType::Veth:
        return device.veth.mode == VethMode::Bridge && !device.link.empty();
    case NetType::User:
        return true;
    }
    return false;
}

void check_network(const std::vector<NetDevice>& devices, std::vector<Problem>& problems) {
    for (const auto& device : devices) DeviceCheck(device, problems).run_always();
    check_unique(devices, problems);
}

std::vector<Problem> network_obstacles(const std::vector<NetDevice>& devices) {
    std::vector<Problem> problems;
    for (const auto& device : devices) DeviceCheck(device, problems).run_for_start();
    check_none(devices, problems);
    check_addresses_once(devices, problems);
    check_one_user_mode(devices, problems);
    return problems;
}

std::vector<Problem> publish_obstacles(const std::vector<NetDevice>& devices,
                                       const std::vector<PublishedPort>& publish) {
    std::vector<Problem> problems;
    if (!publish.empty() && std::ranges::none_of(devices, can_publish))
        add(problems, "lxc.publish",
            "the container has no device to which a port of the host could lead: lxc.net.N.type = "
            "veth with lxc.net.N.link = the managed bridge, or type = user for a container of an ordinary user");
    for (std::size_t i = 0; i < publish.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (conflict(publish[j], publish[i]))
                add(problems, "lxc.publish",
                    fmt::format("{} and {} are the same port of the host",
                                published_port_text(publish[j]), published_port_text(publish[i])));
        }
    }
    return problems;
}

} // namespace lxcpp
