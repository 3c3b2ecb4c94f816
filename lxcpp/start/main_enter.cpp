// SPDX-License-Identifier: Apache-2.0
// lxcpp-enter: what a process is while a container can see it, and before it runs the container's program. It is
// executed from a sealed copy in memory, so that /proc/PID/exe leads to no file of the host that could be written
// (CVE-2019-5736). Each attach to a privileged container executes it: so it has no C library to start up, and is a
// few pages long.
#include "start/enter_tasks.h"
#include "start/join_report.h"
#include "start/sync.h"

#include <asm/signal.h>
#include <asm/unistd.h>
#include <cstddef>
#include <cstdint>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#define LXCPP_HOSTED
#include <cerrno>
#include <unistd.h>
#endif

namespace {

using namespace lxcpp;

#ifdef LXCPP_HOSTED
template <typename... Arguments>
long call(long number, Arguments... arguments) {
    const long result = ::syscall(number, arguments...);
    return result < 0 ? -errno : result;
}
#else
long call6(long number, long a, long b, long c, long d, long e, long f) {
#ifdef __x86_64__
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result = number;
    __asm__ volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
#else
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#endif
}

template <typename T>
long word(T value) {
    return (long)value; // an address or a number, as the kernel takes it
}

template <typename... Arguments>
long call(long number, Arguments... arguments) {
    const long all[6] = {word(arguments)...};
    return call6(number, all[0], all[1], all[2], all[3], all[4], all[5]);
}
#endif

constexpr int kCloseOnExec = 1;
constexpr int kSetDescriptorFlags = 2; // F_SETFD
constexpr int kNoSignal = 0x4000;      // MSG_NOSIGNAL
constexpr int kSetTerminal = 0x540E;   // TIOCSCTTY

struct Entry {
    std::uint32_t tasks = 0;
    int report = -1;
    int terminal = -1;
    int filter = -1;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    int step = 0;
    std::uint64_t capabilities = 0;
    const char* groups = nullptr;
    char** programs = nullptr;
    char** argv = nullptr; // behind the last of them
    char** environment = nullptr;
};

[[noreturn]] void leave(int code) {
    for (;;) (void)call(__NR_exit_group, code);
}

void send(const Entry& entry, const void* data, std::size_t size) {
    (void)call(__NR_sendto, entry.report, data, size, kNoSignal, nullptr, 0);
}

[[noreturn]] void fail(const Entry& entry, JoinStage stage, long error, int code = 1) {
    const auto number = static_cast<std::int32_t>(-error);
    if ((entry.tasks & kEnterJoin) != 0) {
        const JoinReport report{stage, number};
        send(entry, &report, sizeof report);
    } else {
        const SyncMessage message{SyncKind::Failure, entry.step, number, 0};
        send(entry, &message, sizeof message);
    }
    leave(code);
}

void check(const Entry& entry, JoinStage stage, long result) {
    if (result < 0) fail(entry, stage, result);
}

// What the container does to this process before exec it can do to itself: nothing of the host is left in it.
void be_born(const Entry& entry) {
#ifdef __s390__
    const long pid = call(__NR_clone, 0, CLONE_PARENT | SIGCHLD, 0, 0, 0);
#else
    const long pid = call(__NR_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
#endif
    check(entry, JoinStage::Namespaces, pid);
    if (pid == 0) return;
    const JoinReport report{JoinStage::Born, static_cast<std::int32_t>(pid)};
    send(entry, &report, sizeof report);
    leave(0);
}

void remount(const Entry& entry) {
    constexpr unsigned long quiet = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    check(entry, JoinStage::Remount, call(__NR_unshare, CLONE_NEWNS));
    check(entry, JoinStage::Remount, call(__NR_mount, nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr));
    check(entry, JoinStage::Remount, call(__NR_mount, "proc", "/proc", "proc", quiet, nullptr));
    check(entry, JoinStage::Remount, call(__NR_mount, "sysfs", "/sys", "sysfs", quiet, nullptr));
}

// Leaves what confine() needs permitted, until the program is executed.
void limit_capabilities(const Entry& entry) {
    for (long bit = 0; bit < 64; ++bit) {
        if ((entry.capabilities >> bit & 1) == 0) continue;
        check(entry, JoinStage::Confine, call(__NR_prctl, PR_CAPBSET_DROP, bit, 0, 0, 0));
    }
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
    check(entry, JoinStage::Confine, call(__NR_capget, &header, data));
    for (__user_cap_data_struct& half : data) half.inheritable = 0;
    if ((entry.capabilities >> CAP_SETPCAP & 1) != 0) {
        data[0].permitted &= ~(1u << CAP_SETPCAP);
        data[0].effective &= ~(1u << CAP_SETPCAP);
    }
    check(entry, JoinStage::Confine, call(__NR_capset, &header, data));
}

sock_filter filter[BPF_MAXINSNS];

void load_filter(const Entry& entry) {
    if (entry.filter < 0) return;
    const long size = call(__NR_pread64, entry.filter, filter, sizeof filter, 0);
    check(entry, JoinStage::Seccomp, size);
    (void)call(__NR_close, entry.filter);
    sock_fprog program{};
    program.len = static_cast<unsigned short>(static_cast<std::size_t>(size) / sizeof(sock_filter));
    program.filter = filter;
    check(entry, JoinStage::Seccomp, call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

std::uint64_t long_number(const char* text) {
    std::uint64_t value = 0;
    for (; *text >= '0' && *text <= '9'; ++text) value = value * 10 + static_cast<std::uint64_t>(*text - '0');
    return value;
}

std::uint32_t number(const char* text) { return static_cast<std::uint32_t>(long_number(text)); }

std::uint32_t group_list[kEnterGroups];

std::size_t take_groups(const char* text) {
    std::size_t count = 0;
    while (*text >= '0' && *text <= '9' && count < kEnterGroups) {
        group_list[count++] = number(text);
        while (*text >= '0' && *text <= '9') ++text;
        if (*text == ',') ++text;
    }
    return count;
}

void confine(const Entry& entry) {
    load_filter(entry);
    const std::size_t groups = take_groups(entry.groups);
    check(entry, JoinStage::Confine, call(__NR_setgroups, groups, group_list));
    check(entry, JoinStage::Confine, call(__NR_setresgid, entry.gid, entry.gid, entry.gid));
    check(entry, JoinStage::Confine, call(__NR_setresuid, entry.uid, entry.uid, entry.uid));
}

// Whoever asked is gone, perhaps without having heard of this process: nobody would wait for its end.
void require_caller(const Entry& entry) {
    pollfd caller{entry.report, 0, 0};
    struct { long seconds, nanoseconds; } now{0, 0};
    if (call(__NR_ppoll, &caller, 1, &now, nullptr, 0) > 0 && (caller.revents & POLLHUP) != 0) leave(1);
}

void join(const Entry& entry) {
    // Before anybody can see us.
    (void)call(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    if ((entry.tasks & kEnterConfine) != 0) limit_capabilities(entry);
    if ((entry.tasks & kEnterBorn) != 0) {
        be_born(entry);
        (void)call(__NR_setsid); // a leader as its parent was
    }
    if (entry.terminal >= 0) check(entry, JoinStage::Terminal, call(__NR_ioctl, entry.terminal, kSetTerminal, 0));
    if ((entry.tasks & kEnterRemount) != 0) remount(entry);
    if ((entry.tasks & kEnterConfine) != 0) confine(entry);
    require_caller(entry);
}

[[noreturn]] void run_program(const Entry& entry) {
    long error = -ENOENT;
    for (char** program = entry.programs; program != entry.argv; ++program) {
        const long result = call(__NR_execve, *program, entry.argv, entry.environment);
        // As execvp(3): a candidate that is not there is no reason to stop.
        if (result == -ENOENT || result == -ENOTDIR) continue;
        error = result;
        if (error != -EACCES) break;
    }
    fail(entry, JoinStage::Exec, error, error == -ENOENT ? 127 : 126);
}

int descriptor(const char* text) { return *text == '-' ? -1 : static_cast<int>(number(text)); }

[[noreturn]] void enter(int count, char** words, char** environment) {
    constexpr int kFixed = 11;
    if (count <= kFixed + 1) leave(1); // not called by us
    Entry entry;
    entry.tasks = number(words[1]);
    entry.report = descriptor(words[2]);
    entry.terminal = descriptor(words[3]);
    entry.filter = descriptor(words[4]);
    entry.uid = number(words[5]);
    entry.gid = number(words[6]);
    entry.step = static_cast<int>(number(words[7]));
    entry.capabilities = long_number(words[8]);
    entry.groups = words[9];
    const std::uint32_t programs = number(words[10]);
    if (programs > static_cast<std::uint32_t>(count - kFixed)) leave(1);
    entry.programs = words + kFixed;
    entry.argv = entry.programs + programs;
    entry.environment = environment;
    (void)call(__NR_fcntl, entry.report, kSetDescriptorFlags, kCloseOnExec);
    if ((entry.tasks & kEnterJoin) != 0) join(entry);
    run_program(entry);
}

} // namespace

#ifdef LXCPP_HOSTED
int main(int count, char** words, char** environment) { enter(count, words, environment); }
#else
extern "C" {

// The compiler may ask for these.
void* memset(void* to, int value, std::size_t size) {
    for (auto* byte = static_cast<volatile unsigned char*>(to); size > 0; --size) *byte++ = static_cast<unsigned char>(value);
    return to;
}
void* memcpy(void* to, const void* from, std::size_t size) {
    auto* byte = static_cast<volatile unsigned char*>(to);
    for (const auto* next = static_cast<const unsigned char*>(from); size > 0; --size) *byte++ = *next++;
    return to;
}

[[noreturn]] __attribute__((used)) void lxcpp_enter(long* stack) {
    const auto count = static_cast<int>(stack[0]);
    auto** words = reinterpret_cast<char**>(stack + 1);
    enter(count, words, words + count + 1);
}
}

#ifdef __x86_64__
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call lxcpp_enter\n");
#else
__asm__(".globl _start\n_start: mov x29, #0\n mov x30, #0\n mov x0, sp\n bl lxcpp_enter\n");
#endif
#endif
