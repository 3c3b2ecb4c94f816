// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include "config/cgroup_v1.h"
#include "config/legacy.h"
#include "config/migrate.h"

using namespace lxcpp;
using namespace lxcpp::test;

namespace {

std::string migrated(std::string_view text, KeepV1 keep = KeepV1::No) {
    return migrate(ConfigText(text), keep).text.text();
}

} // namespace

TEST(Migrate, LeavesASoundFileAlone) {
    constexpr std::string_view text = "# c\n\nfoo\nlxc.uts.name=a\r\nlxc.cgroup2.memory.max = 5";
    const auto result = migrate(ConfigText(text), KeepV1::No);
    EXPECT_EQ(result.text.text(), text);
    EXPECT_TRUE(result.changes.empty());
}

TEST(Migrate, RenamesKeysOfTheTimeBefore21) {
    EXPECT_EQ(migrated("# keep\nlxc.utsname = a\nlxc.rootfs = /r\nlxc.id_map = u 0 1 2\n"
                       "lxc.limit.nofile = 5\nlxc.kmsg = 0\nlxc.mount = /fstab\n"),
              "# keep\nlxc.uts.name = a\nlxc.rootfs.path = /r\nlxc.idmap = u 0 1 2\n"
              "lxc.prlimit.nofile = 5\n# lxc.kmsg = 0\nlxc.mount.fstab = /fstab\n");
}

TEST(Migrate, NumbersNetworkDevicesByTheirTypeLines) {
    EXPECT_EQ(migrated("lxc.network.type = veth\nlxc.network.link = br0\nlxc.network.ipv4 = "
                       "10.0.0.1/24\nlxc.network.type = empty\nlxc.network.flags = up\n"
                       "lxc.network.5.name = x\n"),
              "lxc.net.0.type = veth\nlxc.net.0.link = br0\nlxc.net.0.ipv4.address = 10.0.0.1/24\n"
              "lxc.net.1.type = empty\nlxc.net.1.flags = up\nlxc.net.5.name = x\n");
}

TEST(Migrate, EveryLegacyNameLeadsToAKnownKey) {
    for (const auto key : {"lxc.aa_profile",
                           "lxc.se_context",
                           "lxc.pts",
                           "lxc.tty",
                           "lxc.devttydir",
                           "lxc.seccomp",
                           "lxc.console",
                           "lxc.haltsignal",
                           "lxc.rebootsignal",
                           "lxc.stopsignal",
                           "lxc.syslog",
                           "lxc.loglevel",
                           "lxc.logfile",
                           "lxc.init_cmd",
                           "lxc.init_uid",
                           "lxc.init_gid",
                           "lxc.limit.core",
                           "lxc.network.type",
                           "lxc.network.2.hwaddr",
                           "lxc.network.ipv6.gateway",
                           "lxc.network",
                           "lxc.aa_allow_incomplete"}) {
        const auto legacy = find_legacy_key(key);
        ASSERT_TRUE(legacy) << key;
        EXPECT_TRUE(is_known_key(legacy->name)) << key << " -> " << legacy->name;
    }
    EXPECT_FALSE(find_legacy_key("lxc.uts.name"));
}

TEST(Migrate, ReplacesV1ByV2) {
    EXPECT_EQ(migrated("lxc.cgroup.memory.limit_in_bytes = 512M\n"
                       "lxc.cgroup.memory.memsw.limit_in_bytes = 1G\n"
                       "lxc.cgroup.cpu.cfs_period_us = 50000\nlxc.cgroup.cpu.cfs_quota_us = 25000\n"
                       "lxc.cgroup.devices.deny = a\nlxc.cgroup.devices.allow = c 1:3 rwm\n"
                       "lxc.cgroup.memory.swappiness = 0\nlxc.cgroup.dir = x\n"),
              "lxc.cgroup2.memory.max = 512M\nlxc.cgroup2.memory.swap.max = 536870912\n"
              "lxc.cgroup2.cpu.max = 25000 50000\n"
              "lxc.cgroup2.devices.deny = a\nlxc.cgroup2.devices.allow = c 1:3 rwm\n"
              "lxc.cgroup.memory.swappiness = 0\nlxc.cgroup.dir = x\n");
}

