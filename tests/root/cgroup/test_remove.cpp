// SPDX-License-Identifier: Apache-2.0
#include "cgroup/enter.h"
#include "cgroup/freezer.h"
#include "cgroup/tree.h"
#include "root/cgroup/test_groups.h"
#include "sys/file.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <fcntl.h>
#include <thread>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;
using namespace test;
using ::testing::IsEmpty;
using std::chrono::milliseconds;
using std::chrono::seconds;

pid_t fork_sleeper() {
    const pid_t pid = ::fork();
    if (pid == 0) {
        for (;;) ::pause();
    }
    return pid;
}

class CgroupProcesses : public RealCgroups {
protected:
    // One group per hierarchy whose kind is asked for.
    std::vector<fs::path> only(const CgroupTree& tree, int version) const {
        std::vector<fs::path> dirs;
        for (const fs::path& dir : tree.payload()) {
            if (sys::exists(dir / "cgroup.kill") == (version == 2)) dirs.push_back(dir);
        }
        return dirs;
    }
};

TEST_F(CgroupProcesses, KillsNestedProcessesInEachVersion) {
    const CgroupTree tree = CgroupTree::create(plan());
    for (const int version : {1, 2}) {
        const auto dirs = only(tree, version);
        if (dirs.empty()) continue;
        std::vector<fs::path> nested;
        for (const fs::path& dir : dirs) nested.push_back(dir / "a/b");
        for (const fs::path& dir : nested) sys::make_dirs(dir);
        Sleeper top(fork_sleeper()), deep(fork_sleeper());
        const fs::path first[] = {dirs[0]};
        const fs::path second[] = {nested.back()};
        move_to_cgroups(top.pid(), first);
        move_to_cgroups(deep.pid(), second);
        EXPECT_THAT(remove_cgroups(dirs, seconds(5)), IsEmpty()) << version;
        EXPECT_TRUE(WIFSIGNALED(top.end(false)));
        EXPECT_TRUE(WIFSIGNALED(deep.end(false)));
    }
}

TEST_F(CgroupProcesses, KillsWhatForksAllTheTime) {
    const CgroupTree tree = CgroupTree::create(plan());
    for (const int version : {1, 2}) {
        const auto dirs = only(tree, version);
        if (dirs.empty()) continue;
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::signal(SIGCHLD, SIG_IGN);
            enter_cgroups(dirs);
            for (;;) {
                if (::fork() != 0) ::_exit(0); // the pid changes faster than it can be read
            }
        }
        Sleeper first(pid);
        first.end(false);
        EXPECT_THAT(remove_cgroups(dirs, seconds(5)), IsEmpty()) << version;
    }
}

TEST_F(CgroupProcesses, KillsFrozenProcesses) {
    const CgroupTree tree = CgroupTree::create(plan());
    for (const int version : {1, 2}) {
        const auto dirs = only(tree, version);
        if (dirs.empty()) continue;
        Sleeper child(fork_sleeper());
        move_to_cgroups(child.pid(), dirs);
        freeze(dirs, seconds(5));
        EXPECT_THAT(remove_cgroups(dirs, seconds(5)), IsEmpty()) << version;
        EXPECT_TRUE(WIFSIGNALED(child.end(false)));
    }
}

// The freezer of one version holds what is killed through the other one.
TEST_F(CgroupProcesses, KillsWhatAnyFreezerHolds) {
    for (const int version : {1, 2}) {
        const CgroupTree tree = CgroupTree::create(plan());
        const auto dirs = only(tree, version);
        if (dirs.empty()) continue;
        Sleeper child(fork_sleeper());
        move_to_cgroups(child.pid(), tree.payload());
        freeze(dirs, seconds(5));
        EXPECT_THAT(remove_cgroups(tree.payload(), seconds(5)), IsEmpty()) << version;
        EXPECT_TRUE(WIFSIGNALED(child.end(false)));
    }
}

TEST_F(CgroupProcesses, LeavesOthersAlone) {
    const CgroupTree tree = CgroupTree::create(plan());
    Sleeper other(fork_sleeper());
    kill_cgroups(tree.payload());
    EXPECT_THAT(remove_cgroups(tree.payload(), seconds(1)), IsEmpty());
    EXPECT_EQ(::waitpid(other.pid(), nullptr, WNOHANG), 0);
}

