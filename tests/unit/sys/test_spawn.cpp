// SPDX-License-Identifier: Apache-2.0
#include "sys/spawn.h"

#include "base/strings.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lxcpp;
using namespace std::chrono_literals;
using sys::ExitStatus;
using sys::RunResult;
using test::error_of;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

RunResult run(std::vector<std::string> argv) {
    return sys::run_and_capture({.argv = std::move(argv)}, 20s);
}

} // namespace

TEST(Spawn, RunsWithArgumentsAsTheyAre) {
    const RunResult result = run({"/bin/echo", "-n", "a b", "$HOME", "*", ""});
    EXPECT_EQ(result.output, "a b $HOME * ");
    EXPECT_EQ(result.status, (ExitStatus{false, 0}));
}

TEST(Spawn, ReportsExitCodesAndSignals) {
    EXPECT_EQ(run({"/bin/sh", "-c", "exit 7"}).status.shell_code(), 7);
    const RunResult killed = run({"/bin/sh", "-c", "kill -TERM $$"});
    EXPECT_EQ(killed.status, (ExitStatus{true, SIGTERM}));
    EXPECT_EQ(killed.status.shell_code(), 143);
}

TEST(Spawn, ExecFailureIsAnErrorWithItsReason) {
    const TempDir dir;
    EXPECT_EQ(error_of([] { (void)run({"/nonexistent/program"}); }),
              "run /nonexistent/program: No such file or directory");
    sys::write_file_atomic(dir / "plain", "x", 0644);
    const std::string plain = dir / "plain";
    EXPECT_EQ(error_of([&] { (void)run({plain}); }), "run " + plain + ": Permission denied");
    EXPECT_EQ(error_of([] { (void)run({"echo"}); }), "run echo: its path must be absolute");
    EXPECT_EQ(error_of([] { (void)run({}); }), "run a program: no arguments were given");
    EXPECT_EQ(error_of([] {
                  (void)sys::spawn({.argv = {"/bin/true"}, .working_directory = "/nonexistent"});
              }),
              "run /bin/true: change to its working directory: No such file or directory");
    EXPECT_EQ(error_of([] {
                  (void)sys::spawn({.argv = {"/bin/true"}, .extra_fds = {{FdRef(0), 2}}});
              }),
              "run /bin/true: descriptor 2 cannot be passed");
}

TEST(Spawn, OnlyDeclaredDescriptorsAreOpenInside) {
    const int leaked = ::open("/dev/zero", O_RDONLY); // as a careless library would
    ASSERT_GE(leaked, 3);
    // "ls" opens one more, for the directory that it lists.
    const RunResult plain = run({"/bin/ls", "/proc/self/fd"});
    EXPECT_THAT(split_lines(plain.output), ElementsAre("0", "1", "2", "3"));

    const Fd null = sys::open_file("/dev/null");
    const RunResult extra = sys::run_and_capture(
        {.argv = {"/bin/ls", "/proc/self/fd"}, .extra_fds = {{FdRef(null), 9}, {FdRef(leaked), 4}}},
        20s);
    EXPECT_THAT(split_lines(extra.output), ElementsAre("0", "1", "2", "3", "4", "9"));
    ::close(leaked);
}

TEST(Spawn, DescriptorsMayTradePlaces) {
    const TempDir dir;
    sys::write_file_atomic(dir / "a", "A");
    sys::write_file_atomic(dir / "b", "B");
    const Fd a = sys::open_file(dir / "a");
    const Fd b = sys::open_file(dir / "b");
    const RunResult result = sys::run_and_capture(
        {.argv = {"/bin/sh", "-c",
                  "cat <&" + std::to_string(a.raw()) + "; cat <&" + std::to_string(b.raw())},
         .extra_fds = {{FdRef(a), b.raw()}, {FdRef(b), a.raw()}}},
        20s);
    EXPECT_EQ(result.output, "BA");
}

TEST(Spawn, StandardInputIsNullUnlessGiven) {
    EXPECT_EQ(run({"/bin/cat"}).output, "");
    const TempDir dir;
    sys::write_file_atomic(dir / "input", "text");
    const Fd input = sys::open_file(dir / "input");
    EXPECT_EQ(sys::run_and_capture({.argv = {"/bin/cat"}, .standard_input = input}, 20s).output,
              "text");
}

