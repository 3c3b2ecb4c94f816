// SPDX-License-Identifier: Apache-2.0
// What reads and writes group files, on a tree of plain files that looks like cgroups.
#include "cgroup/enter.h"
#include "cgroup/freezer.h"
#include "cgroup/item.h"
#include "cgroup/limits.h"
#include "cgroup/remove.h"
#include "cgroup/stats.h"
#include "sys/file.h"
#include "sys/temp_dir.h"
#include "unit/cgroup/layouts.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;
using namespace test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FakeCgroups : public ::testing::Test {
protected:
    // A group "c1" in each hierarchy.
    std::vector<fs::path> make(const CgroupLayout& layout) {
        std::vector<fs::path> dirs;
        for (const Hierarchy& hierarchy : layout.list) {
            dirs.push_back(hierarchy.mountpoint / "c1");
            sys::make_dirs(dirs.back());
        }
        return dirs;
    }
    static void put(const fs::path& file, std::string_view text) {
        sys::make_dirs(file.parent_path());
        sys::write_file_atomic(file, text);
    }

    sys::TempDir dir_{fs::temp_directory_path(), "lxcpp-test-"};
    std::string top_ = dir_.path().native();
};

TEST_F(FakeCgroups, StatisticsOfV1) {
    const CgroupLayout layout = hybrid_host(top_);
    const auto dirs = make(layout);
    put(dir_.path() / "memory/c1/memory.usage_in_bytes", "4096\n");
    put(dir_.path() / "memory/c1/memory.memsw.usage_in_bytes", "5096\n");
    put(dir_.path() / "memory/c1/memory.limit_in_bytes", "9223372036854771712\n");
    put(dir_.path() / "memory/c1/memory.kmem.usage_in_bytes", "7\n");
    put(dir_.path() / "cpu,cpuacct/c1/cpuacct.usage", "123456\n");
    put(dir_.path() / "blkio/c1/blkio.throttle.io_service_bytes", "8:0 Read 10\n8:0 Write 5\nTotal 15\n");
    EXPECT_EQ(read_cgroup_stats(layout, dirs),
              (CgroupStats{.memory_bytes = 4096, .swap_bytes = 1000, .kernel_memory_bytes = 7,
                           .cpu_nanoseconds = 123456, .block_io_bytes = 15}));
    put(dir_.path() / "memory/c1/memory.limit_in_bytes", "1048576\n");
    EXPECT_EQ(read_cgroup_stats(layout, dirs).memory_limit_bytes, 1048576u);
}

TEST_F(FakeCgroups, StatisticsOfV2) {
    const CgroupLayout layout = unified_host(top_);
    const auto dirs = make(layout);
    const fs::path group = dir_.path() / "c1";
    put(group / "memory.current", "4096\n");
    put(group / "memory.max", "max\n");
    put(group / "memory.swap.current", "0\n");
    put(group / "memory.stat", "anon 1\nkernel_stack 5\nkernel 9\n");
    put(group / "cpu.stat", "usage_usec 2\nuser_usec 1\n");
    put(group / "io.stat", "8:0 rbytes=10 wbytes=5 rios=1 wios=1\n8:16 rbytes=1 wbytes=0 rios=1 wios=0\n");
    put(group / "pids.current", "3\n");
    EXPECT_EQ(read_cgroup_stats(layout, dirs),
              (CgroupStats{.memory_bytes = 4096, .swap_bytes = 0, .kernel_memory_bytes = 9,
                           .cpu_nanoseconds = 2000, .block_io_bytes = 16, .pids = 3}));
    put(group / "memory.max", "65536\n");
    EXPECT_EQ(read_cgroup_stats(layout, dirs).memory_limit_bytes, 65536u);
}

TEST_F(FakeCgroups, ProcessorTimeComesFromV2WithoutTheController) {
    CgroupLayout layout = hybrid_host(top_);
    std::erase_if(layout.list, [](const Hierarchy& h) { return h.mountpoint.filename() == "cpu,cpuacct"; });
    const auto dirs = make(layout);
    put(dir_.path() / "unified/c1/cpu.stat", "usage_usec 7\n");
    EXPECT_EQ(read_cgroup_stats(layout, dirs).cpu_nanoseconds, 7000u);
}

