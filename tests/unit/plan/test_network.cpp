// SPDX-License-Identifier: Apache-2.0
#include "plan_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/mount.h>
#include <sys/socket.h>

namespace lxcpp::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names(const std::string& text) {
    std::vector<std::string> all;
    for (const NicPlan& nic : plan_with_root(text).nics) all.push_back(nic.name);
    return all;
}

TEST(PlanNetwork, DevicesWithoutANameGetTheFirstFreeOne) {
    EXPECT_THAT(names("lxc.net.3.type = veth\nlxc.net.9.type = veth\n"),
                ElementsAre("eth0", "eth1"));
    EXPECT_THAT(names("lxc.net.0.type = veth\nlxc.net.1.type = veth\nlxc.net.1.name = eth0\n"),
                ElementsAre("eth1", "eth0"));
    // A physical one keeps its name, and others stay out of its way.
    EXPECT_THAT(names("lxc.net.0.type = veth\nlxc.net.1.type = phys\nlxc.net.1.link = eth0\n"),
                ElementsAre("eth1", ""));
}

std::string broadcast(const std::string& address) {
    const auto plan =
        plan_with_root("lxc.net.0.type = veth\nlxc.net.0.ipv4.address = " + address + "\n");
    return plan.nics.at(0).addresses.at(0).broadcast;
}

TEST(PlanNetwork, TheBroadcastAddressFollowsFromThePrefix) {
    EXPECT_EQ(broadcast("10.0.3.5/24"), "10.0.3.255");
    EXPECT_EQ(broadcast("10.0.3.5/8"), "10.255.255.255");
    EXPECT_EQ(broadcast("10.0.3.5/30"), "10.0.3.7");
    EXPECT_EQ(broadcast("10.0.3.5/0"), "255.255.255.255");
    EXPECT_EQ(broadcast("10.0.3.5/31"), "");
    EXPECT_EQ(broadcast("10.0.3.5/32"), "");
    EXPECT_EQ(broadcast("10.0.3.5/24 10.0.3.0"), "10.0.3.0");
}

bool on_link(const std::string& family, const std::string& address, const std::string& gateway) {
    const std::string key = "lxc.net.0." + family;
    const auto plan =
        plan_with_root("lxc.net.0.type = veth\nlxc.net.0.flags = up\n" + key +
                       ".address = " + address + "\n" + key + ".gateway = " + gateway + "\n");
    return plan.nics.at(0).gateways.at(0).on_link;
}

TEST(PlanNetwork, AGatewayOutsideOfItsNetworksIsReachedOnTheLink) {
    EXPECT_FALSE(on_link("ipv4", "10.0.3.5/24", "10.0.3.1"));
    EXPECT_TRUE(on_link("ipv4", "10.0.3.5/24", "10.0.4.1"));
    EXPECT_FALSE(on_link("ipv4", "10.0.3.5/23", "10.0.2.1"));
    EXPECT_TRUE(on_link("ipv4", "10.0.3.5/32", "169.254.0.1"));
    EXPECT_FALSE(on_link("ipv6", "fd00::5", "fd00::1"));
    EXPECT_TRUE(on_link("ipv6", "fd00::5", "fd01::1"));
    EXPECT_FALSE(on_link("ipv6", "fd00::5/128", "fe80::1"));
    EXPECT_FALSE(on_link("ipv4", "10.0.3.5/24", "dev"));
}

TEST(PlanNetwork, EmptyNetworksHaveNoSteps) {
    const auto plan = plan_with_root("lxc.net.0.type = empty\nlxc.net.0.flags = up\n");
    EXPECT_THAT(plan.nics, IsEmpty());
    EXPECT_THAT(steps_of<OfferNetwork>(plan), IsEmpty());
    EXPECT_THAT(steps_of<AwaitNetwork>(plan), IsEmpty());
    EXPECT_THAT(plan_with_root("").nics, IsEmpty());
}

constexpr const char* kVeth = "lxc.net.0.type = veth\n";

TEST(PlanNetwork, TheChildWaitsWhereTheInterfacesMayBeNeeded) {
    auto plan = plan_with_root(kVeth);
    EXPECT_EQ(index_of<OfferNetwork>(plan), index_of<LoopbackUp>(plan) + 1);
    EXPECT_EQ(index_of<AwaitNetwork>(plan) + 1, index_of<ReportReady>(plan));
    plan = plan_with_root(std::string(kVeth) +
                          "lxc.mount.auto = proc\nlxc.sysctl.net.ipv4.conf.eth0.forwarding = 1\n");
    EXPECT_EQ(index_of<AwaitNetwork>(plan) + 1, index_of<WriteProc>(plan));
    plan = plan_with_root(std::string(kVeth) +
                          "lxc.hook.mount = /h/mount\nlxc.hook.autodev = /h/autodev\n");
    EXPECT_TRUE(
        std::holds_alternative<RunProgram>(plan.child.steps.at(index_of<AwaitNetwork>(plan) + 1)));
    EXPECT_EQ(std::get<RunProgram>(plan.child.steps.at(index_of<AwaitNetwork>(plan) + 1)).what,
              "lxc.hook.mount: /h/mount");
}