TEST(Migrate, AddsV2BesideV1) {
    const auto result =
        migrate(ConfigText("lxc.cgroup.devices.deny = a\nlxc.cgroup.devices.deny "
                           "=\nlxc.cgroup.pids.max = 5\nlxc.cgroup2.pids.max = 6\n"),
                KeepV1::Yes);
    EXPECT_EQ(result.text.text(), "lxc.cgroup.devices.deny = a\nlxc.cgroup2.devices.deny = a\n"
                                  "lxc.cgroup.devices.deny =\nlxc.cgroup2.devices.deny =\n"
                                  "lxc.cgroup.pids.max = 5\nlxc.cgroup2.pids.max = 6\n");
    EXPECT_THAT(result.changes,
                testing::Contains("line 1: lxc.cgroup.devices.deny has beside it now "
                                  "lxc.cgroup2.devices.deny = a"));
}

// Carried out twice it changes nothing more.
TEST(Migrate, IsIdempotent) {
    constexpr std::string_view text = "lxc.utsname = a\nlxc.cgroup.devices.allow = c 1:3 rwm\n"
                                      "lxc.cgroup.cpu.shares = 512\nlxc.network.type = veth\n";
    for (const auto keep : {KeepV1::Yes, KeepV1::No}) {
        const auto once = migrated(text, keep);
        EXPECT_EQ(migrated(once, keep), once);
    }
}

TEST(TranslateV1, Values) {
    const auto value = [](std::string name, std::string text) {
        const Setting line{std::move(name), std::move(text)};
        const auto found = translate_v1(line, {line});
        return found.v2.empty() ? "lost: " + found.lost
                                : found.v2[0].name + " = " + found.v2[0].value;
    };
    EXPECT_EQ(value("memory.limit_in_bytes", "-1"), "memory.max = max");
    EXPECT_EQ(value("memory.soft_limit_in_bytes", "1G"), "memory.low = 1G");
    EXPECT_EQ(value("memory.memsw.limit_in_bytes", "1G"),
              "lost: it needs a memory.limit_in_bytes that is not larger");
    EXPECT_EQ(value("cpu.shares", "2"), "cpu.weight = 1");
    EXPECT_EQ(value("cpu.shares", "1024"), "cpu.weight = 39");
    EXPECT_EQ(value("cpu.shares", "262144"), "cpu.weight = 10000");
    EXPECT_EQ(value("blkio.weight", "1000"), "io.weight = 10000");
    EXPECT_EQ(value("cpu.cfs_quota_us", "-1"), "cpu.max = max 100000");
    EXPECT_EQ(value("cpu.cfs_quota_us", "5000"), "cpu.max = 5000 100000");
    EXPECT_EQ(value("cpu.cfs_period_us", "5000"), "cpu.max = max 5000");
    EXPECT_EQ(value("blkio.throttle.read_bps_device", "8:0 1000"), "io.max = 8:0 rbps=1000");
    EXPECT_EQ(value("blkio.throttle.write_iops_device", "8:0 0"), "io.max = 8:0 wiops=max");
    EXPECT_EQ(value("hugetlb.2MB.limit_in_bytes", "4M"), "hugetlb.2MB.max = 4M");
    EXPECT_EQ(value("cpuset.cpus", "0-1"), "cpuset.cpus = 0-1");
    EXPECT_EQ(value("net_cls.classid", "5"), "lost: a unified hierarchy has nothing like it");
}

TEST(Migrate, TheOldBackendBecomesThePrefixOfThePath) {
    const auto result =
        migrate(ConfigText("lxc.rootfs = /tank/c\nlxc.rootfs.backend = zfs\n"), KeepV1::Yes);
    EXPECT_EQ(result.text.text(), "lxc.rootfs.path = zfs:/tank/c\n# lxc.rootfs.backend = zfs\n");
    const ConfigText typed("lxc.rootfs = overlayfs:/a:/b\nlxc.rootfs.backend = overlayfs\n");
    EXPECT_EQ(migrate(typed, KeepV1::Yes).text.values("lxc.rootfs.path"),
              std::vector<std::string>{"overlayfs:/a:/b"});
}
