// SPDX-License-Identifier: Apache-2.0
#include "config/keys.h"

#include "base/strings.h"
#include "config/codec_net.h"
#include "config/family.h"

#include <lxcpp/error.h>

#include <fmt/format.h>

namespace lxcpp {
namespace {

using V4 = IpAddresses<Family::Ipv4>;
using V6 = IpAddresses<Family::Ipv6>;

constexpr NetKey any(const Key<NetDevice>& key) {
    return {key};
}
constexpr NetKey only(NetType type, const Key<NetDevice>& key) {
    return {key, 1u << static_cast<unsigned>(type)};
}

constexpr auto kTable = std::to_array<NetKey>({
    any(key_as<UpFlag, &NetDevice::up>(
        "flags",
        "Brings the device up, which a gateway needs. The loopback device of a new network "
        "namespace is up in any case, as it is with \"up\" in LXC.")),
    any(key_as<HardwareAddress, &NetDevice::hwaddr>(
        "hwaddr",
        "Hardware address of the device. Each x stands for a random digit, chosen once, "
        "when the container is created; in a configuration that was not, at each start.")),
    any(key_as<V4, &NetDevice::ipv4_addresses>(
        "ipv4.address", "An IPv4 address of the device. The prefix has to be there: there are no "
                        "classes any more. The broadcast address follows from it.")),
    any(key_as<Gateway<Family::Ipv4>, &NetDevice::ipv4_gateway>(
        "ipv4.gateway",
        "IPv4 default route: a gateway, \"auto\" for the address that the link has "
        "on the host (of veth and macvlan), or \"dev\" for a route to the device itself. A "
        "gateway outside of the device's networks is reached on the link.")),
    any(key_as<V6, &NetDevice::ipv6_addresses>(
        "ipv6.address", "An IPv6 address of the device; the prefix is 64 when none is given.")),
    any(key_as<Gateway<Family::Ipv6>, &NetDevice::ipv6_gateway>(
        "ipv6.gateway", "IPv6 default route, as ipv4.gateway.")),
    only(NetType::Ipvlan, key<&NetDevice::ipvlan_isolation>(
                              "ipvlan.isolation", "How the devices on one link are kept apart.")),
    only(NetType::Ipvlan,
         key<&NetDevice::ipvlan_mode>("ipvlan.mode", "The layer at which the device works.")),
    any(key<&NetDevice::l2proxy>(
        "l2proxy",
        "The host answers neighbour requests for the container's addresses on the link. It "
        "needs the sysctl net.ipv4.conf.LINK.forwarding = 1; for IPv6 "
        "net.ipv6.conf.LINK.forwarding "
        "and net.ipv6.conf.LINK.proxy_ndp. An ipvlan needs the mode l3s and gateways \"dev\".")),
    any(key_as<LinkName, &NetDevice::link>(
        "link",
        "The device on the host: a bridge for veth, the parent for macvlan, ipvlan and "
        "vlan, the device to hand over for phys, by any of its names (NAME+ takes the first that "
        "begins so and is still on the host).")),
    only(NetType::Macvlan,
         key<&NetDevice::macvlan_mode>("macvlan.mode",
                                       "What the devices on one link may send to each other.")),
    any(key_as<MtuText, &NetDevice::mtu>(
        "mtu", "Largest packet of the device; of a veth without it that of its bridge.")),
    any(key_as<InterfaceName, &NetDevice::name>("name",
                                                "Name of the device inside; without one the first "
                                                "free of eth0, eth1, and of phys its own.")),
    any(key_as<CommandLine, &NetDevice::script_down>(
        "script.down",
        "A program on the host that runs at the end of the container, also of one that did "
        "not start, with the arguments of script.up.")),
    any(key_as<CommandLine, &NetDevice::script_up>(
        "script.up",
        "A program on the host that runs once the device exists, of phys before it moves: "
        "COMMAND NAME net up TYPE [LINK [PAIR]], and with lxc.hook.version = 1 LXC_HOOK_TYPE, "
        "LXC_HOOK_SECTION, LXC_NET_TYPE, LXC_NET_PARENT and LXC_NET_PEER are set. When it "
        "fails, so does the start.")),
    any(whole_key<NetTypeWord>(
            "type", "empty: loopback only. none: the host's network. veth: a pair of devices, one "
                    "of them inside. macvlan, ipvlan, vlan: a child of the link. phys: the link "
                    "itself is moved inside and comes back under its name. user: of an ordinary "
                    "user's container, carried by a program of theirs, pasta or slirp4netns; it "
                    "needs no rights of root. Stands before the keys that only one type knows.")
            .empty_is(OnEmpty::Refuse)),
    only(NetType::Veth, key_as<V4, &NetDevice::veth, &Veth::ipv4_routes>(
                            "veth.ipv4.route", "A route on the host towards the container.")),
    only(NetType::Veth, key_as<V6, &NetDevice::veth, &Veth::ipv6_routes>(
                            "veth.ipv6.route", "A route on the host towards the container.")),
    only(NetType::Veth, key<&NetDevice::veth, &Veth::mode>(
                            "veth.mode", "bridge: the host's end joins the link. "
                                         "router: the host has routes to the container's "
                                         "addresses by it, and answers there for the gateways.")),
    only(NetType::Veth, key_as<NonNegative, &NetDevice::veth, &Veth::n_rxqueues>(
                            "veth.n_rxqueues", "Number of receive queues.")),
    only(NetType::Veth, key_as<NonNegative, &NetDevice::veth, &Veth::n_txqueues>(
                            "veth.n_txqueues", "Number of transmit queues.")),
    only(NetType::Veth,
         key_as<InterfaceName, &NetDevice::veth, &Veth::pair>(
             "veth.pair", "Name of the host's end; a random one (veth and six letters) without.")),
    only(NetType::Veth, key_as<BridgeVlan, &NetDevice::veth, &Veth::vlan_id>(
                            "veth.vlan.id", "Untagged VLAN of the host's end on a VLAN aware "
                                            "bridge; none takes it out of the default VLAN.")),
    only(NetType::Veth,
         key_as<TaggedVlans, &NetDevice::veth, &Veth::vlan_tagged_ids>(
             "veth.vlan.tagged.id", "A tagged VLAN of the host's end on a VLAN aware bridge.")),
    only(NetType::Vlan,
         key_as<VlanNumber, &NetDevice::vlan_id>("vlan.id", "VLAN id of the device.")),
});

constexpr auto name_of_row = [](const NetKey& row) { return row.key.name; };
static_assert(std::ranges::is_sorted(kTable, {}, name_of_row));
static_assert(std::ranges::adjacent_find(kTable, {}, name_of_row) == kTable.end());

struct NetName {
    unsigned index = 0;
    std::string_view key; // empty: the device itself
};

// "2.veth.pair" -> {2, "veth.pair"}
std::optional<NetName> split_name(std::string_view sub) {
    const auto dot = sub.find('.');
    const auto index = parse_u64(sub.substr(0, dot));
    if (!index || *index > 0x7fff'ffff) return std::nullopt;
    return NetName{static_cast<unsigned>(*index),
                   dot == sub.npos ? std::string_view{} : sub.substr(dot + 1)};
}

template <typename Devices>
auto* find_device(Devices& devices, unsigned index) {
    const auto device = std::ranges::find(devices, index, &NetDevice::index);
    return device == devices.end() ? nullptr : &*device;
}

const NetKey* find_key(std::string_view name) {
    const auto row = std::ranges::lower_bound(kTable, name, {}, name_of_row);
    return row != kTable.end() && row->key.name == name ? &*row : nullptr;
}

NetDevice& device_at(std::vector<NetDevice>& devices, unsigned index) {
    if (auto* device = find_device(devices, index)) return *device;
    const auto where = std::ranges::lower_bound(devices, index, {}, &NetDevice::index);
    return *devices.insert(where, NetDevice{.index = index});
}

// Throws Error unless the row exists and the device's type knows it.
const Key<NetDevice>& usable_key(const NetName& name, NetType type) {
    const auto* row = find_key(name.key);
    if (row == nullptr) throw Error(fmt::format("lxc.net.N.{} is no key", printable(name.key)));
    if (row->fits(type)) return row->key;
    const auto wanted = std::ranges::find_if(
        kNames<NetType>, [&](const auto& known) { return row->fits(known.value); });
    throw Error(fmt::format("this needs lxc.net.{}.type = {} before it (the type is {})",
                            name.index, wanted->name, name_of(type)));
}

NetName parse_name(std::string_view sub) {
    const auto name = split_name(sub);
    if (!name) reject(sub, "lxc.net.N.KEY, N a number");
    return *name;
}

} // namespace

std::span<const NetKey> net_keys() noexcept {
    return kTable;
}

void NetDevices::parse(std::string_view sub, std::string_view text, Value& value) {
    const auto name = parse_name(sub);
    if (name.key.empty()) reject(text, "nothing: lxc.net.N without a key removes the device");
    const auto* known = find_device(value, name.index);
    const NetDevice fresh{.index = name.index};
    NetDevice changed = known == nullptr ? fresh : *known;
    const auto& row = usable_key(name, changed.type);
    row.set(changed, {}, text);
    device_at(value, name.index) = std::move(changed);
}

std::optional<std::string> NetDevices::show(std::string_view sub, const Value& value) {
    if (sub.empty()) {
        std::string types;
        for (const auto& device : value) types += std::string(name_of(device.type)) + "\n";
        return types;
    }
    const auto name = split_name(sub);
    if (!name) return std::nullopt;
    const auto* row = find_key(name->key);
    const auto* device = find_device(value, name->index);
    if (row == nullptr || device == nullptr || !row->fits(device->type)) return std::nullopt;
    return row->key.get(*device, {});
}

void NetDevices::reset(std::string_view sub, Value& value) {
    if (sub.empty()) return value.clear();
    const auto name = parse_name(sub);
    if (name.key.empty()) {
        std::erase_if(value, [&](const auto& device) { return device.index == name.index; });
        return;
    }
    const auto* known = find_device(value, name.index);
    const auto& row = usable_key(name, known == nullptr ? NetType::Empty : known->type);
    if (row.on_empty == OnEmpty::Refuse) throw Error("a value is needed");
    row.clear(device_at(value, name.index), NetDevice{}, {});
}

void NetDevices::emit(std::string_view prefix, const Value& value, std::vector<KeyText>& lines) {
    const NetDevice defaults;
    for (const auto& device : value) {
        const auto at = [&](std::string_view key) {
            return fmt::format("{}.{}.{}", prefix, device.index, key);
        };
        const auto& type = find_key("type")->key;
        type.emit(device, defaults, at(type.name), lines);
        for (const auto& row : kTable)
            if (&row.key != &type && row.fits(device.type))
                row.key.emit(device, defaults, at(row.key.name), lines);
    }
}

} // namespace lxcpp