// The parent takes what comes in this order.
TEST(PlanNetwork, NamespacesForTheStopHookComeBeforeTheNetwork) {
    EXPECT_THAT(steps_of<OfferNamespaces>(plan_with_root(kVeth)), IsEmpty());
    const auto plan = plan_with_root(std::string(kVeth) + "lxc.hook.stop = /h/stop\n");
    EXPECT_GT(index_of<OfferNamespaces>(plan), index_of<Unshare>(plan));
    EXPECT_LT(index_of<OfferNamespaces>(plan), index_of<OfferNetwork>(plan));
}

TEST(PlanNetwork, IsSomebodyElsesWhereTheNamespaceIs) {
    const auto plan = plan_with_root(std::string(kVeth) + "lxc.namespace.share.net = c2\n");
    EXPECT_THAT(plan.nics, IsEmpty());
    EXPECT_THAT(steps_of<OfferNetwork>(plan), IsEmpty());
    EXPECT_THAT(plan.warnings, ElementsAre("the interfaces of lxc.net are not made: the network "
                                           "namespace is not the container's own"));
}

// An application asks no DHCP server.
TEST(PlanNetwork, OnlyAnApplicationsDeviceWithoutAddressesTakesALease) {
    const auto takes = [](const std::string& more) {
        return plan_with_root("lxc.net.0.type = veth\nlxc.net.0.link = br0\n" + more).nics.at(0).takes_lease;
    };
    const std::string up = "lxc.net.0.flags = up\n";
    const std::string application = "lxc.execute.cmd = /bin/app\n";
    EXPECT_TRUE(takes(up + application));
    EXPECT_FALSE(takes(up));
    EXPECT_FALSE(takes(up + application + "lxc.init.cmd = /sbin/init\n"));
    EXPECT_FALSE(takes(application));
    EXPECT_FALSE(takes(up + application + "lxc.net.0.ipv4.address = 10.0.0.2/24\n"));
    EXPECT_FALSE(takes(up + application + "lxc.net.0.veth.mode = router\n"));
}

TEST(PlanNetwork, NameServersAreMountedBelowTheEntriesOfTheConfiguration) {
    auto host = hybrid_host();
    const std::string entry = "lxc.mount.entry = /srv/dns etc/resolv.conf none bind 0 0\n";
    EXPECT_THAT(plan_with_root(entry, host).prepared_mounts, IsEmpty());
    host.name_servers = "/run/c1/resolv.conf";
    const auto plan = plan_with_root(entry, host);
    ASSERT_EQ(plan.prepared_mounts.size(), 1u);
    EXPECT_EQ(plan.prepared_mounts[0].source, "/run/c1/resolv.conf");
    EXPECT_NE(plan.prepared_mounts[0].attributes_set & MOUNT_ATTR_RDONLY, 0u);
    EXPECT_EQ(steps_of<MountPrepared>(plan).at(0).target.path, "etc/resolv.conf");
    EXPECT_LT(index_of<MountPrepared>(plan), index_of<MountBind>(plan));
    EXPECT_THAT(plan_of("", host).prepared_mounts, IsEmpty()); // the host's own root
}

TEST(PlanNetwork, ScriptsAreToldAsByLxc) {
    const std::string text =
        std::string(kVeth) +
        "lxc.net.0.script.up = /h/up 'two words'\nlxc.net.0.script.down = /h/down\n";
    auto nic = plan_with_root(text).nics.at(0);
    EXPECT_THAT(nic.script_up->argv, ElementsAre("/h/up", "two words", "c1", "net", "up", "veth"));
    EXPECT_THAT(nic.script_down->argv, ElementsAre("/h/down", "c1", "net", "down", "veth"));
    EXPECT_THAT(nic.script_up->env,
                testing::Not(testing::Contains(testing::StartsWith("LXC_HOOK_SECTION"))));
    nic = plan_with_root(text + "lxc.hook.version = 1\n").nics.at(0);
    EXPECT_THAT(nic.script_up->env,
                testing::IsSupersetOf({"LXC_HOOK_SECTION=net", "LXC_HOOK_TYPE=up",
                                       "LXC_NET_TYPE=veth", "LXC_NAME=c1"}));
}

} // namespace
} // namespace lxcpp::test
