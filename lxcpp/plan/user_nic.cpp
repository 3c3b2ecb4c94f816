// SPDX-License-Identifier: Apache-2.0
#include "plan/user_nic.h"

#include "config/names.h"
#include "plan/ipv4_number.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <initializer_list>
#include <sys/socket.h>

namespace lxcpp {
namespace {

std::uint32_t network_of(const NicAddress& one) {
    const std::uint32_t host = one.prefix == 0 ? ~0u : 0xffff'ffffu >> one.prefix;
    return number_of_ipv4(one.address) & ~host;
}

// The first of these places in the network of one that nobody has.
std::string free_address(const NicAddress& one, std::initializer_list<std::uint32_t> places,
                         const std::string& other) {
    const std::uint32_t network = network_of(one);
    for (const std::uint32_t place : places) {
        std::string text = ipv4_of_number(network + place);
        if (text != one.address && text != other) return text;
    }
    return "";
}

// As plan_nics() has told it what the device is.
void tell_type(std::optional<RunProgram>& script, NetType type) {
    if (!script) return;
    script->argv.back() = name_of(type);
    for (std::string& one : script->env) {
        if (one.starts_with("LXC_NET_TYPE=")) one = "LXC_NET_TYPE=" + std::string(name_of(type));
    }
}

} // namespace

const NicAddress* user_address(const NicPlan& nic, int family) {
    const auto found = std::ranges::find(nic.addresses, family, &NicAddress::family);
    return found == nic.addresses.end() ? nullptr : &*found;
}

std::string user_gateway(const NicPlan& nic, int family) {
    const auto found = std::ranges::find(nic.gateways, family, &NicGateway::family);
    return found == nic.gateways.end() ? "" : found->address;
}

std::string user_resolver(const NicPlan& nic, int family) {
    const NicAddress* const one = user_address(nic, family);
    if (one == nullptr) return "";
    if (family == AF_INET6) return kUserResolver6;
    return free_address(*one, {3, 2, 1}, user_gateway(nic, family));
}

std::string user_network4(const NicPlan& nic) {
    const NicAddress* const one = user_address(nic, AF_INET);
    return one == nullptr ? "" : fmt::format("{}/{}", ipv4_of_number(network_of(*one)), one->prefix);
}

void complete_user_nic(NicPlan& nic) {
    if (user_address(nic, AF_INET) == nullptr)
        nic.addresses.insert(nic.addresses.begin(),
                             {AF_INET, kUserAddress4, kUserPrefix4, "10.0.2.255"});
    if (user_gateway(nic, AF_INET).empty())
        nic.gateways.insert(nic.gateways.begin(),
                            {.family = AF_INET,
                             .address = free_address(*user_address(nic, AF_INET), {2, 1, 3}, "")});
    if (user_address(nic, AF_INET6) == nullptr)
        nic.ipv6_as_host = true;
    else if (user_gateway(nic, AF_INET6).empty())
        nic.gateways.push_back({.family = AF_INET6, .address = kUserGateway6, .on_link = true});
    if (nic.mtu == 0) nic.mtu = kUserMtu;
}

void add_user_ipv6(NicPlan& nic) {
    nic.addresses.push_back({AF_INET6, kUserAddress6, kUserPrefix6});
    nic.gateways.push_back({.family = AF_INET6, .address = kUserGateway6});
}

NicPlan as_user_nic(const NicPlan& veth) {
    NicPlan nic{.index = veth.index, .type = NetType::User, .name = veth.name};
    nic.hwaddr = veth.hwaddr;
    nic.mtu = veth.mtu;
    nic.up = veth.up;
    nic.script_up = veth.script_up;
    nic.script_down = veth.script_down;
    tell_type(nic.script_up, nic.type);
    tell_type(nic.script_down, nic.type);
    complete_user_nic(nic);
    return nic;
}

} // namespace lxcpp
