// SPDX-License-Identifier: Apache-2.0
#include "small_root.h"

#include <lxcpp/one_shot.h>

#include "base/paths.h"
#include "base/strings.h"
#include "sys/file.h"
#include "sys/pty.h"
#include "sys/stream.h"

#include "support/error_of.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using test::error_of;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

class RunOneShot : public testing::Test {
protected:
    static void SetUpTestSuite() {
        cache_ = new test::TempDir;
        ::setenv("LXCPP_CACHE_DIR", cache_->path().c_str(), 1);
    }
    static void TearDownTestSuite() {
        ::unsetenv("LXCPP_CACHE_DIR");
        delete cache_;
        cache_ = nullptr;
    }
    void SetUp() override {
        if (!test::SmallRoot::possible()) GTEST_SKIP() << test::kNoBusybox;
        if (!sys::exists(default_paths().libexec / "lxcpp-init")) GTEST_SKIP() << "lxcpp-init is not built";
        root_.emplace();
    }

    // The exit code of a shell script inside; what it wrote is in output().
    int script(const std::string& text, bool network = false) {
        OneShot request;
        request.rootfs = root_->path();
        request.argv = {"/bin/busybox", "sh", "-c", text};
        request.env = {"PATH=/bin", "ONLY=this"};
        request.network = network;
        request.log = log();
        return run_one_shot(request);
    }
    [[nodiscard]] std::filesystem::path log() const { return root_->beside("log"); }
    [[nodiscard]] std::string output() const { return sys::read_file(log()); }
    std::string output_of(const std::string& text, bool network = false) {
        EXPECT_EQ(script(text, network), 0) << output();
        return output();
    }

    std::optional<test::SmallRoot> root_;

private:
    static test::TempDir* cache_;
};

test::TempDir* RunOneShot::cache_ = nullptr;

TEST_F(RunOneShot, ReturnsTheExitCode) {
    EXPECT_EQ(script("exit 0"), 0);
    EXPECT_EQ(script("exit 7"), 7);
}

// The kernel knows no fsync of a pipe.
TEST_F(RunOneShot, DoesNotWaitForDisks) {
    EXPECT_EQ(output_of("(busybox dd if=/dev/zero count=1 conv=fsync 2>/dev/null; echo $? >&2) | busybox wc -c"), "0\n512\n");
}

TEST_F(RunOneShot, ReturnsTheSignalAsAShellDoes) { EXPECT_EQ(script("kill -KILL $$"), 128 + SIGKILL); }

TEST_F(RunOneShot, AMissingProgramIs255AndSaidInTheLog) {
    OneShot request{.rootfs = root_->path(), .argv = {"/bin/nothing"}, .env = {}, .log = log()};
    EXPECT_EQ(run_one_shot(request), 255);
    EXPECT_EQ(output(), "lxcpp-init: cannot run /bin/nothing: No such file or directory\n");
}

TEST_F(RunOneShot, AppendsBothStreamsToTheLogAndGivesOursBack) {
    struct stat before[3];
    struct stat after[3];
    for (int fd = 0; fd < 3; ++fd) ASSERT_EQ(::fstat(fd, &before[fd]), 0);
    EXPECT_EQ(script("echo one; echo two >&2"), 0);
    EXPECT_EQ(script("echo three"), 0);
    for (int fd = 0; fd < 3; ++fd) ASSERT_EQ(::fstat(fd, &after[fd]), 0);
    EXPECT_EQ(output(), "one\ntwo\nthree\n");
    for (int fd = 0; fd < 3; ++fd) {
        EXPECT_EQ(before[fd].st_ino, after[fd].st_ino) << fd;
        EXPECT_EQ(before[fd].st_dev, after[fd].st_dev) << fd;
    }
}

// What the program prints drives no terminal of ours: titles, colours and what terminals answer to.
TEST_F(RunOneShot, ATerminalGetsTextAlone) {
    const sys::Pty pty = sys::open_pty();
    sys::set_raw(pty.slave);
    OneShot request{
        .rootfs = root_->path(),
        .argv = {"/bin/busybox", "printf", "one\\033]0;x\\007\\r\\n\\303\\244\\302\\233c\\n"},
        .env = {},
        .log = {}};
    request.log = sys::read_link(sys::fd_path(pty.slave)).value();
    EXPECT_EQ(run_one_shot(request), 0);
    std::string shown(200, '\0');
    shown.resize(static_cast<std::size_t>(std::max(0L, sys::try_read(pty.master, shown))));
    EXPECT_EQ(shown, "one\\x1b]0;x\\x07\r\nä\\xc2\\x9bc\n");
}

