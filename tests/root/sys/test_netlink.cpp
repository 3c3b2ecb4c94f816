// SPDX-License-Identifier: Apache-2.0
#include "support/error_of.h"
#include "support/own_network.h"
#include "sys/netlink_address.h"
#include "sys/netlink_bridge.h"
#include "sys/netlink_route.h"
#include "sys/spawn.h"

#include <gmock/gmock.h>

#include <lxcpp/error.h>

#include <cerrno>
#include <chrono>
#include <net/if.h>

using namespace lxcpp;
using namespace std::chrono_literals;
using test::error_of;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

namespace {

class NetlinkLinks : public test::OwnNetwork {};

std::string ip(const std::vector<std::string>& words) {
    std::vector<std::string> argv{"/sbin/ip"};
    argv.insert(argv.end(), words.begin(), words.end());
    return sys::run_and_capture({.argv = argv}, 20s).output;
}

// "hairpin on" of what ip(8) shows: sysfs would show the namespace in which it was mounted.
std::string port_flag(const std::string& port, const std::string& flag) {
    const std::string shown = ip({"-d", "link", "show", port});
    const auto at = shown.find(' ' + flag + ' ');
    if (at == std::string::npos) return "";
    const auto value = at + flag.size() + 2;
    return shown.substr(value, shown.find_first_of(" \n", value) - value);
}

TEST_F(NetlinkLinks, AVethIsMadeWithItsPeerInTheOtherNamespace) {
    sys::add_bridge(*netlink, {.name = "br0", .up = true});
    sys::add_veth(*netlink,
                  {.name = "host0",
                   .mac = "fe:00:00:00:00:01",
                   .mtu = 1400,
                   .master = link("br0").index,
                   .up = true},
                  {.name = "eth0",
                   .mac = "10:66:6a:00:00:01",
                   .mtu = 1400,
                   .rx_queues = 2,
                   .tx_queues = 3,
                   .network_namespace = other});
    EXPECT_EQ(link_inside("eth0").flags & IFF_UP, 0u);
    sys::change_link(*inside, link_inside("eth0"), {.up = true});
    const sys::NetLink host = link("host0");
    EXPECT_EQ(host.kind, "veth");
    EXPECT_EQ(host.mac, "fe:00:00:00:00:01");
    EXPECT_EQ(host.mtu, 1400u);
    EXPECT_EQ(host.master, link("br0").index);
    EXPECT_NE(host.flags & IFF_UP, 0u);
    const sys::NetLink peer = link_inside("eth0");
    EXPECT_EQ(peer.kind, "veth");
    EXPECT_EQ(peer.mac, "10:66:6a:00:00:01");
    EXPECT_EQ(peer.mtu, 1400u);
    EXPECT_NE(peer.flags & IFF_UP, 0u);
    EXPECT_EQ(host.parent, peer.index);
    EXPECT_TRUE(host.parent_namespace.value_or(-1) >= 0);
    EXPECT_FALSE(sys::find_link(*netlink, "eth0"));
    const Fd peers = sys::open_file("/proc/self/ns/net");
    sys::enter_namespace(other, CLONE_NEWNET);
    EXPECT_THAT(ip({"-d", "link", "show", "eth0"}),
                testing::AllOf(HasSubstr("numtxqueues 3"), HasSubstr("numrxqueues 2")));
    sys::enter_namespace(peers, CLONE_NEWNET);
}

TEST_F(NetlinkLinks, TheKernelCountsNames) {
    sys::add_veth(*netlink, {.name = "v%d"}, {.name = "v%d"});
    EXPECT_EQ(link("v0").parent, link("v1").index);
    EXPECT_EQ(link("v0").parent_namespace, std::nullopt);
}

TEST_F(NetlinkLinks, OneWhosePeersNamespaceIsGoneIsKnownByThat) {
    sys::add_veth(*netlink, {.name = "host0"}, {.name = "eth0", .network_namespace = other});
    EXPECT_GE(link("host0").parent_namespace.value_or(-1), 0);
    inside.reset();
    other.reset();
    // Sockets go a moment after they were closed; and then the kernel may be faster than we.
    const auto end = std::chrono::steady_clock::now() + 20s;
    auto left = sys::find_link(*netlink, "host0");
    while (left && left->parent_namespace != -1 && std::chrono::steady_clock::now() < end) {
        left = sys::find_link(*netlink, "host0");
    }
    if (left) {
        EXPECT_EQ(left->parent_namespace, -1);
    }
}

TEST_F(NetlinkLinks, AreFoundByEachOfTheirNames) {
    sys::add_veth(*netlink, {.name = "v0"}, {.name = "v1"});
    sys::add_other_name(*netlink, link("v0"), "a-name-longer-than-others");
    EXPECT_EQ(link("a-name-longer-than-others").index, link("v0").index);
    EXPECT_THAT(link("v0").other_names, ElementsAre("a-name-longer-than-others"));
    EXPECT_EQ(sys::find_link(*netlink, link("v1").index)->name, "v1");
    sys::remove_other_name(*netlink, link("v0"), "a-name-longer-than-others");
    EXPECT_THAT(link("v0").other_names, IsEmpty());
    EXPECT_FALSE(sys::find_link(*netlink, "nope0"));
    EXPECT_FALSE(sys::find_link(*netlink, ""));
    EXPECT_FALSE(sys::find_link(*netlink, std::string(200, 'x')));
    EXPECT_FALSE(sys::find_link(*netlink, 4711));
}

TEST_F(NetlinkLinks, ChangeTheirNameAddressMtuAndState) {
    sys::add_veth(*netlink, {.name = "v0"}, {.name = "v1"});
    sys::change_link(*netlink, link("v0"),
                     {.name = "w0", .mac = "10:66:6a:00:00:02", .mtu = 1300, .up = true});
    EXPECT_EQ(link("w0").mac, "10:66:6a:00:00:02");
    EXPECT_EQ(link("w0").mtu, 1300u);
    EXPECT_NE(link("w0").flags & IFF_UP, 0u);
    sys::change_link(*netlink, link("w0"), {.up = false});
    EXPECT_EQ(link("w0").flags & IFF_UP, 0u);
    sys::delete_link(*netlink, link("w0"));
    EXPECT_FALSE(sys::find_link(*netlink, "v1"));
    sys::delete_link(*netlink, {.index = 4711, .name = "gone0"});
}

TEST_F(NetlinkLinks, MoveWithANewNameAndComeBack) {
    sys::add_veth(*netlink, {.name = "v0"}, {.name = "v1"});
    sys::move_link(*netlink, link("v0"), other, {.name = "lan", .mtu = 1300, .up = true});
    EXPECT_FALSE(sys::find_link(*netlink, "v0"));
    EXPECT_EQ(link_inside("lan").mtu, 1300u);
    EXPECT_NE(link_inside("lan").flags & IFF_UP, 0u);
    sys::move_link(*inside, link_inside("lan"), own, {.name = "v0"});
    EXPECT_EQ(link("v0").parent, link("v1").index);
}

TEST_F(NetlinkLinks, MacvlansHaveTheirMode) {
    sys::add_veth(*netlink, {.name = "v0", .up = true}, {.name = "v1"});
    const int parent = link("v0").index;
    const std::pair<const char*, sys::MacvlanBehaviour> modes[] = {
        {"private", sys::MacvlanBehaviour::Private},
        {"vepa", sys::MacvlanBehaviour::Vepa},
        {"bridge", sys::MacvlanBehaviour::Bridge}};
    for (const auto& [name, mode] : modes) {
        sys::add_macvlan(*netlink, {.name = "mv0", .mac = "10:66:6a:00:00:03"}, parent, mode);
        EXPECT_THAT(ip({"-d", "link", "show", "mv0"}),
                    HasSubstr("macvlan mode " + std::string(name)));
        EXPECT_EQ(link("mv0").parent, parent);
        sys::delete_link(*netlink, link("mv0"));
    }
    sys::add_macvlan(*netlink, {.name = "eth0", .network_namespace = other}, parent,
                     sys::MacvlanBehaviour::Passthru);
    EXPECT_EQ(link_inside("eth0").kind, "macvlan");
    EXPECT_THAT(error_of([&] {
                    sys::add_macvlan(*netlink, {.name = "mv1"}, parent,
                                     sys::MacvlanBehaviour::Bridge);
                }),
                StartsWith("make the macvlan interface mv1"));
}

// A kernel that has them makes them; one that has not is named with what it lacks.
TEST_F(NetlinkLinks, VlansAndIpvlansAreMadeOrTheKernelsOptionIsNamed) {
    sys::add_veth(*netlink, {.name = "v0", .up = true}, {.name = "v1"});
    const int parent = link("v0").index;
    std::string error = error_of([&] { sys::add_vlan(*netlink, {.name = "v0.5"}, parent, 5); });
    if (error.empty()) {
        EXPECT_THAT(ip({"-d", "link", "show", "v0.5"}), HasSubstr("id 5"));
    } else {
        EXPECT_EQ(error, "make the vlan interface v0.5: this kernel has no vlan interfaces "
                         "(CONFIG_VLAN_8021Q): Operation not supported");
    }
    error = error_of([&] {
        sys::add_ipvlan(*netlink, {.name = "ip0"}, parent, sys::IpvlanLayer::L3s,
                        sys::IpvlanSharing::Vepa);
    });
    if (error.empty()) {
        EXPECT_THAT(ip({"-d", "link", "show", "ip0"}), HasSubstr("mode l3s vepa"));
    } else {
        EXPECT_EQ(error, "make the ipvlan interface ip0: this kernel has no ipvlan interfaces "
                         "(CONFIG_IPVLAN): Operation not supported");
    }
}

TEST_F(NetlinkLinks, BridgePortsHaveWhatIsAskedFor) {
    sys::add_bridge(*netlink, {.name = "br0", .mac = "fe:00:00:00:00:09", .up = true},
                    {.spanning_tree = false, .multicast_snooping = false, .forward_delay = 200});
    EXPECT_EQ(link("br0").kind, "bridge");
    EXPECT_EQ(link("br0").mac, "fe:00:00:00:00:09");
    EXPECT_EQ(port_flag("br0", "forward_delay"), "200");
    EXPECT_EQ(port_flag("br0", "mcast_snooping"), "0");
    sys::add_veth(*netlink, {.name = "v0"}, {.name = "v1"});
    sys::change_link(*netlink, link("v0"), {.master = link("br0").index});
    sys::set_bridge_port(*netlink, link("v0"),
                         {.hairpin = true, .isolated = true, .learning = false, .flood = false});
    EXPECT_EQ(port_flag("v0", "hairpin"), "on");
    EXPECT_EQ(port_flag("v0", "isolated"), "on");
    EXPECT_EQ(port_flag("v0", "learning"), "off");
    EXPECT_EQ(port_flag("v0", "flood"), "off");
    EXPECT_EQ(port_flag("v0", "mcast_flood"), "on");
    sys::set_bridge_port(
        *netlink, link("v0"),
        {.isolated = false, .guard = true, .root_block = true, .fast_leave = true});
    EXPECT_EQ(port_flag("v0", "hairpin"), "on");
    EXPECT_EQ(port_flag("v0", "isolated"), "off");
    EXPECT_EQ(port_flag("v0", "guard"), "on");
    EXPECT_EQ(port_flag("v0", "root_block"), "on");
    sys::change_link(*netlink, link("v0"), {.master = 0});
    EXPECT_EQ(link("v0").master, 0);
}

TEST_F(NetlinkLinks, VlansOfABridgePortAreSetWhereTheKernelHasThem) {
    try {
        sys::add_bridge(*netlink, {.name = "br0"}, {.vlan_filtering = true});
    } catch (const SystemError& error) {
        EXPECT_EQ(error.code(), EOPNOTSUPP);
    }
    if (!sys::find_link(*netlink, "br0") || !link("br0").vlan_filtering.value_or(false)) {
        GTEST_SKIP() << "this kernel has no VLANs of bridges (CONFIG_BRIDGE_VLAN_FILTERING)";
    }
    EXPECT_EQ(link("br0").default_pvid, 1);
    sys::add_veth(*netlink, {.name = "v0", .master = link("br0").index}, {.name = "v1"});
    sys::remove_bridge_vlan(*netlink, link("v0"), 1);
    sys::add_bridge_vlan(*netlink, link("v0"), {.id = 10, .pvid = true, .untagged = true});
    sys::add_bridge_vlan(*netlink, link("v0"), {.id = 20});
    const std::string vlans =
        sys::run_and_capture({.argv = {"/sbin/bridge", "vlan", "show", "dev", "v0"}}, 20s).output;
    EXPECT_THAT(vlans, HasSubstr("10 PVID Egress Untagged"));
    EXPECT_THAT(vlans, HasSubstr("20"));
    sys::remove_bridge_vlan(*netlink, link("v0"), 77);
}

TEST_F(NetlinkLinks, ErrorsHaveTheKernelsWords) {
    sys::add_veth(*netlink, {.name = "v0"}, {.name = "v1"});
    EXPECT_EQ(error_of([&] { sys::add_veth(*netlink, {.name = "v0"}, {.name = "v2"}); }),
              "make the veth interface v0: File exists");
    EXPECT_THAT(error_of([&] { sys::change_link(*netlink, link("v0"), {.mtu = 10}); }),
                testing::AllOf(StartsWith("give the network interface v0 the mtu 10 ("),
                               HasSubstr(": Invalid argument")));
    EXPECT_EQ(error_of([&] { netlink->set_up("a-name-that-is-too-long"); }),
              "network interface \"a-name-that-is-too-long\": the name has to have 1 to 15 bytes: "
              "Invalid argument");
    // The connection is as good as before.
    EXPECT_EQ(link("v0").name, "v0");
}

class NetlinkAddresses : public test::OwnNetwork {
protected:
    void SetUp() override {
        OwnNetwork::SetUp();
        sys::add_veth(*netlink, {.name = "v0", .up = true}, {.name = "v1"});
        netlink->set_up("v1");
    }
    std::vector<std::string> texts() {
        std::vector<std::string> all;
        for (const sys::NetAddress& address : netlink->addresses()) {
            if (address.scope == 0)
                all.push_back(address.interface + ' ' + address.text + '/' +
                              std::to_string(address.prefix));
        }
        return all;
    }
};

TEST_F(NetlinkAddresses, AreGivenAndTaken) {
    const sys::InterfaceAddress four{
        .family = AF_INET, .address = "10.9.0.5", .prefix = 24, .broadcast = "10.9.0.255"};
    const sys::InterfaceAddress six{
        .family = AF_INET6, .address = "fd00:9::5", .prefix = 64, .without_detection = true};
    sys::add_address(*netlink, link("v0"), four);
    sys::add_address(*netlink, link("v0"), six);
    EXPECT_THAT(texts(), ElementsAre("v0 10.9.0.5/24", "v0 fd00:9::5/64"));
    EXPECT_THAT(ip({"address", "show", "v0"}),
                testing::AllOf(HasSubstr("brd 10.9.0.255"),
                               Not(HasSubstr("fd00:9::5/64 scope global tentative"))));
    EXPECT_EQ(error_of([&] { sys::add_address(*netlink, link("v0"), four); }).substr(0, 58),
              "give the network interface v0 the address 10.9.0.5/24 (ipv");
    sys::remove_address(*netlink, link("v0"), four);
    sys::remove_address(*netlink, link("v0"), four);
    sys::remove_address(*netlink, link("v0"), six);
    EXPECT_THAT(texts(), IsEmpty());
}

TEST_F(NetlinkAddresses, RoutesLeadByAGatewayOrToTheDevice) {
    sys::add_address(*netlink, link("v0"), {.address = "10.9.0.5", .prefix = 24});
    sys::add_route(*netlink, link("v0"), {.gateway = "10.9.0.1"});
    EXPECT_THAT(ip({"route"}), HasSubstr("default via 10.9.0.1 dev v0"));
    EXPECT_THAT(error_of([&] { sys::add_route(*netlink, link("v0"), {.gateway = "10.9.0.1"}); }),
                StartsWith("add the default route by 10.9.0.1 through v0"));
    sys::remove_route(*netlink, link("v0"), {.gateway = "10.9.0.1"});
    sys::remove_route(*netlink, link("v0"), {.gateway = "10.9.0.1"});
    sys::add_route(*netlink, link("v0"), {});
    EXPECT_THAT(ip({"route"}), HasSubstr("default dev v0 scope link"));
    sys::add_route(*netlink, link("v0"), {.destination = "10.10.0.0", .prefix = 16});
    EXPECT_THAT(ip({"route"}), HasSubstr("10.10.0.0/16 dev v0 scope link"));
    sys::add_route(
        *netlink, link("v1"),
        {.destination = "10.11.0.0", .prefix = 16, .gateway = "169.254.9.9", .on_link = true});
    EXPECT_THAT(ip({"route"}), HasSubstr("10.11.0.0/16 via 169.254.9.9 dev v1 onlink"));
    EXPECT_THAT(error_of([&] {
                    sys::add_route(
                        *netlink, link("v1"),
                        {.destination = "10.12.0.0", .prefix = 16, .gateway = "169.254.9.9"});
                }),
                StartsWith("add the route to 10.12.0.0/16 by 169.254.9.9 through v1"));
}

TEST_F(NetlinkAddresses, RoutesOfIpv6) {
    sys::add_address(
        *netlink, link("v0"),
        {.family = AF_INET6, .address = "fd00:9::5", .prefix = 64, .without_detection = true});
    sys::add_route(*netlink, link("v0"), {.family = AF_INET6, .gateway = "fd00:9::1"});
    sys::add_route(*netlink, link("v0"),
                   {.family = AF_INET6, .destination = "fd00:10::", .prefix = 64});
    sys::add_route(*netlink, link("v0"),
                   {.family = AF_INET6,
                    .destination = "fd00:11::",
                    .prefix = 64,
                    .gateway = "fe80::1",
                    .on_link = true});
    const std::string routes = ip({"-6", "route"});
    EXPECT_THAT(routes, HasSubstr("default via fd00:9::1 dev v0"));
    EXPECT_THAT(routes, HasSubstr("fd00:10::/64 dev v0"));
    EXPECT_THAT(routes, HasSubstr("fd00:11::/64 via fe80::1 dev v0"));
}

TEST_F(NetlinkAddresses, NeighbourProxiesAreMadeAndRemoved) {
    sys::add_neighbour_proxy(*netlink, link("v0"), AF_INET, "10.9.0.7");
    sys::add_neighbour_proxy(*netlink, link("v0"), AF_INET, "10.9.0.7");
    sys::add_neighbour_proxy(*netlink, link("v0"), AF_INET6, "fd00:9::7");
    EXPECT_THAT(ip({"neigh", "show", "proxy"}), HasSubstr("10.9.0.7 dev v0"));
    EXPECT_THAT(ip({"-6", "neigh", "show", "proxy"}), HasSubstr("fd00:9::7 dev v0"));
    sys::remove_neighbour_proxy(*netlink, link("v0"), AF_INET, "10.9.0.7");
    sys::remove_neighbour_proxy(*netlink, link("v0"), AF_INET, "10.9.0.7");
    sys::remove_neighbour_proxy(*netlink, link("v0"), AF_INET6, "fd00:9::7");
    EXPECT_EQ(ip({"neigh", "show", "proxy"}) + ip({"-6", "neigh", "show", "proxy"}), "");
}

TEST_F(NetlinkAddresses, InsideLeavesTheCallerWhereItWas) {
    const auto before = sys::read_link("/proc/self/ns/net");
    sys::Netlink there = sys::Netlink::inside(other);
    EXPECT_EQ(sys::read_link("/proc/self/ns/net"), before);
    EXPECT_FALSE(sys::find_link(there, "v0"));
    const Fd wrong = sys::open_file("/proc/self/ns/mnt");
    EXPECT_EQ(error_of([&] { (void)sys::Netlink::inside(wrong); }),
              "enter a namespace: Invalid argument");
    EXPECT_EQ(sys::read_link("/proc/self/ns/net"), before);
}

} // namespace