TEST_F(CgroupProcesses, RemovingEmptyGroupsKillsNobody) {
    const CgroupTree tree = CgroupTree::create(plan());
    Sleeper child(fork_sleeper());
    move_to_cgroups(child.pid(), tree.payload());
    remove_empty_cgroups(tree.payload());
    for (const fs::path& dir : tree.payload()) EXPECT_EQ(cgroup_pids(dir), std::vector<pid_t>{child.pid()});
}

// The monitor's own groups: it cannot remove them while it is inside.
TEST_F(CgroupProcesses, LeavesItsOwnGroupsToRemoveThem) {
    CgroupWish asked = wish();
    asked.options.dir = name_ + ".d";
    asked.monitor = true;
    CgroupTree tree = CgroupTree::create(plan_cgroups(layout_, asked));
    std::vector<fs::path> dirs = tree.monitor();
    dirs.insert(dirs.end(), tree.parents().begin(), tree.parents().end());
    const pid_t pid = ::fork();
    if (pid == 0) {
        enter_cgroups(tree.monitor());
        const bool inside = std::ranges::all_of(tree.monitor(), [](const fs::path& dir) {
            return cgroup_pids(dir) == std::vector<pid_t>{::getpid()};
        });
        static_cast<void>(remove_cgroups(tree.payload(), seconds(5)));
        leave_cgroups(dirs);
        remove_empty_cgroups(dirs);
        ::_exit(inside ? 0 : 1);
    }
    Sleeper child(pid);
    EXPECT_EQ(child.end(false), 0);
    for (const fs::path& dir : dirs) EXPECT_FALSE(sys::exists(dir)) << dir;
}

TEST_F(CgroupProcesses, FreezesAndThaws) {
    const CgroupTree tree = CgroupTree::create(plan());
    Sleeper child(fork_sleeper());
    move_to_cgroups(child.pid(), tree.payload());
    EXPECT_EQ(freezer_state(tree.payload()), FreezerState::Thawed);
    for (const int version : {1, 2}) {
        const auto dirs = only(tree, version);
        if (dirs.empty()) continue;
        freeze(dirs, seconds(5));
        EXPECT_EQ(freezer_state(dirs), FreezerState::Frozen) << version;
        EXPECT_EQ(freezer_state(tree.payload()), FreezerState::Frozen) << version;
        thaw(tree.payload(), seconds(5));
        EXPECT_EQ(freezer_state(tree.payload()), FreezerState::Thawed) << version;
    }
}

TEST_F(CgroupProcesses, ThawsWhatAnotherCommandFreezesMeanwhile) {
    const CgroupTree tree = CgroupTree::create(plan());
    const auto parents = only(tree, 2);
    if (parents.empty()) GTEST_SKIP() << "no cgroup v2 here";
    const fs::path parent = parents.front(); // keeps it frozen until the other command has had its turn
    const fs::path group = parent / "inner";
    sys::make_dir(group, 0755);
    sys::write_existing(parent / "cgroup.freeze", "1");
    sys::write_existing(group / "cgroup.freeze", "1");
    std::atomic<bool> over = false;
    std::thread other([&] {
        const auto wait_until_thawed = [&] {
            while (!over && sys::read_file(group / "cgroup.freeze") != "0\n") std::this_thread::yield();
        };
        wait_until_thawed();
        sys::write_existing(group / "cgroup.freeze", "1");
        wait_until_thawed();
        sys::write_existing(parent / "cgroup.freeze", "0");
    });
    EXPECT_NO_THROW(thaw(std::vector{group}, seconds(20)));
    over = true;
    other.join();
}

TEST_F(CgroupProcesses, AFrozenProcessDoesNotRun) {
    const CgroupTree tree = CgroupTree::create(plan());
    int pipe_fds[2];
    ASSERT_EQ(::pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
    const Fd reading(pipe_fds[0]);
    Fd writing(pipe_fds[1]);
    const pid_t pid = ::fork();
    if (pid == 0) {
        for (;;) static_cast<void>(!::write(pipe_fds[1], "x", 1));
    }
    Sleeper child(pid);
    writing.reset();
    move_to_cgroups(pid, tree.payload());
    freeze(tree.payload(), seconds(5));
    char buffer[65536];
    while (::read(reading.raw(), buffer, sizeof buffer) > 0) {} // drained, and nobody fills it
    EXPECT_LT(::read(reading.raw(), buffer, sizeof buffer), 0);
    thaw(tree.payload(), seconds(5));
    ASSERT_EQ(::fcntl(reading.raw(), F_SETFL, 0), 0);
    EXPECT_GT(::read(reading.raw(), buffer, sizeof buffer), 0);
}

} // namespace
} // namespace lxcpp
