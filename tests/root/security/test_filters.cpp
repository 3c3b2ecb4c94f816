// SPDX-License-Identifier: Apache-2.0
// Compiled policies in the real kernel.
#include "security/seccomp_bpf.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace lxcpp {
namespace {

// The errno (0: success) of a call in a child that has the filter; -signal when it was killed.
int errno_under(const SeccompPolicy& policy, const std::function<long()>& call) {
    const SeccompProgram program = compile_bpf(policy, native_seccomp_archs());
    const pid_t pid = ::fork();
    if (pid == 0) {
        sock_fprog filter{};
        filter.len = static_cast<unsigned short>(program.bpf.size() / sizeof(sock_filter));
        filter.filter = reinterpret_cast<sock_filter*>(const_cast<std::uint8_t*>(program.bpf.data()));
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(200);
        if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) ::_exit(201);
        ::_exit(call() < 0 ? errno : 0);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(SeccompInTheKernel, DefaultPolicy) {
    const SeccompPolicy policy = default_policy();
    EXPECT_EQ(errno_under(policy, [] { return ::syscall(SYS_kexec_load, 0, 0, nullptr, 0); }), EPERM);
    EXPECT_EQ(errno_under(policy, [] { return ::syscall(SYS_open_by_handle_at, -1, nullptr, 0); }), EPERM);
    EXPECT_EQ(errno_under(policy, [] { return ::syscall(SYS_finit_module, -1, "", 0); }), EPERM);
    EXPECT_EQ(errno_under(policy, [] { return ::umount2("/nonexistent", MNT_FORCE); }), EACCES);
    EXPECT_EQ(errno_under(policy, [] { return ::umount2("/nonexistent", MNT_DETACH); }), ENOENT);
    EXPECT_EQ(errno_under(policy, [] { return ::ioctl(-1, TIOCSTI, ""); }), EPERM);
    EXPECT_EQ(errno_under(policy, [] { return ::syscall(SYS_ioctl, -1, 1ul << 32 | TIOCSTI, ""); }), EPERM);
    EXPECT_EQ(errno_under(policy, [] { return ::ioctl(-1, TIOCGWINSZ, nullptr); }), EBADF);
    EXPECT_EQ(errno_under(policy, [] { return ::getppid() > 0 ? 0L : -1L; }), 0);
    EXPECT_EQ(errno_under(policy, [] { return ::unshare(CLONE_NEWUSER); }), EPERM);
    EXPECT_EQ(errno_under(policy, [] { return ::syscall(SYS_clone3, nullptr, 0); }), ENOSYS);
    EXPECT_EQ(errno_under(policy, [] { return ::syscall(SYS_keyctl, 0, 0, 0, 0, 0); }), ENOSYS);
    EXPECT_EQ(errno_under(policy, [] { return ::syscall(5000); }), ENOSYS);
}

// The C library's threads and processes get along with what the filter leaves of clone(2).
TEST(SeccompInTheKernel, ThreadsAndChildrenUnderTheDefaultPolicy) {
    EXPECT_EQ(errno_under(default_policy(), [] {
        int from_thread = 0;
        std::thread([&] { from_thread = 7; }).join();
        pid_t child = -1;
        char name[] = "true";
        char* argv[] = {name, nullptr};
        errno = EPROTO;
        if (::posix_spawn(&child, "/bin/true", nullptr, nullptr, argv, nullptr) != 0) return -1L;
        int status = -1;
        return from_thread == 7 && ::waitpid(child, &status, 0) == child && status == 0 ? 0L : -1L;
    }), 0);
}

TEST(SeccompInTheKernel, SocketFamiliesOfTheDefaultPolicy) {
    const auto error_of_family = [](int family, int type, int protocol) {
        return errno_under(default_policy(), [=] { return static_cast<long>(::socket(family, type, protocol)); });
    };
    EXPECT_EQ(error_of_family(AF_UNIX, SOCK_STREAM, 0), 0);
    EXPECT_EQ(error_of_family(AF_INET, SOCK_DGRAM, 0), 0);
    EXPECT_EQ(error_of_family(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), 0);
    EXPECT_EQ(error_of_family(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT), EAFNOSUPPORT);
    for (const int family : {AF_ALG, AF_VSOCK, AF_CAN, AF_KEY, AF_BLUETOOTH, AF_RDS, AF_TIPC, AF_XDP}) {
        EXPECT_EQ(error_of_family(family, SOCK_RAW, 0), EAFNOSUPPORT) << family;
    }
}

#ifdef __x86_64__
TEST(SeccompInTheKernel, TheOldAbiIsNoWayAround) {
    const auto delete_module_32 = [] {
        long result = 129; // i386's number
        asm volatile("int $0x80" : "+a"(result) : "b"(0L), "c"(0L) : "memory");
        errno = static_cast<int>(-result);
        return -1L;
    };
    SeccompPolicy nothing;
    if (errno_under(nothing, delete_module_32) < 0) GTEST_SKIP() << "the kernel has no 32-bit calls";
    EXPECT_NE(errno_under(nothing, delete_module_32), 77); // so that the next line means something
    SeccompPolicy policy;
    policy.rules.push_back({"delete_module", SeccompArch::All, {SeccompAction::Errno, 77}, {}});
    EXPECT_EQ(errno_under(policy, delete_module_32), 77);
    EXPECT_EQ(errno_under(default_policy(), delete_module_32), -SIGSYS);
    EXPECT_EQ(errno_under(default_policy({.compatible_abi = true}), delete_module_32), EPERM);
}
#endif

TEST(SeccompInTheKernel, KillEndsTheProcess) {
    SeccompPolicy policy;
    policy.rules.push_back({"getppid", SeccompArch::All, {SeccompAction::Kill, 0}, {}});
    EXPECT_EQ(errno_under(policy, [] { return ::syscall(SYS_getppid); }), -SIGSYS);
}

} // namespace
} // namespace lxcpp
