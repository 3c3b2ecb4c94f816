// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "cgroup/limits.h"
#include "cgroup/tree.h"
#include "root/cgroup/test_groups.h"
#include "sys/clone.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>

#include <algorithm>
#include <fcntl.h>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;
using namespace test;
using ::testing::Contains;
using ::testing::HasSubstr;

class CgroupTreeTest : public RealCgroups {
protected:
    // The only pid in each of the groups, or 0.
    static pid_t only_pid(const std::vector<fs::path>& groups) {
        pid_t result = 0;
        for (const fs::path& group : groups) {
            const auto pids = cgroup_pids(group);
            if (pids.size() != 1 || (result != 0 && pids[0] != result)) return 0;
            result = pids[0];
        }
        return result;
    }

    // A process that goes into the groups as a container's init does, tells us, and waits.
    static std::unique_ptr<Sleeper> start_in(const CgroupEntry& entry, uid_t uid = 0) {
        int ready[2];
        if (::pipe2(ready, O_CLOEXEC) != 0) throw SystemError("pipe");
        sys::Cloned child = sys::clone_process({.into_cgroup = entry.unified});
        if (child.pid == 0) {
            char ok = 'y';
            if (uid != 0 && ::setresuid(uid, uid, uid) != 0) ok = 'n';
            for (const Fd& tasks : entry.tasks) {
                if (::write(tasks.raw(), "0", 1) != 1) ok = 'n';
            }
            if (::write(ready[1], &ok, 1) != 1) ::_exit(1);
            for (;;) ::pause();
        }
        const Fd reading(ready[0]);
        Fd(ready[1]).reset();
        char ok = 0;
        EXPECT_EQ(::read(ready[0], &ok, 1), 1);
        EXPECT_EQ(ok, 'y');
        return std::make_unique<Sleeper>(child.pid);
    }

    static bool none_exists(const std::vector<fs::path>& dirs) {
        return std::ranges::none_of(dirs, [](const fs::path& dir) { return sys::exists(dir); });
    }
};

TEST_F(CgroupTreeTest, MakesAGroupInEachHierarchyAndRemovesIt) {
    std::vector<fs::path> dirs;
    {
        const CgroupTree tree = CgroupTree::create(plan());
        dirs = tree.payload();
        EXPECT_EQ(dirs.size(), layout_.list.size());
        for (const fs::path& dir : dirs) EXPECT_TRUE(sys::exists(dir)) << dir;
        EXPECT_TRUE(tree.parents().empty());
    }
    EXPECT_TRUE(none_exists(dirs));
}

// Whoever is killed while they are made has noted all of them.
TEST_F(CgroupTreeTest, WhatIsMadeIsKnownBefore) {
    const CgroupPlan wanted = plan();
    const PlannedGroups planned = planned_groups(wanted);
    bool none_before = false;
    const CgroupTree tree = CgroupTree::create(wanted, [&] { none_before = none_exists(planned.payload); });
    EXPECT_TRUE(none_before);
    EXPECT_EQ(planned.payload, tree.payload());
    EXPECT_EQ(planned.others, tree.beside_payload());
}

TEST_F(CgroupTreeTest, ReleasedGroupsStay) {
    CgroupTree tree = CgroupTree::create(plan());
    const auto dirs = tree.payload();
    {
        CgroupTree taken = std::move(tree);
        taken.release();
    }
    for (const fs::path& dir : dirs) EXPECT_TRUE(sys::exists(dir)) << dir;
    EXPECT_TRUE(remove_cgroups(dirs, std::chrono::seconds(1)).empty());
    EXPECT_TRUE(none_exists(dirs));
}

TEST_F(CgroupTreeTest, AChildEntersThroughTheDescriptors) {
    const CgroupTree tree = CgroupTree::create(plan());
    const auto child = start_in(tree.entry());
    EXPECT_EQ(only_pid(tree.payload()), child->pid());
}

// The parent opened the files: that it did counts, not who writes.
TEST_F(CgroupTreeTest, AChildWithoutRightsEntersToo) {
    const CgroupTree tree = CgroupTree::create(plan());
    const auto child = start_in(tree.entry(), 65534);
    EXPECT_EQ(only_pid(tree.payload()), child->pid());
}

