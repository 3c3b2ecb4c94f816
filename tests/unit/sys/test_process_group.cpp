// SPDX-License-Identifier: Apache-2.0
#include "sys/process_group.h"

#include "sys/spawn.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lxcpp;

namespace {

// A caller with a program in its group, which starts another one; both hold the pipe.
pid_t caller_with_group(FdRef held) {
    const pid_t caller = ::fork();
    if (caller != 0) return caller;
    try {
        const sys::GuardedGroup group;
        sys::Child child = sys::spawn({.argv = {"/bin/sh", "-c", "sleep 100 & echo; wait"}, .standard_output = held,
                                       .process_group = group.leader()});
        ::pause();
    } catch (...) {
    }
    ::_exit(1);
}

TEST(GuardedGroup, DiesWithAKilledCaller) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t caller = caller_with_group(FdRef(ends[1]));
    ::close(ends[1]);
    char byte = 0;
    ASSERT_EQ(::read(ends[0], &byte, 1), 1); // both run
    ::kill(caller, SIGKILL);
    ASSERT_EQ(::waitpid(caller, nullptr, 0), caller);
    pollfd end{ends[0], POLLIN, 0};
    ASSERT_EQ(::poll(&end, 1, 10000), 1) << "the group is still there";
    EXPECT_EQ(::read(ends[0], &byte, 1), 0);
    ::close(ends[0]);
}

TEST(GuardedGroup, DiesWhenItIsNotNeededAnyMore) {
    pid_t leader = 0;
    {
        const sys::GuardedGroup group;
        leader = group.leader();
        EXPECT_EQ(::getpgid(leader), leader);
        EXPECT_EQ(sys::try_kill_group(leader, SIGTERM), 0); // not for the leader
        EXPECT_EQ(::kill(leader, 0), 0);
    }
    EXPECT_EQ(::kill(leader, 0), -1);
}

} // namespace
