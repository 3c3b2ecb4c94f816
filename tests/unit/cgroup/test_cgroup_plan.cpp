// SPDX-License-Identifier: Apache-2.0
#include "cgroup/cgroup_plan.h"
#include "unit/cgroup/layouts.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp {
namespace {

using namespace test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CgroupWish wish() {
    CgroupWish result;
    result.name = "c1";
    return result;
}

const CgroupGroups& groups_of(const CgroupPlan& plan, const CgroupLayout& layout, std::string_view controller) {
    for (const CgroupGroups& groups : plan.groups) {
        for (const std::string& name : layout.list[groups.hierarchy].controllers) {
            if (name == controller) return groups;
        }
    }
    throw Error("no such hierarchy in the plan");
}

std::string error_of(const CgroupLayout& layout, const CgroupWish& asked) {
    try {
        static_cast<void>(plan_cgroups(layout, asked));
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

TEST(CgroupPlan, NamesOneGroupInEachHierarchy) {
    const CgroupPlan plan = plan_cgroups(hybrid_host(), wish());
    ASSERT_EQ(plan.groups.size(), 7u);
    EXPECT_EQ(plan.groups.front().payload, "/sys/fs/cgroup/memory/lxcpp.payload.c1");
    EXPECT_EQ(plan.groups.back().payload, "/sys/fs/cgroup/unified/lxcpp.payload.c1");
    EXPECT_EQ(plan.groups.back().version, 2);
    EXPECT_EQ(plan.groups.front().home(), plan.groups.front().payload);
    for (const CgroupGroups& groups : plan.groups) EXPECT_TRUE(groups.monitor.empty());
}

TEST(CgroupPlan, StartsAtPidOnesGroupUnlessRelative) {
    CgroupLayout layout = unified_host();
    layout.list[0].init_path = "/machine";
    EXPECT_EQ(plan_cgroups(layout, wish()).groups[0].base, "/sys/fs/cgroup/machine");
    CgroupWish asked = wish();
    asked.options.relative = true;
    EXPECT_EQ(plan_cgroups(layout, asked).groups[0].payload, "/sys/fs/cgroup/user/me/lxcpp.payload.c1");
    asked.options.relative = false;
    asked.relative = true;
    EXPECT_EQ(plan_cgroups(layout, asked).groups[0].base, "/sys/fs/cgroup/user/me");
}

TEST(CgroupPlan, LeavesOutHierarchiesThatCannotBeUsed) {
    CgroupLayout layout = hybrid_host();
    layout.list[0].writable = false;
    layout.list[1].init_path.clear(); // the mount does not show that group
    const CgroupPlan plan = plan_cgroups(layout, wish());
    ASSERT_EQ(plan.groups.size(), 5u);
    EXPECT_EQ(plan.groups[0].hierarchy, 2u);
}

TEST(CgroupPlan, SuffixTellsLxcpathsApart) {
    EXPECT_EQ(cgroup_suffix("/var/lib/lxcpp/", "/var/lib/lxcpp"), "");
    const std::string suffix = cgroup_suffix("/srv/c", "/var/lib/lxcpp");
    EXPECT_EQ(suffix.size(), 9u);
    EXPECT_EQ(suffix, cgroup_suffix("/srv//c/", "/var/lib/lxcpp"));
    EXPECT_NE(suffix, cgroup_suffix("/srv/d", "/var/lib/lxcpp"));
    CgroupWish asked = wish();
    asked.suffix = suffix;
    EXPECT_EQ(plan_cgroups(unified_host(), asked).groups[0].payload.filename(), "lxcpp.payload.c1" + suffix);
}

TEST(CgroupPlan, HonoursDirectoryKeys) {
    CgroupWish asked = wish();
    asked.monitor = true;
    asked.options.dir = "team/a";
    const CgroupGroups in_dir = plan_cgroups(unified_host(), asked).groups[0];
    EXPECT_EQ(in_dir.payload, "/sys/fs/cgroup/team/a/lxcpp.payload.c1");
    EXPECT_EQ(in_dir.monitor, "/sys/fs/cgroup/team/a/lxcpp.monitor.c1");

    asked = wish();
    asked.options.dir_container = "a/box";
    asked.options.dir_container_inner = "ns";
    asked.options.dir_monitor = "a/watch";
    asked.options.dir_monitor_pivot = "a/pivot";
    const CgroupGroups apart = plan_cgroups(unified_host(), asked).groups[0];
    EXPECT_EQ(apart.payload, "/sys/fs/cgroup/a/box");
    EXPECT_EQ(apart.home(), "/sys/fs/cgroup/a/box/ns");
    EXPECT_EQ(apart.monitor, "/sys/fs/cgroup/a/watch");
    EXPECT_EQ(apart.pivot, "/sys/fs/cgroup/a/pivot");
    // "devices.deny a" fails in a v1 group that has children
    const CgroupLayout hybrid = hybrid_host();
    EXPECT_TRUE(groups_of(plan_cgroups(hybrid, asked), hybrid, "devices").inner.empty());
    // except where it begins as one that allows all
    asked.guard_devices = true;
    const CgroupPlan guarded = plan_cgroups(hybrid, asked);
    const CgroupGroups& devices = groups_of(guarded, hybrid, "devices");
    EXPECT_TRUE(devices.guards_devices);
    EXPECT_EQ(devices.inner, devices.payload / ".lxcpp");
    EXPECT_FALSE(groups_of(guarded, hybrid, "memory").guards_devices);
}

TEST(CgroupPlan, HonoursThePattern) {
    CgroupWish asked = wish();
    asked.monitor = true;
    asked.pattern = "lxc/%n";
    const CgroupGroups groups = plan_cgroups(unified_host(), asked).groups[0];
    EXPECT_EQ(groups.payload, "/sys/fs/cgroup/lxc/c1/payload");
    EXPECT_EQ(groups.monitor, "/sys/fs/cgroup/lxc/c1/monitor");
    asked.pattern = "lxc";
    EXPECT_EQ(error_of(unified_host(), asked),
              "lxc.cgroup.pattern = lxc: it must contain %n, the container's name");
    asked.pattern = "../%n";
    EXPECT_THAT(error_of(unified_host(), asked), HasSubstr("without empty, '.' or '..' components"));
}

TEST(CgroupPlan, RefusesDirectoriesThatLeaveTheHierarchy) {
    for (const char* bad : {"../up", "a/../../b", "/abs", "a//b", "a/", ".", ".."}) {
        CgroupWish asked = wish();
        asked.options.dir = bad;
        EXPECT_EQ(error_of(unified_host(), asked),
                  std::string("lxc.cgroup.dir = ") + bad +
                      ": a relative path without empty, '.' or '..' components is needed");
    }
}

TEST(CgroupPlan, RefusesContradictingDirectoryKeys) {
    CgroupWish asked = wish();
    asked.options.dir_container = "a";
    EXPECT_EQ(error_of(unified_host(), asked),
              "lxc.cgroup.dir.container and lxc.cgroup.dir.monitor must be set together");
    asked.options.dir_monitor = "b";
    asked.options.dir = "c";
    EXPECT_EQ(error_of(unified_host(), asked),
              "lxc.cgroup.dir and lxc.cgroup.dir.container exclude each other: remove one of them");
    asked = wish();
    asked.options.dir_container_inner = "x";
    EXPECT_EQ(error_of(unified_host(), asked), "lxc.cgroup.dir.container.inner needs lxc.cgroup.dir.container");
}

TEST(CgroupPlan, SortsKeysToTheirHierarchies) {
    CgroupWish asked = wish();
    asked.options.v1 = {{"memory.memsw.limit_in_bytes", "2G"}, {"cpu.shares", "512"},
                        {"memory.limit_in_bytes", "1G"}, {"devices.deny", "a"}};
    asked.options.v2 = {{"cgroup.max.depth", "5"}, {"devices.deny", "a"}};
    const CgroupLayout layout = hybrid_host();
    const CgroupPlan plan = plan_cgroups(layout, asked);
    EXPECT_THAT(groups_of(plan, layout, "memory").writes,
                ElementsAre(CgroupWrite{"lxc.cgroup.memory.limit_in_bytes", "memory.limit_in_bytes", "1G"},
                            CgroupWrite{"lxc.cgroup.memory.memsw.limit_in_bytes",
                                        "memory.memsw.limit_in_bytes", "2G"}));
    EXPECT_THAT(groups_of(plan, layout, "cpuacct").writes,
                ElementsAre(CgroupWrite{"lxc.cgroup.cpu.shares", "cpu.shares", "512"}));
    EXPECT_THAT(groups_of(plan, layout, "devices").writes, IsEmpty());
    EXPECT_THAT(plan.groups.back().writes,
                ElementsAre(CgroupWrite{"lxc.cgroup2.cgroup.max.depth", "cgroup.max.depth", "5"}));
    EXPECT_TRUE(groups_of(plan, layout, "cpuset").cpuset);
    EXPECT_FALSE(groups_of(plan, layout, "memory").cpuset);
}

TEST(CgroupPlan, KnowsWhichControllersAreNeeded) {
    CgroupWish asked = wish();
    asked.options.v2 = {{"memory.max", "1G"}, {"memory.high", "1G"}, {"cgroup.max.depth", "3"}};
    const CgroupPlan plan = plan_cgroups(unified_host(), asked);
    EXPECT_THAT(plan.groups[0].required, ElementsAre("memory"));
    EXPECT_THAT(plan.groups[0].controllers, ElementsAre("cpu", "cpuset", "io", "memory", "pids"));
}

TEST(CgroupPlan, NotesKeysThatTheOtherVersionCovers) {
    CgroupWish asked = wish();
    asked.options.v1 = {{"memory.limit_in_bytes", "1G"}, {"blkio.weight", "10"}};
    asked.options.v2 = {{"memory.max", "1G"}, {"io.weight", "10"}};
    EXPECT_THAT(plan_cgroups(hybrid_host(), asked).notes,
                ElementsAre("lxc.cgroup2.memory.max does not apply to this host: memory is managed by cgroup v1",
                            "lxc.cgroup2.io.weight does not apply to this host: io is managed by cgroup v1"));
    EXPECT_THAT(plan_cgroups(unified_host(), asked).notes,
                ElementsAre("lxc.cgroup.memory.limit_in_bytes does not apply to this host: memory is managed by "
                            "cgroup v2",
                            "lxc.cgroup.blkio.weight does not apply to this host: blkio is managed by cgroup v2"));
}

TEST(CgroupPlan, NeverDropsALimitSilently) {
    CgroupWish asked = wish();
    asked.options.v2 = {{"memory.max", "1G"}};
    EXPECT_EQ(error_of(hybrid_host(), asked),
              "lxc.cgroup2.memory.max: this host has no cgroup v2 controller 'memory' that we may use (it has: "
              "none); use lxc.cgroup.memory.* instead, cgroup v1 has that controller here");
    asked = wish();
    asked.options.v1 = {{"net_cls.classid", "1"}};
    EXPECT_EQ(error_of(unified_host(), asked),
              "lxc.cgroup.net_cls.classid: this host has no cgroup v1 controller 'net_cls' that we may use (it "
              "has: none)");
    CgroupLayout read_only = legacy_host();
    read_only.list[0].writable = false;
    asked.options.v1 = {{"memory.limit_in_bytes", "1G"}};
    EXPECT_THAT(error_of(read_only, asked), HasSubstr("no cgroup v1 controller 'memory' that we may use"));
}

TEST(CgroupPlan, WhoCanDoWithoutHearsOfEachLimit) {
    CgroupWish asked = wish();
    asked.without = true;
    asked.options.v1 = {{"net_cls.classid", "1"}};
    asked.options.v2 = {{"memory.max", "1G"}, {"misc.max", "1"}};
    const CgroupPlan plan = plan_cgroups(unified_host(), asked);
    EXPECT_THAT(plan.left_out, ElementsAre("lxc.cgroup.net_cls.classid", "lxc.cgroup2.misc.max"));
    ASSERT_EQ(plan.groups.size(), 1u);
    EXPECT_EQ(plan.groups.front().writes.size(), 1u);
    EXPECT_THAT(plan_cgroups({}, asked).left_out, ElementsAre("lxc.cgroup.net_cls.classid", "lxc.cgroup2.memory.max", "lxc.cgroup2.misc.max"));
}

TEST(CgroupPlan, RefusesFileNamesThatLeaveTheGroup) {
    for (const char* bad : {"memory./../x", "/etc/passwd", ".x", "memory.a/b"}) {
        CgroupWish asked = wish();
        asked.options.v1 = {{bad, "1"}};
        EXPECT_EQ(error_of(hybrid_host(), asked),
                  std::string("lxc.cgroup.") + bad + ": not the name of a cgroup file");
    }
}

} // namespace
} // namespace lxcpp