TEST_F(FakeCgroups, StatisticsOfAGoneGroupAreEmpty) {
    const CgroupLayout layout = hybrid_host(top_);
    const std::vector<fs::path> dirs = {dir_.path() / "memory/gone"};
    EXPECT_EQ(read_cgroup_stats(layout, dirs), CgroupStats{});
    EXPECT_EQ(MemoryMeter(layout).usage(dirs), std::nullopt);
}

TEST_F(FakeCgroups, MeterReadsManyPayloads) {
    put(dir_.path() / "memory/a/memory.usage_in_bytes", "1\n");
    put(dir_.path() / "memory/b/memory.usage_in_bytes", "2\n");
    const std::vector<std::vector<fs::path>> payloads = {
        {dir_.path() / "cpuset/a", dir_.path() / "memory/a"}, {}, {dir_.path() / "memory/b"}};
    EXPECT_THAT(MemoryMeter(hybrid_host(top_)).usage_of_all(payloads), ElementsAre(1u, std::nullopt, 2u));
}

TEST_F(FakeCgroups, FindsItemsByController) {
    const CgroupLayout layout = hybrid_host(top_);
    const auto dirs = make(layout);
    put(dir_.path() / "memory/c1/memory.limit_in_bytes", "77\n");
    put(dir_.path() / "cpu,cpuacct/c1/cpu.stat", "v1\n");
    put(dir_.path() / "unified/c1/cpu.stat", "v2\n");
    put(dir_.path() / "unified/c1/cgroup.procs", "1\n2\n");
    put(dir_.path() / "memory/c1/cgroup.procs", "9\n");
    EXPECT_EQ(get_cgroup_item(layout, dirs, "memory.limit_in_bytes"), "77");
    EXPECT_EQ(get_cgroup_item(layout, dirs, "cpu.stat"), "v1");
    EXPECT_EQ(get_cgroup_item(layout, dirs, "cgroup.procs"), "1\n2");
    set_cgroup_item(layout, dirs, "memory.limit_in_bytes", "5");
    EXPECT_THAT(get_cgroup_item(layout, dirs, "memory.limit_in_bytes"), HasSubstr("5"));
}

TEST_F(FakeCgroups, RefusesItemsThatAreNotThere) {
    const CgroupLayout layout = hybrid_host(top_);
    const auto dirs = make(layout);
    put(dir_.path() / "memory/secret", "x");
    const auto error_of = [&](std::string_view key) -> std::string {
        try {
            return get_cgroup_item(layout, dirs, key);
        } catch (const Error& error) {
            return error.what();
        }
    };
    EXPECT_EQ(error_of("memory.max"), "no cgroup of the container has a file 'memory.max' on this host");
    for (const char* bad : {"../secret", "", "..", "/etc/passwd"}) {
        EXPECT_EQ(error_of(bad), std::string("'") + bad + "' is not the name of a cgroup file");
    }
}

TEST_F(FakeCgroups, FreezerOfV1) {
    const std::vector<fs::path> dirs = {dir_.path() / "memory/c1", dir_.path() / "freezer/c1"};
    put(dirs[1] / "freezer.state", "THAWED\n");
    EXPECT_EQ(freezer_state(dirs), FreezerState::Thawed);
    freeze(dirs, std::chrono::milliseconds(100));
    EXPECT_EQ(freezer_state(dirs), FreezerState::Frozen);
    thaw(dirs, std::chrono::milliseconds(100));
    EXPECT_EQ(freezer_state(dirs), FreezerState::Thawed);
    put(dirs[1] / "freezer.state", "FREEZING\n");
    EXPECT_EQ(freezer_state(dirs), FreezerState::Freezing);
}

TEST_F(FakeCgroups, FreezeSaysWhenThereIsNoFreezer) {
    const std::vector<fs::path> dirs = {dir_.path()};
    try {
        freeze(dirs, std::chrono::milliseconds(1));
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "freeze: the container has no cgroup with a freezer on this host");
    }
    EXPECT_EQ(freezer_state(dirs), FreezerState::Thawed);
}

TEST_F(FakeCgroups, EntryIsTasksForV1AndADirectoryForV2) {
    put(dir_.path() / "memory/c1/tasks", "");
    put(dir_.path() / "unified/c1/cgroup.subtree_control", "\n");
    const std::vector<fs::path> dirs = {dir_.path() / "memory/c1", dir_.path() / "unified/c1"};
    const CgroupEntry entry = attach_fds(dirs);
    EXPECT_EQ(entry.tasks.size(), 1u);
    EXPECT_EQ(sys::read_link(sys::fd_path(entry.unified)), dirs[1].native());
}

