// SPDX-License-Identifier: Apache-2.0
#include "start/init_handle.h"

#include "small_root.h"

#include <lxcpp/error.h>

#include "support/error_of.h"

#include <csignal>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using test::error_of;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::chrono::steady_clock::time_point soon(std::chrono::milliseconds time = std::chrono::seconds(20)) {
    return std::chrono::steady_clock::now() + time;
}

RunProgram host_program(const std::string& what, std::vector<std::string> argv) { return {what, std::move(argv), {"PATH=/bin"}}; }

// Small plans, from clone to exec. Whatever becomes of them, no process may be left.
class Init : public testing::Test {
protected:
    void SetUp() override {
        if (!test::SmallRoot::possible()) GTEST_SKIP() << test::kNoBusybox;
        root_.emplace();
        before_ = test::children();
    }
    void TearDown() override {
        if (root_) {
            EXPECT_EQ(test::children(), before_);
        }
    }

    StartPlan plan(std::vector<Step> steps, std::vector<std::string> argv = {"/bin/busybox", "true"}) const {
        StartPlan plan;
        plan.name = "c1";
        plan.clone_flags = CLONE_NEWNS | CLONE_NEWPID;
        plan.child.steps = {RootPropagation{MS_PRIVATE}, BindRoot{root_->path().string()}};
        for (Step& step : steps) plan.child.steps.push_back(std::move(step));
        plan.child.steps.emplace_back(PivotRoot{});
        plan.child.steps.emplace_back(ReportReady{});
        plan.child.steps.emplace_back(Exec{std::move(argv), {}, false});
        return plan;
    }
    // Runs it to its end.
    static sys::ExitStatus run(const StartPlan& plan, std::chrono::steady_clock::time_point deadline = soon()) {
        InitHandle init = InitHandle::spawn(plan, {}, deadline);
        init.exec();
        (void)sys::wait_exited(init.pidfd(), {});
        const Fd pidfd = init.release();
        return sys::reap(pidfd);
    }
    static std::string failure(const StartPlan& plan) {
        return error_of([&] { (void)run(plan); });
    }

    std::optional<test::SmallRoot> root_;

private:
    std::string before_;
};

TEST_F(Init, RunsToItsEnd) { EXPECT_EQ(run(plan({}, {"/bin/busybox", "sh", "-c", "exit 5"})), (sys::ExitStatus{false, 5})); }

TEST_F(Init, IsKilledWhenItIsLetGoBeforeExec) {
    const StartPlan held = plan({});
    const InitHandle init = InitHandle::spawn(held, {}, soon());
    EXPECT_NE(test::children(), "");
}

TEST_F(Init, AFailedMountNamesStepAndReason) {
    EXPECT_EQ(failure(plan({MountFs{.type = "proc", .source = "proc", .target = {"no/such"}}})),
              "mount proc on /no/such (type proc): No such file or directory (source or target; create=dir or create=file "
              "makes a target, optional skips the entry)");
    EXPECT_THAT(failure(plan({MountFs{.type = "nofs", .source = "x", .target = {"x", Create::Dir}}})),
                StartsWith("mount x on /x (type nofs, create=dir): "));
    EXPECT_EQ(run(plan({MountFs{.type = "proc", .source = "proc", .target = {"no/such", Create::No, true}}})), sys::ExitStatus{});
}

TEST_F(Init, AMissingSourceIsNamed) {
    EXPECT_THAT(failure(plan({MountBind{.source = "/no/source", .target = {"x", Create::Dir}}})),
                StartsWith("bind host /no/source on /x (create=dir): No such file or directory"));
}

TEST_F(Init, ALinkInATargetIsRefusedAndNotFollowed) {
    const std::filesystem::path victim = root_->beside("victim");
    std::filesystem::create_directories(victim);
    std::filesystem::create_directory_symlink(victim, root_->path() / "srv");
    for (const Create create : {Create::No, Create::Dir, Create::File}) {
        EXPECT_THAT(failure(plan({MountBind{.source = "/dev/null", .target = {"srv/data", create}}})), HasSubstr("symbolic link"));
    }
    EXPECT_THAT(failure(plan({MakeDir{"srv/data"}})), StartsWith("make directory /srv/data (mode 0755): "));
    EXPECT_THAT(failure(plan({MakeLink{"x", "srv/data"}})), StartsWith("link /srv/data to x: "));
    EXPECT_THAT(failure(plan({WriteInside{"srv/data", "x", 0644}})), StartsWith("write file /srv/data (mode 0644): "));
    EXPECT_THAT(failure(plan({Mask{{"srv/data"}}})), StartsWith("mask /srv/data: "));
    EXPECT_TRUE(std::filesystem::is_empty(victim));
}