TEST_F(RunOneShot, GivesOurStreamsBackAfterAnError) {
    struct stat before;
    struct stat after;
    ASSERT_EQ(::fstat(1, &before), 0);
    OneShot request{.rootfs = "/nowhere", .argv = {"/bin/x"}, .env = {}, .log = log()};
    EXPECT_EQ(error_of([&] { (void)run_one_shot(request); }), "bind the root file system /nowhere: No such file or directory");
    ASSERT_EQ(::fstat(1, &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino);
}

// A script that asks a question gets an end of file, not the administrator's keys.
TEST_F(RunOneShot, HasNothingOnStandardInput) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ASSERT_EQ(::write(ends[1], "typed\n", 6), 6);
    const int saved = ::fcntl(0, F_DUPFD_CLOEXEC, 3);
    ASSERT_EQ(::dup2(ends[0], 0), 0);
    EXPECT_EQ(output_of("read line; echo \"got $line\""), "got \n");
    ASSERT_EQ(::dup2(saved, 0), 0);
    for (const int fd : {ends[0], ends[1], saved}) ::close(fd);
}

TEST_F(RunOneShot, IsRootWithAnEnvironmentAndAHostNameOfItsOwn) {
    EXPECT_EQ(output_of("/bin/busybox id -u; /bin/busybox hostname"), "0\nlocalhost\n");
}

TEST_F(RunOneShot, HasOnlyTheEnvironmentItWasGiven) {
    ::setenv("LXCPP_TEST_SECRET", "1", 1);
    const std::string env = output_of("/bin/busybox env");
    ::unsetenv("LXCPP_TEST_SECRET");
    EXPECT_THAT(env, HasSubstr("ONLY=this\n"));
    EXPECT_THAT(env, Not(HasSubstr("SECRET")));
}

TEST_F(RunOneShot, SeesItsOwnProcessesOnly) {
    const std::string mine = std::filesystem::read_symlink("/proc/self/ns/pid").string();
    const auto lines = output_of("/bin/busybox readlink /proc/self/ns/pid; echo /proc/[0-9]*");
    EXPECT_THAT(lines, Not(HasSubstr(mine)));
    EXPECT_THAT(lines, HasSubstr("\n/proc/1 /proc/2")); // lxcpp-init and the shell
    EXPECT_LT(lines.size(), 80U) << lines;
}

TEST_F(RunOneShot, HasNoNetworkButLo) {
    const std::string text = output_of("/bin/busybox ls /proc/sys/net/ipv4/conf; /bin/busybox ip -o link");
    EXPECT_THAT(text, HasSubstr("all\ndefault\nlo\n1: lo: <LOOPBACK,UP"));
    EXPECT_EQ(std::ranges::count(text, '\n'), 4) << text;
}

TEST_F(RunOneShot, SharesTheNetworkOnlyWhenAsked) {
    const std::string mine = std::filesystem::read_symlink("/proc/self/ns/net").string();
    EXPECT_EQ(output_of("/bin/busybox readlink /proc/self/ns/net", true), mine + '\n');
}

TEST_F(RunOneShot, HasAMinimalDev) {
    std::vector<std::string> names;
    const std::string text = output_of("/bin/busybox ls -1 /dev");
    for (const std::string_view line : split_lines(text)) names.emplace_back(line);
    EXPECT_THAT(names, UnorderedElementsAre("fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout",
                                            "tty", "urandom", "zero"));
    EXPECT_TRUE(std::filesystem::is_empty(root_->path() / "dev")); // nothing of it on disk
}

TEST_F(RunOneShot, CannotTurnTheKernelsKnobs) {
    // A name of its own uts namespace: harmless if it could be written.
    const std::string text = output_of("echo changed > /proc/sys/kernel/domainname && echo writable; "
                                       "/bin/busybox grep CapBnd /proc/self/status");
    EXPECT_THAT(text, Not(HasSubstr("writable")));
    EXPECT_THAT(text, HasSubstr("Read-only file system"));
    const std::uint64_t bounding = std::stoull(text.substr(text.find("CapBnd:") + 7), nullptr, 16);
    for (const int number : {16 /* sys_module */, 17 /* sys_rawio */, 2 /* dac_read_search */}) {
        EXPECT_EQ(bounding >> number & 1, 0U) << number;
    }
    EXPECT_NE(bounding >> 0 & 1, 0U); // chown
}

TEST_F(RunOneShot, InheritsNoDescriptor) {
    const int leak = ::open("/etc/passwd", O_RDONLY);
    ASSERT_EQ(::dup2(leak, 77), 77);
    // The shell has 3 open for the folder that it reads.
    EXPECT_EQ(output_of("cd /proc/self/fd; echo *"), "0 1 2 3\n");
    ::close(77);
    ::close(leak);
}

TEST_F(RunOneShot, LeavesNoProcessBehind) {
    const std::string before = test::children();
    EXPECT_EQ(output_of("/bin/busybox sleep 1000 & exit 0"), "");
    EXPECT_EQ(test::children(), before);
}

