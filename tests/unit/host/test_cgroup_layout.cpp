// SPDX-License-Identifier: Apache-2.0
#include "host/cgroup_layout.h"
#include "host/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp;
using ::testing::ElementsAre;

namespace {

using Names = std::vector<std::string>;

constexpr std::string_view kOther =
    "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"
    "22 21 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:5 - proc proc rw\n"
    "30 21 0:26 / /sys/fs/cgroupish rw - tmpfs cgroup rw,mode=755\n";

std::string with_other(std::string_view lines) {
    return std::string(kOther) + std::string(lines);
}

} // namespace

TEST(CgroupLayout, PureV2OfASystemdHost) {
    const CgroupLayout layout = parse_cgroup_layout(
        with_other("31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 "
                   "rw,nsdelegate,memory_recursiveprot\n"),
        "0::/user.slice/user-0.slice/session-1.scope\n", "0::/init.scope\n");
    EXPECT_TRUE(layout.unified_only());
    ASSERT_EQ(layout.list.size(), 1u);
    const Hierarchy& only = layout.list.front();
    EXPECT_EQ(only.version, 2);
    EXPECT_EQ(only.mountpoint, "/sys/fs/cgroup");
    EXPECT_EQ(only.own_path, "/user.slice/user-0.slice/session-1.scope");
    EXPECT_EQ(only.init_path, "/");
    EXPECT_EQ(layout.unified(), &only);
    EXPECT_EQ(base_path(only, true, false), "/");
    EXPECT_EQ(base_path(only, true, true), only.own_path);
    EXPECT_EQ(base_path(only, false, false), only.own_path);
}

TEST(CgroupLayout, TheGroupOfAUsersToolIsLeftOut) {
    const CgroupLayout layout = parse_cgroup_layout("31 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/user.slice/lxcpp-c1-7.scope/lxcpp.tool\n", "0::/init.scope\n");
    ASSERT_EQ(layout.list.size(), 1u);
    EXPECT_EQ(layout.list.front().own_path, "/user.slice/lxcpp-c1-7.scope");
}

TEST(CgroupLayout, Hybrid) {
    const CgroupLayout layout = parse_cgroup_layout(
        "31 23 0:28 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755\n"
        "32 31 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n"
        "33 31 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
        "34 31 0:31 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
        "3:memory:/user.slice\n2:cpu,cpuacct:/\n1:name=systemd:/user.slice/a\n0::/user.slice/a\n",
        "3:memory:/\n2:cpu,cpuacct:/\n1:name=systemd:/init.scope\n0::/init.scope\n");
    ASSERT_EQ(layout.list.size(), 4u);
    EXPECT_FALSE(layout.unified_only());
    EXPECT_EQ(layout.list[0].version, 2);
    EXPECT_EQ(layout.list[1].controllers, Names{"name=systemd"});
    EXPECT_EQ(layout.list[1].init_path, "/");
    EXPECT_EQ(layout.list[1].own_path, "/user.slice/a");
    EXPECT_THAT(layout.list[2].controllers, ElementsAre("cpu", "cpuacct"));
    EXPECT_EQ(layout.list[3].own_path, "/user.slice");
    EXPECT_EQ(layout.with("cpuacct"), &layout.list[2]);
    EXPECT_EQ(layout.with("name=systemd"), &layout.list[1]);
    EXPECT_EQ(layout.with("pids"), nullptr);
    EXPECT_EQ(layout.unified(), &layout.list[0]);
}

TEST(CgroupLayout, LegacyHasNoUnified) {
    const CgroupLayout layout = parse_cgroup_layout(
        "33 31 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
        "34 31 0:31 / /sys/fs/cgroup/devices rw - cgroup devices rw,devices\n",
        "2:devices:/a\n1:name=systemd:/a\n", "2:devices:/\n1:name=systemd:/\n");
    ASSERT_EQ(layout.list.size(), 2u);
    EXPECT_EQ(layout.unified(), nullptr);
    EXPECT_FALSE(layout.unified_only());
}

// A controller whose name is part of another one's.
TEST(CgroupLayout, NamesAreComparedWhole) {
    const CgroupLayout layout =
        parse_cgroup_layout("34 31 0:31 / /cg/cpuset rw - cgroup cgroup rw,cpuset\n"
                            "35 31 0:32 / /cg/cpu rw - cgroup cgroup rw,cpu\n",
                            "2:cpuset:/s\n1:cpu:/c\n0::/\n");
    ASSERT_EQ(layout.list.size(), 2u);
    EXPECT_EQ(layout.with("cpu")->own_path, "/c");
    EXPECT_EQ(layout.with("cpuset")->own_path, "/s");
}

