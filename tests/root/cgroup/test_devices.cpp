// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "cgroup/devices_bpf.h"
#include "cgroup/devices_v1.h"
#include "cgroup/enter.h"
#include "cgroup/stats.h"
#include "cgroup/tree.h"
#include "root/cgroup/test_groups.h"
#include "sys/bpf.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>

#include <fcntl.h>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;
using namespace test;

class CgroupDevices : public RealCgroups {
protected:
    static std::vector<DeviceRule> rules(std::initializer_list<const char*> allowed) {
        std::vector<DeviceRule> list = {parse_device_rule(false, "a")};
        for (const char* text : allowed) list.push_back(parse_device_rule(true, text));
        return list;
    }

    CgroupPlan guarded_plan() const {
        CgroupWish wish;
        wish.name = name_;
        wish.guard_devices = true;
        return plan_cgroups(layout_, wish);
    }

    // 0 or the errno of open(2) for a process in the groups.
    static int open_in(const std::vector<fs::path>& groups, const char* path, int flags) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            enter_cgroups(groups);
            ::_exit(::open(path, flags | O_CLOEXEC) >= 0 ? 0 : errno);
        }
        int status = 0;
        ::waitpid(pid, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    std::vector<fs::path> unified_group(const CgroupTree& tree) const {
        for (const fs::path& dir : tree.payload()) {
            if (sys::exists(dir / "cgroup.controllers")) return {dir};
        }
        return {};
    }
};

TEST_F(CgroupDevices, V1ListIsEnforced) {
    const CgroupTree tree = CgroupTree::create(plan());
    const Hierarchy* hierarchy = layout_.with("devices");
    if (hierarchy == nullptr) GTEST_SKIP() << "no v1 devices controller";
    apply_device_rules_v1(tree.payload(), rules({"c 1:3 rwm", "c 1:5 r"}));
    const fs::path group = hierarchy->mountpoint / ("lxcpp.payload." + name_);
    EXPECT_EQ(trim(sys::read_file(group / "devices.list")), "c 1:3 rwm\nc 1:5 r");
    EXPECT_EQ(open_in({group}, "/dev/null", O_RDWR), 0);
    EXPECT_EQ(open_in({group}, "/dev/zero", O_RDONLY), 0);
    EXPECT_EQ(open_in({group}, "/dev/zero", O_RDWR), EPERM);
    EXPECT_EQ(open_in({group}, "/dev/full", O_RDONLY), EPERM);
}

TEST_F(CgroupDevices, GuardedGroupCannotAllowMoreThanTheOneAbove) {
    const Hierarchy* hierarchy = layout_.with("devices");
    if (hierarchy == nullptr) GTEST_SKIP() << "no v1 devices controller";
    const CgroupTree tree = CgroupTree::create(guarded_plan());
    const fs::path group = hierarchy->mountpoint / ("lxcpp.payload." + name_);
    const fs::path inner = guarded_group(group);
    ASSERT_EQ(inner, group / kGuardedGroup);
    EXPECT_EQ(open_in({inner}, "/dev/full", O_RDONLY), 0); // until it is set up
    apply_device_rules_v1(tree.payload(), rules({"c 1:3 rwm", "c 1:5 r"}));
    for (const fs::path& dir : {group, inner}) {
        EXPECT_EQ(trim(sys::read_file(dir / "devices.list")), "c 1:3 rwm\nc 1:5 r");
        EXPECT_EQ(open_in({dir}, "/dev/zero", O_RDONLY), 0);
        EXPECT_EQ(open_in({dir}, "/dev/full", O_RDONLY), EPERM);
    }
    for (const char* rule : {"a", "c 1:7 r", "b *:* rwm"}) {
        EXPECT_EQ(sys::try_write_existing(inner / "devices.allow", rule), -EPERM) << rule;
    }
    change_guarded_devices(group, parse_device_rule(true, "c 1:7 r"));
    EXPECT_EQ(open_in({inner}, "/dev/full", O_RDONLY), 0);
    change_guarded_devices(group, parse_device_rule(false, "c 1:7 r"));
    EXPECT_EQ(open_in({inner}, "/dev/full", O_RDONLY), EPERM);
    change_guarded_devices(group, parse_device_rule(false, "a"));
    EXPECT_EQ(open_in({inner}, "/dev/null", O_RDONLY), EPERM);
    change_guarded_devices(group, parse_device_rule(true, "a"));
    EXPECT_EQ(open_in({inner}, "/dev/full", O_RDWR), 0);
}

TEST_F(CgroupDevices, V2ProgramIsEnforced) {
    const CgroupTree tree = CgroupTree::create(plan());
    const auto group = unified_group(tree);
    if (group.empty()) GTEST_SKIP() << "no v2 hierarchy";
    apply_device_rules_v2(tree.payload(), rules({"c 1:3 rwm", "c 1:5 r", "b *:* m"}));
    EXPECT_EQ(open_in(group, "/dev/null", O_RDWR), 0);
    EXPECT_EQ(open_in(group, "/dev/zero", O_RDONLY), 0);
    EXPECT_EQ(open_in(group, "/dev/zero", O_RDWR), EPERM);
    EXPECT_EQ(open_in(group, "/dev/full", O_RDONLY), EPERM);
    EXPECT_EQ(open_in({}, "/dev/full", O_RDONLY), 0); // nobody else is concerned
}