TEST_F(RunOneShot, NeedsAnAbsoluteProgram) {
    const std::string text = "a program to run in a root file system needs an absolute path";
    EXPECT_EQ(error_of([&] { (void)run_one_shot({.rootfs = root_->path(), .argv = {}, .env = {}, .log = {}}); }), text);
    EXPECT_EQ(error_of([&] { (void)run_one_shot({.rootfs = root_->path(), .argv = {"sh"}, .env = {}, .log = {}}); }), text);
}

// A hostile image: where we mount, it has a link to a directory of the host.
class HostileRoot : public RunOneShot, public testing::WithParamInterface<const char*> {};

TEST_P(HostileRoot, ALinkInPlaceOfAMountPointIsRefusedAndNotFollowed) {
    if (!root_) return; // skipped
    const std::filesystem::path victim = root_->beside("victim");
    const std::filesystem::path link = root_->path() / GetParam();
    std::filesystem::create_directories(victim);
    std::filesystem::create_directories(link.parent_path());
    sys::write_file_atomic(victim / "file", "mine", 0644);
    std::filesystem::create_directory_symlink(victim, link);
    const std::string text = error_of([&] { (void)script("exit 0"); });
    EXPECT_THAT(text, HasSubstr(" on /" + std::string(GetParam()) + " ("));
    EXPECT_THAT(text, HasSubstr("): a component of the target is a symbolic link, which is refused"));
    EXPECT_EQ(std::filesystem::read_symlink(link), victim);
    EXPECT_EQ(sys::list_dir(victim), std::vector<std::string>{"file"});
    EXPECT_EQ(sys::read_file(victim / "file"), "mine");
    EXPECT_THAT(sys::read_file("/proc/self/mountinfo"), Not(HasSubstr(victim.string())));
}

INSTANTIATE_TEST_SUITE_P(MountPoints, HostileRoot, testing::Values("dev", "proc"));

// Relative links stay below the root and are refused as well.
TEST_F(RunOneShot, ALinkThatStaysBelowTheRootIsRefusedToo) {
    std::filesystem::create_directories(root_->path() / "elsewhere");
    std::filesystem::create_directory_symlink("elsewhere", root_->path() / "dev");
    EXPECT_THAT(error_of([&] { (void)script("exit 0"); }), HasSubstr("symbolic link"));
    EXPECT_TRUE(std::filesystem::is_empty(root_->path() / "elsewhere"));
}

// Waits until the pipe has data or its last writer is gone; what came.
std::string read_some(int fd) {
    pollfd wait{fd, POLLIN, 0};
    if (::poll(&wait, 1, 20000) != 1) return "(nothing for 20 seconds)";
    char data[64];
    const ssize_t size = ::read(fd, data, sizeof data);
    return size < 0 ? "(read failed)" : std::string(data, static_cast<std::size_t>(size));
}

TEST_F(RunOneShot, DiesWithItsCaller) {
    const std::filesystem::path pipe = root_->path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ASSERT_GE(reader, 0);
    const pid_t caller = ::fork();
    ASSERT_GE(caller, 0);
    if (caller == 0) {
        try {
            (void)script("exec 9>/pipe; echo up >&9; while :; do /bin/busybox sleep 1000; done");
        } catch (const std::exception&) {
        }
        ::_exit(1);
    }
    EXPECT_EQ(read_some(reader), "up\n");
    // Its mounts are seen nowhere but inside.
    EXPECT_THAT(sys::read_file("/proc/self/mountinfo"), Not(HasSubstr(root_->path().string())));
    ASSERT_EQ(::kill(caller, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(caller, &status, 0), caller);
    EXPECT_EQ(read_some(reader), ""); // the end of file: nobody inside has it open any more
    ::close(reader);
}

// Package scripts run as root: on the host's kernel they find what a started container finds.
TEST_F(RunOneShot, ProcIsMaskedAndReadOnlyAsInAContainer) {
    const std::string masked = output_of("for file in kcore kallsyms keys key-users kmsg interrupts timer_list sysrq-trigger vmallocinfo; do"
                                         " [ ! -e /proc/$file ] || grep -q \" /proc/$file ro,\" /proc/self/mountinfo || echo $file; done");
    EXPECT_EQ(masked, "") << "not masked";
}

TEST_F(RunOneShot, SettingsOfTheKernelAreReadOnly) {
    const std::string writable = output_of("for place in sys irq fs bus; do"
                                           " [ ! -e /proc/$place ] || grep -q \" /proc/$place ro,\" /proc/self/mountinfo || echo $place; done");
    EXPECT_EQ(writable, "") << "not read-only";
    EXPECT_EQ(script("for file in sys/kernel/core_pattern sys/vm/drop_caches sysrq-trigger irq/default_smp_affinity; do"
                     " (: >>/proc/$file) 2>/dev/null && exit 1; done; exit 0"), 0);
}

} // namespace
} // namespace lxcpp