TEST_F(Init, MasksFilesDirectoriesAndNumberedPlaces) {
    for (const char* place : {"srv/c0/x", "srv/c1/x", "srv/c3/x", "srv/whole"}) {
        sys::make_dirs(root_->path() / place, 0755);
        sys::write_file_atomic(root_->path() / place / "secret", "s", 0644);
    }
    sys::write_file_atomic(root_->path() / "srv/file", "s", 0644);
    const std::string look = "cd /srv; for p in c0/x c1/x whole; do [ -d $p ] && [ -z \"$(ls $p)\" ] || exit 1; done; "
                             "[ -f file ] && [ ! -s file ] || exit 2; ! echo x >file || exit 3; ! mkdir whole/y || exit 4; "
                             "[ -s c3/x/secret ] || exit 5; [ -d /srv ] && [ ! -e /directory ] || exit 6";
    EXPECT_EQ(run(plan({Mask{{"srv/file", "srv/missing", "srv/c#/x", "srv/whole", "srv/file/below"}}},
                       {"/bin/busybox", "sh", "-c", look})), sys::ExitStatus{});
    EXPECT_EQ(sys::read_file(root_->path() / "srv/file"), "s");
}

// A file of our own making never goes to where a link of the image leads.
TEST_F(Init, WritesThroughNoLink) {
    const std::filesystem::path victim = root_->beside("victim");
    sys::write_file_atomic(victim, "mine", 0644);
    std::filesystem::create_symlink(victim, root_->path() / "file");
    EXPECT_THAT(failure(plan({WriteInside{"file", "x", 0644}})), StartsWith("write file /file (mode 0644): "));
    EXPECT_EQ(sys::read_file(victim), "mine");
}

TEST_F(Init, SysctlsGoToProcfsOnly) {
    sys::make_dirs(root_->path() / "proc/sys/net", 0755);
    sys::write_file_atomic(root_->path() / "proc/sys/net/x", "old", 0644);
    EXPECT_EQ(failure(plan({WriteProc{"sys/net/x", "1", "lxc.sysctl.net.x"}})),
              "write \"1\" to /proc/sys/net/x (lxc.sysctl.net.x): No such file or directory");
    EXPECT_EQ(sys::read_file(root_->path() / "proc/sys/net/x"), "old");
}

TEST_F(Init, AHookThatFailsSaysHow) {
    EXPECT_EQ(failure(plan({host_program("lxc.hook.mount: /bin/false", {"/bin/false"})})),
              "run lxc.hook.mount: /bin/false: exited with 1");
    EXPECT_EQ(failure(plan({host_program("lxc.hook.mount: /no/hook", {"/no/hook"})})),
              "run lxc.hook.mount: /no/hook: program not found");
    EXPECT_EQ(failure(plan({host_program("lxc.hook.mount: /etc/passwd", {"/etc/passwd"})})),
              "run lxc.hook.mount: /etc/passwd: program cannot be executed");
    EXPECT_EQ(failure(plan({host_program("x", {"/bin/sh", "-c", "kill -TERM $$"})})), "run x: killed by signal 15");
    EXPECT_EQ(run(plan({host_program("x", {"/bin/true"})})), sys::ExitStatus{});
}

TEST_F(Init, AMissingInitIsNamed) {
    EXPECT_EQ(failure(plan({}, {"/sbin/init"})), "exec /sbin/init: no such program in the container's root file system");
    sys::write_file_atomic(root_->path() / "bin/text", "x", 0644);
    EXPECT_EQ(failure(plan({}, {"/bin/text"})), "exec /bin/text: Permission denied");
}

TEST_F(Init, ADeathDuringSetUpIsSaid) {
    StartPlan dying = plan({host_program("x", {"/bin/sh", "-c", "kill -KILL $PPID"})});
    dying.clone_flags = CLONE_NEWNS; // process 1 of a namespace could not be killed from inside
    EXPECT_EQ(failure(dying), "the container's first process died during set-up (signal 9)");
}