TEST_F(CgroupDevices, V2DenyListIsEnforced) {
    const CgroupTree tree = CgroupTree::create(plan());
    const auto group = unified_group(tree);
    if (group.empty()) GTEST_SKIP() << "no v2 hierarchy";
    const std::vector<DeviceRule> list = {parse_device_rule(true, "a"), parse_device_rule(false, "c 1:5 w")};
    apply_device_rules_v2(tree.payload(), list);
    EXPECT_EQ(open_in(group, "/dev/zero", O_RDONLY), 0);
    EXPECT_EQ(open_in(group, "/dev/zero", O_WRONLY), EPERM);
    EXPECT_EQ(open_in(group, "/dev/zero", O_RDWR), EPERM);
    EXPECT_EQ(open_in(group, "/dev/full", O_RDWR), 0);
}

TEST_F(CgroupDevices, NewV2RulesReplaceTheOldOnes) {
    const CgroupTree tree = CgroupTree::create(plan());
    const auto group = unified_group(tree);
    if (group.empty()) GTEST_SKIP() << "no v2 hierarchy";
    apply_device_rules_v2(tree.payload(), rules({"c 1:3 rwm"}));
    EXPECT_EQ(open_in(group, "/dev/zero", O_RDONLY), EPERM);
    apply_device_rules_v2(tree.payload(), rules({"c 1:5 rwm"}));
    EXPECT_EQ(open_in(group, "/dev/zero", O_RDONLY), 0);
    EXPECT_EQ(open_in(group, "/dev/null", O_RDONLY), EPERM);
    const Fd directory = sys::open_file(group[0], {.directory = true});
    EXPECT_EQ(sys::device_programs(directory).size(), 1u);
}

TEST_F(CgroupDevices, TheV2ListReachesGroupsBelow) {
    const CgroupTree tree = CgroupTree::create(plan());
    const auto group = unified_group(tree);
    if (group.empty()) GTEST_SKIP() << "no v2 hierarchy";
    apply_device_rules_v2(tree.payload(), rules({"c 1:3 rwm"}));
    sys::make_dir(group[0] / "below", 0755);
    EXPECT_EQ(open_in({group[0] / "below"}, "/dev/zero", O_RDONLY), EPERM);
    EXPECT_EQ(open_in({group[0] / "below"}, "/dev/null", O_RDONLY), 0);
}

TEST_F(CgroupDevices, TheKernelTakesALongList) {
    const CgroupTree tree = CgroupTree::create(plan());
    const auto group = unified_group(tree);
    if (group.empty()) GTEST_SKIP() << "no v2 hierarchy";
    std::vector<DeviceRule> list = rules({});
    for (unsigned minor = 0; minor < 150; ++minor) {
        list.push_back(parse_device_rule(true, "c 200:" + std::to_string(minor) + " rw"));
    }
    list.push_back(parse_device_rule(true, "c 1:3 rw"));
    apply_device_rules_v2(tree.payload(), list);
    EXPECT_EQ(open_in(group, "/dev/null", O_RDWR), 0);
    EXPECT_EQ(open_in(group, "/dev/zero", O_RDWR), EPERM);
}

TEST_F(CgroupDevices, DefaultsLetTheUsualNodesThrough) {
    const CgroupTree tree = CgroupTree::create(plan());
    const auto rules = default_device_rules();
    if (layout_.with("devices") != nullptr) apply_device_rules_v1(tree.payload(), rules);
    if (!unified_group(tree).empty()) apply_device_rules_v2(tree.payload(), rules);
    EXPECT_EQ(open_in(tree.payload(), "/dev/null", O_RDWR), 0);
    EXPECT_EQ(open_in(tree.payload(), "/dev/urandom", O_RDONLY), 0);
    EXPECT_EQ(open_in(tree.payload(), "/dev/fuse", O_RDWR), EPERM);
}

TEST_F(CgroupDevices, RulesWithoutAGroupAreAnError) {
    EXPECT_THROW(apply_device_rules_v1({}, rules({})), Error);
    EXPECT_THROW(apply_device_rules_v2({}, rules({})), Error);
}

TEST_F(CgroupDevices, StatisticsOfARunningPayload) {
    const CgroupTree tree = CgroupTree::create(plan());
    const pid_t pid = ::fork();
    if (pid == 0) {
        enter_cgroups(tree.payload());
        const std::vector<char> memory(8u << 20, 'x');
        ::_exit(memory[4096] == 'x' ? 0 : 1);
    }
    Sleeper(pid).end(false);
    const CgroupStats stats = read_cgroup_stats(layout_, tree.payload());
    EXPECT_GT(stats.cpu_nanoseconds.value_or(0), 0u);
    if (layout_.with("pids") != nullptr) {
        EXPECT_EQ(stats.pids, 0u);
    }
    if (layout_.with("memory") != nullptr) {
        EXPECT_TRUE(stats.memory_bytes.has_value());
        EXPECT_FALSE(stats.memory_limit_bytes.has_value());
        EXPECT_TRUE(MemoryMeter(layout_).usage(tree.payload()).has_value());
    }
}

} // namespace
} // namespace lxcpp