TEST(Spawn, SignalsAreDefaultAndUnblockedInside) {
    sigset_t usr1;
    sigset_t old;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &usr1, &old);
    const auto old_handler = ::signal(SIGPIPE, SIG_IGN);
    const RunResult result = run({"/bin/grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status"});
    ::signal(SIGPIPE, old_handler);
    ::sigprocmask(SIG_SETMASK, &old, nullptr);
    EXPECT_EQ(result.output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(Spawn, EnvironmentAndDirectoryAreThoseGiven) {
    EXPECT_EQ(sys::run_and_capture({.argv = {"/usr/bin/env"}, .env = {{"A=1", "B=2"}}}, 20s).output,
              "A=1\nB=2\n");
    EXPECT_EQ(
        sys::run_and_capture({.argv = {"/bin/pwd"}, .working_directory = "/usr/bin"}, 20s).output,
        "/usr/bin\n");
}

TEST(Spawn, ProgramMayDifferFromItsName) {
    const RunResult result =
        sys::run_and_capture({.argv = {"other name", "-c", "echo $0"}, .program = "/bin/sh"}, 20s);
    EXPECT_EQ(result.output, "other name\n");
}

TEST(Spawn, OutputIsLimitedAndTheProgramStillEnds) {
    const RunResult result = run({"/bin/sh", "-c", "head -c 300000 /dev/zero; exit 3"});
    EXPECT_EQ(result.output.size(), 65536u);
    EXPECT_EQ(result.status.value, 3);
}

TEST(Spawn, ATimeOutKillsTheWholeGroup) {
    const TempDir dir;
    const std::string fifo = dir / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const Fd reader = sys::open_file(fifo, {.nonblock = true});
    // The grandchild holds the fifo open for as long as it lives.
    EXPECT_EQ(error_of([&] {
                  (void)sys::run_and_capture(
                      {.argv = {"/bin/sh", "-c", "exec 3>" + fifo + "; sleep 1000 & wait"},
                       .new_process_group = true},
                      300ms);
              }),
              "run /bin/sh: it did not end within 0.3 s and was killed");
    ::fcntl(reader.raw(), F_SETFL, 0);
    char byte = 0;
    EXPECT_EQ(::read(reader.raw(), &byte, 1), 0); // waits until nobody has it open
}

TEST(Spawn, WhatItLeavesBehindIsNotWaitedFor) {
    const TempDir dir;
    const auto start = std::chrono::steady_clock::now();
    const RunResult result = sys::run_and_capture(
        {.argv = {"/bin/sh", "-c", "sleep 30 & echo $!"}, .new_process_group = true}, 20s);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 15s);
    const auto pid = parse_u64(trim(result.output));
    ASSERT_TRUE(pid);
    ::kill(static_cast<pid_t>(*pid), SIGKILL);
}

TEST(Child, IsKilledAndReapedByItsOwner) {
    pid_t pid = -1;
    {
        const sys::Child child = sys::spawn({.argv = {"/bin/sleep", "1000"}});
        pid = child.pid();
        EXPECT_TRUE(sys::start_time(pid));
    }
    EXPECT_FALSE(sys::start_time(pid));
    EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);
}

TEST(Child, WaitForGivesUpAndCanBeAskedAgain) {
    sys::Child child = sys::spawn({.argv = {"/bin/sleep", "1000"}});
    EXPECT_FALSE(child.wait_for(1ms));
    child.kill();
    EXPECT_EQ(child.wait(), (ExitStatus{true, SIGKILL}));
}

TEST(Pidfd, TellsAProcessFromItsSuccessor) {
    const sys::Child child = sys::spawn({.argv = {"/bin/sleep", "1000"}});
    sys::ProcessId id{child.pid(), *sys::start_time(child.pid()), sys::boot_id()};
    EXPECT_TRUE(sys::is_alive(id, sys::boot_id()));
    EXPECT_TRUE(sys::open_pidfd(id));
    EXPECT_FALSE(sys::is_alive(id, "another boot"));
    ++id.start_time;
    EXPECT_FALSE(sys::is_alive(id, sys::boot_id()));
    EXPECT_FALSE(sys::open_pidfd(id));
    EXPECT_FALSE(sys::open_pidfd(sys::ProcessId{}));
}

TEST(Pidfd, AZombieIsGone) {
    sys::Child child = sys::spawn({.argv = {"/bin/true"}});
    EXPECT_TRUE(sys::wait_exited(child.pidfd(), {}));
    EXPECT_FALSE(sys::start_time(child.pid()));
    EXPECT_EQ(child.wait(), (ExitStatus{false, 0}));
}

TEST(Pidfd, ExitInfoOutlivesTheProcess) {
    const sys::Child child = sys::spawn({.argv = {"/bin/sh", "-c", "exit 9"}});
    const Fd copy(::fcntl(child.pidfd().raw(), F_DUPFD_CLOEXEC, 3));
    EXPECT_TRUE(sys::wait_exited(child.pidfd(), {}));
    const auto before = sys::try_reap(copy);
    EXPECT_EQ(before, (ExitStatus{false, 9}));
    const auto info = sys::exit_info(copy);
    if (!info) GTEST_SKIP() << "this kernel has no PIDFD_GET_INFO exit status (Linux 6.15)";
    EXPECT_EQ(*info, (ExitStatus{false, 9}));
    EXPECT_EQ(sys::try_send_signal(copy, 0), -ESRCH);
}
