// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include "base/strings.h"
#include "config/names.h"
#include "config/validate_network.h"
#include "plan/ipv4_number.h"
#include "plan/user_nic.h"
#include "sys/netlink_message.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>
#include <sched.h>
#include <set>
#include <sys/socket.h>

namespace lxcpp {
namespace {

constexpr int kBits4 = 32;

std::string key_of(const NetDevice& device, std::string_view name) {
    return fmt::format("lxc.net.{}.{}", device.index, name);
}

// The last address of the network; networks of one or two addresses have none to spare.
std::string broadcast_of(const IpAddress& ip) {
    if (!ip.broadcast.empty()) return ip.broadcast;
    if (ip.prefix >= kBits4 - 1) return "";
    return ipv4_of_number(number_of_ipv4(ip.address) | 0xffff'ffffu >> ip.prefix);
}

bool same_bits(std::string_view a, std::string_view b, int count) {
    for (int bit = 0; bit < count; ++bit) {
        const auto at = static_cast<std::size_t>(bit / 8);
        const int mask = 0x80 >> bit % 8;
        if ((a[at] & mask) != (b[at] & mask)) return false;
    }
    return true;
}

void add_gateway(NicPlan& nic, int family, const std::string& text) {
    if (text.empty()) return;
    NicGateway gateway{.family = family};
    if (text == "auto")
        gateway.kind = GatewayKind::Link;
    else if (text == "dev")
        gateway.kind = GatewayKind::Device;
    else
        gateway.address = text;
    gateway.on_link =
        !gateway.address.empty() && !is_in_networks(nic.addresses, family, gateway.address);
    nic.gateways.push_back(std::move(gateway));
}

void add_addresses(NicPlan& nic, const NetDevice& device) {
    for (const IpAddress& ip : device.ipv4_addresses) {
        nic.addresses.push_back({AF_INET, ip.address, ip.prefix, broadcast_of(ip)});
    }
    for (const IpAddress& ip : device.ipv6_addresses)
        nic.addresses.push_back({AF_INET6, ip.address, ip.prefix});
    add_gateway(nic, AF_INET, device.ipv4_gateway);
    add_gateway(nic, AF_INET6, device.ipv6_gateway);
}

NicPlan nic_of(const NetDevice& device) {
    NicPlan nic{
        .index = device.index, .type = device.type, .name = device.name, .link = device.link};
    nic.hwaddr = device.hwaddr;
    nic.mtu = static_cast<std::uint32_t>(parse_u64(device.mtu).value_or(0));
    nic.up = device.up;
    nic.l2proxy = device.l2proxy;
    nic.veth = device.veth;
    nic.macvlan_mode = device.macvlan_mode;
    nic.ipvlan_mode = device.ipvlan_mode;
    nic.ipvlan_isolation = device.ipvlan_isolation;
    nic.vlan_id = device.vlan_id;
    if (device.type == NetType::Phys && nic.link.ends_with('+')) {
        nic.link.pop_back();
        nic.link_prefix = true;
    }
    add_addresses(nic, device);
    if (nic.type == NetType::User) complete_user_nic(nic);
    return nic;
}

// ethN as the kernel would count, but known beforehand.
void name_devices(std::vector<NicPlan>& nics) {
    std::set<std::string> taken;
    for (const NicPlan& nic : nics)
        taken.insert(nic.name.empty() && nic.type == NetType::Phys ? nic.link : nic.name);
    unsigned next = 0;
    for (NicPlan& nic : nics) {
        if (!nic.name.empty() || nic.type == NetType::Phys || nic.type == NetType::Empty) continue;
        do nic.name = fmt::format("eth{}", next++);
        while (!taken.insert(nic.name).second);
    }
}

struct Scripts {
    const StartRequest& request;
    const Config& config;
    const std::string& staging;

    [[nodiscard]] std::optional<RunProgram> plan(const NetDevice& device, const std::string& type,
                                                 const std::string& command) const {
        if (command.empty()) return std::nullopt;
        RunProgram script = plan_hook(request, config, staging, {type, "net"},
                                      key_of(device, "script." + type), command);
        script.argv.emplace_back(name_of(device.type));
        if (config.hooks.version == 1)
            script.env.push_back("LXC_NET_TYPE=" + std::string(name_of(device.type)));
        return script;
    }
};

// Programs and sysctls may be about the interfaces; everything before them goes on meanwhile.
void await_network(std::vector<Step>& steps) {
    const auto needs_it = [](const Step& step) {
        return std::holds_alternative<RunProgram>(step) ||
               std::holds_alternative<WriteProc>(step) || std::holds_alternative<ReportReady>(step);
    };
    steps.insert(std::ranges::find_if(steps, needs_it), AwaitNetwork{});
}

void offer_network(std::vector<Step>& steps) {
    const auto loopback = std::ranges::find_if(
        steps, [](const Step& step) { return std::holds_alternative<LoopbackUp>(step); });
    steps.insert(loopback == steps.end() ? loopback : loopback + 1, OfferNetwork{});
}

void refuse_first(const std::vector<Problem>& problems) {
    if (!problems.empty())
        throw ConfigError("", 0, problems.front().key, problems.front().message);
}

} // namespace

bool is_in_networks(const std::vector<NicAddress>& addresses, int family,
                    const std::string& address) {
    const std::string wanted = sys::address_bytes(family, address);
    if (family == AF_INET6 && same_bits(wanted, sys::address_bytes(AF_INET6, "fe80::"), 10))
        return true;
    return std::ranges::any_of(addresses, [&](const NicAddress& one) {
        return one.family == family &&
               same_bits(wanted, sys::address_bytes(family, one.address), one.prefix);
    });
}

std::vector<NicPlan> plan_nics(const StartRequest& request, const Config& config,
                               const std::string& staging) {
    const Scripts scripts{request, config, staging};
    std::vector<NicPlan> nics;
    for (const NetDevice& device : config.net) {
        if (device.type == NetType::None) continue;
        NicPlan nic = nic_of(device);
        nic.takes_lease = may_take_lease(device) && runs_below_init(request, config);
        nic.script_up = scripts.plan(device, "up", device.script_up);
        nic.script_down = scripts.plan(device, "down", device.script_down);
        if (device.type == NetType::Empty && !nic.script_up && !nic.script_down) continue;
        nics.push_back(std::move(nic));
    }
    name_devices(nics);
    return nics;
}

void plan_network(const PlanContext& context) {
    std::vector<NicPlan> nics = plan_nics(context.request, context.config, context.host.staging);
    const std::vector<NetDevice>& devices = context.config.net;
    if (!nics.empty()) refuse_first(network_obstacles(devices));
    refuse_first(publish_obstacles(devices, context.config.publish));
    if (nics.empty()) return;
    if (!context.creates(CLONE_NEWNET)) {
        context.plan.warnings.emplace_back("the interfaces of lxc.net are not made: the network "
                                           "namespace is not the container's own");
        return;
    }
    context.plan.nics = std::move(nics);
    offer_network(context.plan.child.steps);
    await_network(context.plan.child.steps);
}

} // namespace lxcpp