TEST_F(CgroupTreeTest, AttachEntersARunningPayload) {
    CgroupTree tree = CgroupTree::create(plan());
    tree.close_entry();
    EXPECT_TRUE(tree.entry().tasks.empty());
    const auto child = start_in(attach_fds(tree.payload()));
    EXPECT_EQ(only_pid(tree.payload()), child->pid());
}

TEST_F(CgroupTreeTest, MovesAProcessTheSlowWay) {
    const CgroupTree tree = CgroupTree::create(plan());
    const auto child = start_in({});
    move_to_cgroups(child->pid(), tree.payload());
    EXPECT_EQ(only_pid(tree.payload()), child->pid());
}

TEST_F(CgroupTreeTest, TheDestructorKillsWhatIsInside) {
    auto tree = std::make_unique<CgroupTree>(CgroupTree::create(plan()));
    const auto dirs = tree->payload();
    const auto child = start_in(tree->entry());
    tree.reset();
    const int status = child->end(false);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    EXPECT_TRUE(none_exists(dirs));
}

TEST_F(CgroupTreeTest, ReplacesTheEmptyGroupsOfACrash) {
    {
        CgroupWish limited = wish();
        CgroupTree tree = CgroupTree::create(plan_cgroups(layout_, limited));
        for (const fs::path& dir : tree.payload()) sys::make_dirs(dir / "nested/deep");
        tree.release();
    }
    const CgroupTree tree = CgroupTree::create(plan());
    EXPECT_EQ(tree.payload().size(), layout_.list.size());
    for (const fs::path& dir : tree.payload()) EXPECT_FALSE(sys::exists(dir / "nested")) << dir;
}

TEST_F(CgroupTreeTest, ARunningContainersGroupsAreBusy) {
    const CgroupTree tree = CgroupTree::create(plan());
    for (const fs::path& dir : tree.payload()) sys::make_dirs(dir / "of.the.payload");
    const auto child = start_in(tree.entry());
    try {
        static_cast<void>(CgroupTree::create(plan()));
        FAIL();
    } catch (const StateError& error) {
        EXPECT_EQ(error.problem(), StateProblem::Busy);
        EXPECT_THAT(error.what(), HasSubstr("lxcpp.payload." + name_ + " still holds processes of " + name_ + " (" +
                                            std::to_string(child->pid()) + ")"));
    }
    EXPECT_EQ(only_pid(tree.payload()), child->pid());
    for (const fs::path& dir : tree.payload()) EXPECT_TRUE(sys::exists(dir / "of.the.payload")) << dir;
}

// It looks empty in all hierarchies but one: nothing may be removed from the others.
TEST_F(CgroupTreeTest, OneBusyHierarchyProtectsAll) {
    const CgroupTree tree = CgroupTree::create(plan());
    const auto child = start_in({});
    const fs::path last[] = {tree.payload().back()};
    move_to_cgroups(child->pid(), last);
    EXPECT_THROW(static_cast<void>(CgroupTree::create(plan())), StateError);
    for (const fs::path& dir : tree.payload()) EXPECT_TRUE(sys::exists(dir)) << dir;
}

TEST_F(CgroupTreeTest, DelegatesTheGroupAndNotItsLimits) {
    CgroupWish asked = wish();
    asked.owner = CgroupOwner{1234567, 1234568};
    const CgroupTree tree = CgroupTree::create(plan_cgroups(layout_, asked));
    const auto owner = [](const fs::path& path) { return sys::stat_path(path)->st_uid; };
    for (const fs::path& dir : tree.payload()) {
        EXPECT_EQ(owner(dir), 1234567u) << dir;
        EXPECT_EQ(sys::stat_path(dir)->st_gid, 1234568u) << dir;
        EXPECT_EQ(owner(dir / "cgroup.procs"), 1234567u) << dir;
        for (const char* file : {"memory.limit_in_bytes", "memory.max", "devices.allow", "pids.max",
                                 "cgroup.freeze", "cgroup.kill", "freezer.state", "cpuset.cpus"}) {
            if (!sys::exists(dir / file)) continue;
            EXPECT_EQ(owner(dir / file), 0u) << dir / file;
        }
        for (const char* file : {"tasks", "cgroup.threads", "cgroup.subtree_control"}) {
            if (!sys::exists(dir / file)) continue;
            EXPECT_EQ(owner(dir / file), 1234567u) << dir / file;
        }
    }
}

