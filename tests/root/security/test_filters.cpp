// SPDX-License-Identifier: Apache-2.0
// Compiled policies in the real kernel.
#include "security/seccomp_bpf.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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
}
#endif

TEST(SeccompInTheKernel, KillEndsTheProcess) {
    SeccompPolicy policy;
    policy.rules.push_back({"getppid", SeccompArch::All, {SeccompAction::Kill, 0}, {}});
    EXPECT_EQ(errno_under(policy, [] { return ::syscall(SYS_getppid); }), -SIGSYS);
}

} // namespace
} // namespace lxcpp