TEST_F(FakeCgroups, EntryOfAGroupWithDistributedControllersIsALeaf) {
    put(dir_.path() / "c1/cgroup.subtree_control", "memory\n");
    put(dir_.path() / "c1/cgroup.type", "domain\n");
    const std::vector<fs::path> dirs = {dir_.path() / "c1"};
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(sys::read_link(sys::fd_path(attach_fds(dirs).unified)), (dirs[0] / ".lxcpp").native());
    }
}

// The host's root group holds processes whatever its children have; it has no cgroup.type.
TEST_F(FakeCgroups, TheRootGroupNeedsNoLeaf) {
    put(dir_.path() / "cgroup.subtree_control", "memory\n");
    const std::vector<fs::path> dirs = {dir_.path()};
    EXPECT_EQ(sys::read_link(sys::fd_path(attach_fds(dirs).unified)), dirs[0].native());
    EXPECT_FALSE(sys::exists(dir_.path() / ".lxcpp"));
}

// With cpu alone the kernel would make the children of such a group invalid.
TEST_F(FakeCgroups, AGroupThatHoldsProcessesGivesItsChildrenNoControllers) {
    CgroupGroups groups;
    groups.base = dir_.path() / "service";
    groups.controllers = {"cpu", "memory"};
    put(groups.base / "cgroup.type", "domain\n");
    put(groups.base / "cgroup.procs", "12\n");
    put(groups.base / "cgroup.controllers", "cpu memory\n");
    put(groups.base / "cgroup.subtree_control", "\n");
    enable_controllers(groups, groups.base);
    EXPECT_EQ(sys::read_file(groups.base / "cgroup.subtree_control"), "\n");
    groups.required = {"cpu"};
    EXPECT_THAT([&] { enable_controllers(groups, groups.base); },
                testing::ThrowsMessage<Error>(HasSubstr("processes live in that group")));
    put(groups.base / "cgroup.procs", "");
    enable_controllers(groups, groups.base);
    EXPECT_THAT(sys::read_file(groups.base / "cgroup.subtree_control"), HasSubstr("+memory"));
}

TEST_F(FakeCgroups, RemovesNestedGroupsOfAnyName) {
    const fs::path top = dir_.path() / "c1";
    for (const char* name : {"a/b/c", "a/\xff\n", "d", " "}) sys::make_dirs(top / name);
    EXPECT_THAT(remove_cgroups({{top, dir_.path() / "absent"}}, std::chrono::milliseconds(500)), IsEmpty());
    EXPECT_FALSE(sys::exists(top));
}

TEST_F(FakeCgroups, ReportsWhatIsLeft) {
    put(dir_.path() / "c1/a/file", ""); // rmdir of a directory with a file fails, as of a busy group
    const auto left = remove_cgroups({{dir_.path() / "c1"}}, std::chrono::milliseconds(5));
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].path, dir_.path() / "c1");
    EXPECT_EQ(left[0].reason, "Directory not empty");
}

TEST_F(FakeCgroups, RemovesTreesDeeperThanAnyPath) {
    const fs::path top = dir_.path() / "c1";
    const std::string name(200, 'x');
    // 40 x 200 bytes: no path reaches the lowest one, so it is built from below.
    for (int level = 0; level < 40; ++level) {
        sys::make_dir(dir_.path() / "next", 0755);
        if (level > 0) sys::rename(top, dir_.path() / "next" / name);
        sys::rename(dir_.path() / "next", top);
    }
    EXPECT_THAT(remove_cgroups({{top}}, std::chrono::seconds(5)), IsEmpty());
    EXPECT_FALSE(sys::exists(top));
}

TEST_F(FakeCgroups, FollowsNoLinkOutOfTheTree) {
    sys::make_dirs(dir_.path() / "outside/keep");
    sys::make_dirs(dir_.path() / "c1");
    fs::create_directory_symlink(dir_.path() / "outside", dir_.path() / "c1/link");
    static_cast<void>(remove_cgroups({{dir_.path() / "c1"}}, std::chrono::milliseconds(5)));
    EXPECT_TRUE(sys::exists(dir_.path() / "outside/keep"));
}

} // namespace
} // namespace lxcpp