TEST_F(CgroupTreeTest, AppliesLimitsInOrder) {
    CgroupWish asked = wish();
    const Hierarchy* memory = layout_.with("memory");
    if (memory == nullptr) GTEST_SKIP() << "no memory controller";
    const std::string file = memory->version == 1 ? "memory.limit_in_bytes" : "memory.max";
    auto& list = memory->version == 1 ? asked.options.v1 : asked.options.v2;
    list = {{file, "64M"}, {file, "32M"}};
    const CgroupTree tree = CgroupTree::create(plan_cgroups(layout_, asked));
    const fs::path group = memory->mountpoint / ("lxcpp.payload." + name_);
    EXPECT_EQ(trim(sys::read_file(group / file)), "33554432");
}

TEST_F(CgroupTreeTest, ABadLimitIsNamedAndLeavesNothing) {
    CgroupWish asked = wish();
    asked.options.v2 = {{"cgroup.max.depth", "many"}};
    if (layout_.unified() == nullptr) GTEST_SKIP() << "no v2 hierarchy";
    const CgroupPlan planned = plan_cgroups(layout_, asked);
    try {
        static_cast<void>(CgroupTree::create(planned));
        FAIL();
    } catch (const SystemError& error) {
        EXPECT_THAT(error.what(), HasSubstr("lxc.cgroup2.cgroup.max.depth = many: write /"));
        EXPECT_THAT(error.what(), HasSubstr("cgroup.max.depth: Invalid argument"));
    }
    for (const CgroupGroups& groups : planned.groups) EXPECT_FALSE(sys::exists(groups.payload));
}

TEST_F(CgroupTreeTest, ParentsMonitorAndInnerGroups) {
    CgroupWish asked = wish();
    asked.options.dir_container = name_ + "/box";
    asked.options.dir_container_inner = "inner";
    asked.options.dir_monitor = name_ + "/watch";
    std::vector<fs::path> tops;
    {
        const CgroupTree tree = CgroupTree::create(plan_cgroups(layout_, asked));
        EXPECT_EQ(tree.monitor().size(), layout_.list.size());
        ASSERT_EQ(tree.parents().size(), layout_.list.size());
        tops = tree.parents();
        EXPECT_EQ(tops[0].filename(), name_);
        const auto child = start_in(tree.entry());
        EXPECT_EQ(only_pid(tree.payload()), child->pid());
        for (const fs::path& dir : tree.payload()) {
            const bool devices = sys::exists(dir / "devices.allow");
            EXPECT_EQ(sys::exists(dir / "inner"), !devices) << dir;
            EXPECT_EQ(cgroup_pids(dir / "inner").size(), devices ? 0u : 1u);
        }
    }
    EXPECT_TRUE(none_exists(tops));
}

// Two containers below one lxc.cgroup.dir: the first one's end does not disturb the second.
TEST_F(CgroupTreeTest, ASharedParentStaysWhileItIsUsed) {
    CgroupWish one = wish(), two = wish();
    one.options.dir = two.options.dir = name_ + ".d";
    two.name += "b";
    const CgroupTree second = CgroupTree::create(plan_cgroups(layout_, two));
    const auto child = start_in(second.entry());
    {
        const CgroupTree first = CgroupTree::create(plan_cgroups(layout_, one));
        EXPECT_FALSE(first.parents().empty());
    }
    EXPECT_EQ(only_pid(second.payload()), child->pid());
}

TEST_F(CgroupTreeTest, GroupsBelowACpusetTakeProcesses) {
    const Hierarchy* cpuset = layout_.with("cpuset");
    if (cpuset == nullptr || cpuset->version != 1) GTEST_SKIP() << "no v1 cpuset controller";
    const CgroupTree tree = CgroupTree::create(plan());
    const fs::path nested = cpuset->mountpoint / ("lxcpp.payload." + name_) / "nested";
    sys::make_dir(nested, 0755);
    const auto child = start_in({});
    const fs::path dirs[] = {nested};
    move_to_cgroups(child->pid(), dirs);
    EXPECT_THAT(cgroup_pids(nested), Contains(child->pid()));
}

} // namespace
} // namespace lxcpp