// Inside of a container with a cgroup namespace: everything begins at "/".
TEST(CgroupLayout, NestedWithACgroupNamespace) {
    const CgroupLayout layout =
        parse_cgroup_layout("600 590 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 none rw\n", "0::/\n",
                            "0::/init.scope\n");
    ASSERT_EQ(layout.list.size(), 1u);
    EXPECT_EQ(layout.list[0].own_path, "/");
    EXPECT_EQ(layout.list[0].init_path, "/");
}

// Inside of a container without one: the mount shows only the container's group.
TEST(CgroupLayout, NestedWithABindMount) {
    const CgroupLayout layout = parse_cgroup_layout(
        "600 590 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
        "5:memory:/docker/abc/sub\n", "5:memory:/docker/abc\n");
    ASSERT_EQ(layout.list.size(), 1u);
    EXPECT_EQ(layout.list[0].own_path, "/sub");
    EXPECT_EQ(layout.list[0].init_path, "/");
}

// A mount made outside, seen after unshare(CLONE_NEWCGROUP): what it shows lies above us.
TEST(CgroupLayout, MountFromOutsideOfTheNamespaceShowsNoGroupOfOurs) {
    const std::string_view mount = "31 24 0:27 /../../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    const CgroupLayout layout = parse_cgroup_layout(mount, "0::/\n", "0::/../../../init.scope\n");
    ASSERT_EQ(layout.list.size(), 1u);
    EXPECT_EQ(layout.list[0].own_path, "");
    EXPECT_EQ(layout.list[0].init_path, "/");
    const CgroupLayout sibling = parse_cgroup_layout(
        "31 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/\n", "0::/../other\n");
    EXPECT_EQ(sibling.list[0].init_path, "") << "a group outside was taken for one below the mount";
}

// "/docker/abcdef" is not below "/docker/abc".
TEST(CgroupLayout, PrefixOfANameIsNoParent) {
    const CgroupLayout layout =
        parse_cgroup_layout("600 590 0:27 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
                            "0::/docker/abcdef\n", "");
    ASSERT_EQ(layout.list.size(), 1u);
    EXPECT_EQ(layout.list[0].own_path, "");
}

TEST(CgroupLayout, OneOfSeveralMountsIsTheOneThatShowsUs) {
    const CgroupLayout layout =
        parse_cgroup_layout("40 24 0:27 /other /mnt/cg rw - cgroup2 cgroup2 rw\n"
                            "41 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                            "42 24 0:27 / /mnt/again rw - cgroup2 cgroup2 rw\n",
                            "0::/me\n", "0::/\n");
    ASSERT_EQ(layout.list.size(), 1u);
    EXPECT_EQ(layout.list[0].mountpoint, "/sys/fs/cgroup");
    EXPECT_EQ(layout.list[0].own_path, "/me");
}

TEST(CgroupLayout, EscapedMountPointsAndOptionalFields) {
    const CgroupLayout layout =
        parse_cgroup_layout("31 24 0:27 / /my\\040cgroups\\134x rw shared:1 master:2 "
                            "propagate_from:3 - cgroup2 x y rw\n",
                            "0::/a:b\n", "0::/\n");
    ASSERT_EQ(layout.list.size(), 1u);
    EXPECT_EQ(layout.list[0].mountpoint, "/my cgroups\\x");
    EXPECT_EQ(layout.list[0].own_path, "/a:b") << "a group's name may contain a colon";
}

TEST(CgroupLayout, NothingOrNonsenseGivesAnEmptyLayout) {
    EXPECT_TRUE(parse_cgroup_layout("", "").list.empty());
    EXPECT_TRUE(parse_cgroup_layout(kOther, "0::/\n").list.empty());
    EXPECT_TRUE(
        parse_cgroup_layout("cgroup2\n - cgroup2\n1 2 - cgroup2 a b\n", "0\n:\n").list.empty());
}

TEST(KernelVersion, IsReadFromTheRelease) {
    EXPECT_EQ(parse_kernel_version("6.1.0-18-amd64"), (KernelVersion{6, 1}));
    EXPECT_EQ(parse_kernel_version("5.15"), (KernelVersion{5, 15}));
    EXPECT_EQ(parse_kernel_version("odd"), (KernelVersion{}));
    EXPECT_LT((KernelVersion{5, 19}), (KernelVersion{6, 0}));
}