TEST_F(Init, TheDeadlineEndsASetUpThatHangs) {
    const StartPlan hanging = plan({host_program("x", {"/bin/sleep", "1000"})});
    try {
        (void)InitHandle::spawn(hanging, {}, soon(std::chrono::milliseconds(300)));
        ADD_FAILURE() << "no error";
    } catch (const StateError& error) {
        EXPECT_EQ(error.problem(), StateProblem::TimedOut);
        EXPECT_STREQ(error.what(), "the container's first process did not finish its set-up in time");
    }
}

TEST_F(Init, AMapThatTheKernelRefusesIsNamed) {
    StartPlan mapped = plan({});
    mapped.clone_flags |= CLONE_NEWUSER;
    mapped.idmap = {{IdKind::Uid, 0, 100000, 10}, {IdKind::Uid, 5, 200000, 10}, {IdKind::Gid, 0, 100000, 10}};
    const std::string text = failure(mapped);
    EXPECT_THAT(text, HasSubstr("/uid_map: Invalid argument")) << text;
}

TEST_F(Init, ALimitThatTheKernelRefusesIsNamed) {
    StartPlan limited = plan({});
    limited.limits = {{"nofile", RLIMIT_NOFILE, 20, 10}};
    const std::string text = failure(limited);
    EXPECT_THAT(text, StartsWith("lxc.prlimit.nofile: "));
    EXPECT_THAT(text, HasSubstr("Invalid argument"));
}

TEST_F(Init, LimitsHold) {
    StartPlan limited = plan({}, {"/bin/busybox", "sh", "-c", "exit $(ulimit -n)"});
    limited.limits = {{"nofile", RLIMIT_NOFILE, 20, 20}};
    EXPECT_EQ(run(limited), (sys::ExitStatus{false, 20}));
}

TEST_F(Init, AProcFileIsWrittenAndABadOneNamed) {
    StartPlan adjusted = plan({MountFs{.type = "proc", .source = "proc", .target = {"proc", Create::Dir}}},
                              {"/bin/busybox", "sh", "-c", "read n < /proc/self/oom_score_adj; exit $n"});
    adjusted.proc_writes = {{"oom_score_adj", "100"}};
    EXPECT_EQ(run(adjusted), (sys::ExitStatus{false, 100}));
    adjusted.proc_writes = {{"no_such_file", "1"}};
    EXPECT_THAT(failure(adjusted), StartsWith("lxc.proc.no_such_file: "));
}

// Nobody would ever tell it to go on, and the caller of the starter waits for what it holds open.
TEST_F(Init, DiesWithItsStarter) {
    int held[2];
    ASSERT_EQ(::pipe2(held, O_CLOEXEC), 0);
    const pid_t starter = ::fork();
    if (starter == 0) {
        const StartPlan never = plan({});
        try {
            InitHandle init = InitHandle::spawn(never, {}, soon());
            ::kill(::getpid(), SIGKILL); // before exec()
        } catch (const Error&) {
        }
        ::_exit(1);
    }
    ::close(held[1]);
    int status = 0;
    ASSERT_EQ(::waitpid(starter, &status, 0), starter);
    EXPECT_TRUE(WIFSIGNALED(status));
    pollfd end{held[0], POLLIN, 0};
    EXPECT_EQ(::poll(&end, 1, 5000), 1) << "the first process still holds the pipe";
    ::close(held[0]);
}

class InitPrepared : public Init {
protected:
    StartPlan with_entry(bool optional) const {
        StartPlan plan;
        plan.name = "c1";
        plan.clone_flags = CLONE_NEWNS | CLONE_NEWPID;
        plan.rootfs.path = root_->path().string();
        plan.prepared_mounts = {{.source = "/no/source", .idmap = "container", .optional = optional}};
        const std::filesystem::path staging = root_->beside("staging");
        sys::make_dirs(staging, 0755);
        plan.child.steps = {RootPropagation{MS_PRIVATE}, AttachRoot{staging.string()},
                            MountPrepared{0, 0, {"entry", Create::Dir, optional}}, PivotRoot{}, ReportReady{},
                            Exec{{"/bin/busybox", "test", "-d", "/entry"}, {}, false}};
        return plan;
    }
};

TEST_F(InitPrepared, AMissingSourceIsNamed) {
    const std::string text = failure(with_entry(false));
    EXPECT_THAT(text, HasSubstr("/no/source"));
    EXPECT_THAT(text, HasSubstr("No such file or directory"));
}

TEST_F(InitPrepared, AnOptionalOneIsLeftOut) { EXPECT_EQ(run(with_entry(true)), sys::ExitStatus{}); }

} // namespace
} // namespace lxcpp
