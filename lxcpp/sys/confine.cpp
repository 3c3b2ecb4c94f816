// SPDX-License-Identifier: Apache-2.0
#include "sys/confine.h"

#include "sys/file.h"
#include "sys/raw.h"

#include <lxcpp/error.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_PPC64LE;
#elif defined(__s390x__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_S390X;
#elif defined(__arm__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_ARM;
#elif defined(__i386__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_I386;
#endif

constexpr int kUsualCalls[] = {
    SYS_read,      SYS_write,           SYS_writev,        SYS_close,
    SYS_fstat,     SYS_newfstatat,      SYS_lseek,         SYS_brk,
    SYS_mmap,      SYS_munmap,          SYS_mremap,        SYS_madvise,
    SYS_mprotect,  SYS_futex,           SYS_exit,          SYS_exit_group,
    SYS_getrandom, SYS_clock_nanosleep, SYS_clock_gettime,
#ifdef SYS_poll // of older machines, for what newer ones know by another name
    SYS_poll,      SYS_epoll_wait,
#endif
};

// What a service of systemd has; the caller may have bounded all of them.
void usual_limits() noexcept {
    constexpr rlim_t kStack = 8u << 20;
    constexpr rlim_t kFiles = 1024;
    for (int resource = 0; resource < static_cast<int>(RLIM_NLIMITS); ++resource) {
        rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
        if (resource == RLIMIT_STACK) limit.rlim_cur = kStack;
        if (resource == RLIMIT_NOFILE) limit = {kFiles, 524288};
        if (resource == RLIMIT_CORE) limit = {0, 0};
        if (::setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0) continue;
        // Root without CAP_SYS_RESOURCE: what the hard limit leaves.
        rlimit now{};
        if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0) continue;
        now.rlim_cur = limit.rlim_cur < now.rlim_max ? limit.rlim_cur : now.rlim_max;
        (void)::setrlimit(static_cast<__rlimit_resource>(resource), &now);
    }
}

void usual_priority() noexcept {
    const sched_param none{};
    (void)::sched_setscheduler(0, SCHED_OTHER, &none);
    (void)::setpriority(PRIO_PROCESS, 0, 0);
}

} // namespace

void forget_caller() {
    (void)raw::block_signals(); // before anything else: what comes in between would end us half-way
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) (void)::sigaction(signal, &standard, nullptr);
    ::clearenv();
    ::umask(077);
    (void)::prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (::chdir("/") != 0) throw SystemError("chdir /");
    usual_limits();
    usual_priority();
}

void set_no_new_privs() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw SystemError("give up new privileges");
}

void allow_only_calls(std::span<const int> calls) {
    if (kSanitized) return;
    constexpr std::uint8_t kJump = BPF_JMP | BPF_JEQ | BPF_K;
    std::vector<sock_filter> program{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(kJump, kArchitecture, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    };
    std::vector<int> all(std::begin(kUsualCalls), std::end(kUsualCalls));
    all.insert(all.end(), calls.begin(), calls.end());
    for (const int call : all) {
        program.push_back(BPF_JUMP(kJump, static_cast<std::uint32_t>(call), 0, 1));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
    const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole) != 0)
        throw SystemError("bound the system calls of this process");
}

Cloned clone_in_top_cgroup() {
    for (const char* const directory : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        if (!exists(std::string(directory) + "/cgroup.controllers")) continue;
        try {
            return clone_process({.into_cgroup = open_file(directory, {.directory = true})});
        } catch (const Error&) { // of a container's own tree, whose top takes no processes
        }
    }
    return clone_process({});
}

std::vector<unsigned char> random_bytes(std::size_t count) {
    std::vector<unsigned char> bytes(count);
    if (::getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count))
        throw SystemError("get random bytes");
    return bytes;
}

} // namespace lxcpp::sys
