// SPDX-License-Identifier: Apache-2.0
#include "plan_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::test {
namespace {

struct Refused {
    std::string config;
    std::string error;
};

class PlanRefuses : public testing::TestWithParam<Refused> {};

TEST_P(PlanRefuses, WithAReason) { EXPECT_EQ(plan_error(GetParam().config), GetParam().error); }

std::string entry(const std::string& line) { return "lxc.mount.entry = " + line + '\n'; }

INSTANTIATE_TEST_SUITE_P(
    Mounts, PlanRefuses,
    testing::Values(
        Refused{entry("/a ../b none bind"), "lxc.mount.entry: \"..\" in target ../b: \"/a ../b none bind\""},
        Refused{entry("/a b/../../c none bind"), "lxc.mount.entry: \"..\" in target b/../../c: \"/a b/../../c none bind\""},
        Refused{entry("/a b/\\056\\056/c none bind"), "lxc.mount.entry: \"..\" in target b/../c: \"/a b/\\056\\056/c none bind\""},
        Refused{entry("/a /var/lib/lxcpp/c1/rootfs/../x none bind"), "lxc.mount.entry: \"..\" in target ../x: \"/a /var/lib/lxcpp/c1/rootfs/../x none bind\""},
        Refused{entry("/a . none bind"), "lxc.mount.entry: the target is the root itself: \"/a . none bind\""},
        Refused{entry("/a .//./ none bind"), "lxc.mount.entry: the target is the root itself: \"/a .//./ none bind\""},
        Refused{entry("/a /var/lib/lxcpp/c1/rootfs none bind"), "lxc.mount.entry: the target is the root itself: \"/a /var/lib/lxcpp/c1/rootfs none bind\""},
        Refused{entry("/a b\\000c none bind"), "lxc.mount.entry: \\000 in \"/a b\\000c none bind\""},
        Refused{entry("/a b none"), "lxc.mount.entry: \"/a b none\" has type none but neither bind nor remount"},
        Refused{entry("/a b none ro"), "lxc.mount.entry: \"/a b none ro\" has type none but neither bind nor remount"},
        Refused{entry("/a b none bind,size=3"), "lxc.mount.entry: unknown option \"size=3\" in \"/a b none bind,size=3\""},
        Refused{entry("/a b none remount,size=3"),
                "lxc.mount.entry: unknown option \"size=3\" in \"/a b none remount,size=3\""},
        Refused{entry("/a b none bind,create=x"), "lxc.mount.entry: create= takes dir or file, not \"x\": \"/a b none bind,create=x\""},
        Refused{entry("/a b none bind,idmap="), "lxc.mount.entry: idmap= takes container or a path: \"/a b none bind,idmap=\""},
        Refused{entry("a b none bind,relative,idmap=container"),
                "lxc.mount.entry: idmap= does not go with relative: \"a b none bind,relative,idmap=container\""},
        Refused{entry("x b tmpfs idmap=container"),
                "lxc.mount.entry: idmap= works for bind mounts only: \"x b tmpfs idmap=container\""}));

std::string veth(const std::string& lines) { return "lxc.net.0.type = veth\nlxc.net.0.flags = up\n" + lines; }

INSTANTIATE_TEST_SUITE_P(
    Network, PlanRefuses,
    testing::Values(
        Refused{veth("lxc.net.0.link = lo\n"), "lxc.net.0.link: lo is the host's own and has no outside"},
        Refused{veth("lxc.net.0.link = br+\n"), "lxc.net.0.link: a name that ends in + is for lxc.net.N.type = phys only"},
        Refused{"lxc.net.0.type = phys\nlxc.net.0.link = +\n", "lxc.net.0.link: takes any interface of the host: name how it begins"},
        Refused{veth("lxc.net.0.name = lo\n"), "lxc.net.0.name: lo is the loopback device's"},
        Refused{veth("lxc.net.0.name = all\n"), "lxc.net.0.name: all stands for all interfaces in /proc/sys/net: none can be called that"},
        Refused{veth("lxc.net.0.ipv4.address = 0.0.0.0/24\n"), "lxc.net.0.ipv4.address: 0.0.0.0 is no address that a machine can have in a network: for one by DHCP leave the line out"},
        Refused{veth("lxc.net.0.ipv4.address = 127.0.0.2/8\n"), "lxc.net.0.ipv4.address: 127.0.0.2 is no address that a machine can have in a network"},
        Refused{veth("lxc.net.0.ipv4.address = 224.0.0.1/4\n"), "lxc.net.0.ipv4.address: 224.0.0.1 is no address that a machine can have in a network"},
        Refused{veth("lxc.net.0.ipv6.address = ff02::1/64\n"), "lxc.net.0.ipv6.address: ff02::1 is no address that a machine can have in a network"},
        Refused{veth("lxc.net.0.name = eth%d\n"), "lxc.net.0.name: must not have a % in it"},
        Refused{veth("lxc.net.0.veth.pair = v%d\n"), "lxc.net.0.veth.pair: must not have a % in it"},
        Refused{veth("lxc.net.0.hwaddr = 01:00:5e:00:00:01\n"),
                "lxc.net.0.hwaddr: is an address of many (the first octet is odd): no interface can have it"},
        Refused{veth("lxc.net.0.mtu = 1279\nlxc.net.0.ipv6.address = fd00::1\n"),
                "lxc.net.0.mtu: IPv6 needs 1280 at least, and there is lxc.net.0.ipv6.address"},
        Refused{veth("lxc.net.0.ipv4.gateway = 10.0.0.1\n"), "lxc.net.0.ipv4.gateway: needs lxc.net.0.ipv4.address"},
        Refused{"lxc.net.0.type = veth\nlxc.net.0.ipv6.address = fd00::5\nlxc.net.0.ipv6.gateway = fd00::1\n",
                "lxc.net.0.ipv6.gateway: needs lxc.net.0.flags = up"},
        Refused{veth("lxc.net.0.ipv4.address = 10.0.0.5/8\nlxc.net.0.ipv4.gateway = auto\n"),
                "lxc.net.0.ipv4.gateway: needs lxc.net.0.link, whose address \"auto\" is"},
        Refused{"lxc.net.0.type = vlan\nlxc.net.0.link = e0\nlxc.net.0.flags = up\nlxc.net.0.ipv4.address = 10.0.0.5/8\n"
                "lxc.net.0.ipv4.gateway = auto\n",
                "lxc.net.0.ipv4.gateway: \"auto\" is for veth and macvlan only: name the gateway"},
        Refused{"lxc.net.0.type = empty\nlxc.net.0.script.up = /h/up\nlxc.net.0.ipv4.address = 10.0.0.5/8\n",
                "lxc.net.0.ipv4.address: an empty network has no device that could have it"},
        Refused{veth("lxc.net.0.l2proxy = 1\n"), "lxc.net.0.l2proxy: needs a link that stays on the host"},
        Refused{"lxc.net.0.type = ipvlan\nlxc.net.0.link = e0\nlxc.net.0.l2proxy = 1\n",
                "lxc.net.0.l2proxy: of an ipvlan needs lxc.net.0.ipvlan.mode = l3s"},
        Refused{"lxc.net.0.type = vlan\nlxc.net.0.link = e0\nlxc.net.0.vlan.id = 4095\n",
                "lxc.net.0.vlan.id: 4095 is more than the last VLAN, 4094"},
        Refused{veth("lxc.net.0.veth.vlan.id = 5\n"), "lxc.net.0.veth.vlan.id: needs a bridge: lxc.net.N.link, and veth.mode = bridge"},
        Refused{veth("lxc.net.0.link = br0\nlxc.net.0.veth.vlan.tagged.id = 0\n"),
                "lxc.net.0.veth.vlan.tagged.id: 0 means no VLAN, and is none"},
        Refused{"lxc.net.0.type = user\nlxc.net.0.link = br0\n",
                "lxc.net.0.link: user-mode networking is on no link: its packets leave as those of a program of the user"},
        Refused{"lxc.net.0.type = user\nlxc.net.0.l2proxy = 1\n",
                "lxc.net.0.l2proxy: user-mode networking has no link on which the host could answer"},
        Refused{"lxc.net.0.type = user\nlxc.net.0.flags = up\nlxc.net.0.ipv4.address = 10.0.0.5/8\nlxc.net.0.ipv4.gateway = dev\n",
                "lxc.net.0.ipv4.gateway: of user-mode networking is an address, or not given at all: the program that "
                "carries it is the gateway"},
        Refused{"lxc.net.0.type = user\nlxc.net.0.ipv4.address = 10.0.0.5/30\n",
                "lxc.net.0.ipv4.address: leaves no room for the gateway and the name server of user-mode networking: /29 "
                "at most"},
        Refused{"lxc.net.0.type = user\nlxc.net.0.ipv6.address = fd00::5\nlxc.net.0.ipv6.address = fd00::6\n",
                "lxc.net.0.ipv6.address: user-mode networking has one address of a family: remove the others"},
        Refused{"lxc.net.0.type = user\nlxc.net.1.type = user\n",
                "lxc.net.1.type: a container has one device of user-mode networking"},
        Refused{veth("lxc.net.0.script.up = up.sh\n"), "lxc.net.0.script.up: \"up.sh\" must be an absolute path"}));

INSTANTIATE_TEST_SUITE_P(
    Rest, PlanRefuses,
    testing::Values(
        Refused{"lxc.rootfs.options = size=3\n", "lxc.rootfs.options: unknown mount option \"size=3\" for a directory"},
        Refused{"lxc.mount.auto = shmounts:/srv/x:/\n", "lxc.mount.auto: the target is the root itself"},
        Refused{"lxc.mount.auto = shmounts:/srv/x:/a/../../b\n", "lxc.mount.auto: \"..\" in target a/../../b"},
        Refused{"lxc.hook.mount = hook.sh one\n", "lxc.hook.mount: \"hook.sh one\" must be an absolute path"},
        Refused{"lxc.hook.start-host = ./x\n", "lxc.hook.start-host: \"./x\" must be an absolute path"},
        Refused{"lxc.namespace.keep = mnt\n", "lxc.namespace.keep: mnt: a container needs a mount namespace of its own"},
        Refused{"lxc.namespace.clone = pid net\n",
                "lxc.namespace.clone: mnt is missing: a container needs a mount namespace of its own"},
        Refused{"lxc.namespace.share.mnt = c2\n",
                "lxc.namespace.share.mnt: a container needs a mount namespace of its own"},
        Refused{"lxc.idmap = u 1000 100000 5\nlxc.idmap = g 0 100000 5\n",
                "lxc.idmap: user 0 is not mapped, and root sets a container up"},
        Refused{"lxc.namespace.share.user = c2\n",
                "lxc.namespace.share.user: a user namespace cannot be shared; give both containers the same lxc.idmap instead"},
        Refused{"lxc.namespace.share.pid = c2\nlxc.idmap = u 0 100000 5\nlxc.idmap = g 0 100000 5\nlxc.mount.auto = proc\n",
                "lxc.mount.auto: proc: only the owner of a pid namespace can mount it, and this container, in a user "
                "namespace of its own, shares that of another; make it --privileged or leave proc out"}));

TEST(PlanErrors, NamesALimitThatDoesNotExist) {
    Config config;
    config.prlimits = {{"files", 1, 2}};
    EXPECT_EQ(error_of([&] { (void)plan_start(any_request(), config, hybrid_host()); }),
              "lxc.prlimit.files: no such resource limit (see prlimit(1))");
}

TEST(PlanErrors, NamesASharedNamespaceThatDoesNotExist) {
    StartRequest request = any_request();
    request.share = {{"nett", "c2"}};
    EXPECT_EQ(error_of([&] { (void)plan_start(request, Config{}, hybrid_host()); }),
              "lxc.namespace.share.nett: no such namespace");
}

TEST(PlanErrors, ExecuteNeedsACommand) {
    StartRequest request = any_request();
    request.kind = StartKind::Execute;
    EXPECT_EQ(error_of([&] { (void)plan_start(request, Config{}, hybrid_host()); }),
              "no command: give one after -- or set lxc.execute.cmd");
}

TEST(PlanErrors, AShortMountEntry) {
    Config config;
    config.rootfs.path = "/r";
    config.mounts.entries = {"/a b"};
    EXPECT_EQ(error_of([&] { (void)plan_start(any_request(), config, hybrid_host()); }),
              "lxc.mount.entry: \"/a b\" needs source, target, type and options");
}

// LXC leaves such an entry out as well; here the administrator hears of it.
TEST(PlanNotes, ATargetOutsideTheRootfsIsLeftOut) {
    const StartPlan plan = plan_with_root("lxc.mount.entry = /a /srv/b none bind\n");
    ASSERT_EQ(plan.warnings.size(), 1U);
    EXPECT_EQ(plan.warnings.front(),
              "lxc.mount.entry: /srv/b is outside the rootfs and was ignored; give a relative target");
    for (const MountBind& bind : steps_of<MountBind>(plan)) EXPECT_NE(bind.source, "/a");
}

// "rootfs2" begins with the text of "rootfs" and is another directory.
TEST(PlanNotes, AnotherDirectoryWithTheSameBeginningIsOutside) {
    const StartPlan plan = plan_with_root("lxc.mount.entry = /a /var/lib/lxcpp/c1/rootfs2/b none bind\n");
    ASSERT_EQ(plan.warnings.size(), 1U);
}

TEST(PlanNotes, ATrailingSlashOfTheRootfsChangesNothing) {
    Config config;
    config.rootfs.path = "/r/";
    config.mounts.entries = {"/a /r/b none bind"};
    const StartPlan plan = plan_start(any_request(), config, hybrid_host());
    EXPECT_TRUE(plan.warnings.empty());
    EXPECT_EQ(steps_of<MountBind>(plan).front().target.path, "b");
}

// An fstab is no configuration text, which has none: the kernel would see another type or other options.
TEST(PlanErrors, AZeroByteInAnFstabIsRefused) {
    using namespace std::string_literals;
    for (const std::string& line : {"/a\0b c none bind"s, "/a b tmpfs\0x size=3"s, "/a b none bind\0,ro"s}) {
        StartRequest request = any_request();
        request.fstab = {line};
        EXPECT_THAT(error_of([&] { (void)plan_with_root("", hybrid_host(), request); }), testing::HasSubstr("a zero byte in \"/a"));
    }
}

TEST(PlanErrors, NameTheLineThatGaveTheValue) {
    const auto message = [](std::string_view text) {
        auto loaded = load_config_text(text, "/c/config");
        StartRequest request = any_request();
        request.assignments = loaded.assignments;
        return error_of([&] { (void)plan_start(request, loaded.config, hybrid_host()); });
    };
    EXPECT_EQ(message("\nlxc.prlimit.nofiles = 5\n"),
              "/c/config:2: lxc.prlimit.nofiles: no such resource limit (see prlimit(1))");
    EXPECT_EQ(message("lxc.mount.entry = /a b none bind\nlxc.mount.entry = /a ../b none bind\n"
                      "lxc.mount.entry = none dev/shm tmpfs\n"),
              "/c/config:2: lxc.mount.entry: \"..\" in target ../b: \"/a ../b none bind\"");
    EXPECT_EQ(message("lxc.mount.auto = proc\nlxc.mount.auto = shmounts:/srv/x:/\n"),
              "/c/config: lxc.mount.auto: the target is the root itself");
}

} // namespace
} // namespace lxcpp::test
