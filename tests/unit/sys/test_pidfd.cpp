// SPDX-License-Identifier: Apache-2.0
#include "sys/pidfd.h"

#include "sys/file.h"

#include <gtest/gtest.h>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace lxcpp;

namespace {

TEST(Pidfd, TellsWhoHasExecutedAProgram) {
    EXPECT_TRUE(sys::has_executed(::getpid()));
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    EXPECT_FALSE(sys::has_executed(child));
    ::kill(child, SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE(sys::has_executed(child)); // also of a zombie
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_FALSE(sys::has_executed(child));
}

TEST(Pidfd, AZombieDoesNotWork) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const sys::ProcessId id{child, sys::start_time(child).value_or(0), sys::boot_id()};
    EXPECT_TRUE(sys::is_working(id, sys::boot_id()));
    EXPECT_FALSE(sys::is_working({child, id.start_time + 1, id.boot_id}, sys::boot_id()));
    EXPECT_FALSE(sys::is_working(id, "another boot"));
    ::kill(child, SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE(sys::is_working(id, sys::boot_id()));
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

} // namespace
