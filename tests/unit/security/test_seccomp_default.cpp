// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_bpf.h"
#include "security/seccomp_policy.h"
#include "unit/security/filter_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace lxcpp {
namespace {

using namespace test;
using ::testing::IsEmpty;

// The numbers of one ABI: tests of all three need them whatever the compiler's own ABI is.
struct Abi {
    const char* name;
    std::uint32_t arch;
    int x32; // or'ed into the number
    int read, openat, getpid, umount2, ioctl, socket, socketpair, clone, unshare, clone3, execve;
    std::vector<int> refused; // with EPERM
    std::vector<int> absent;  // ENOSYS
};
// kexec_load, kexec_file_load, open_by_handle_at, init_module, finit_module, delete_module, bpf,
// perf_event_open, syslog, io_uring_setup, io_uring_enter, io_uring_register, userfaultfd, iopl, ioperm,
// modify_ldt, clock_settime, settimeofday, swapon, swapoff, quotactl, quotactl_fd, acct
const Abi kX86_64{"x86_64", AUDIT_ARCH_X86_64, 0, 0, 257, 39, 166, 16, 41, 53, 56, 272, 435, 59,
                  {246, 320, 304, 175, 313, 176, 321, 298, 103, 425, 426, 427, 323, 172, 173, 154, 227, 164, 167, 168,
                   179, 443, 163},
                  // keyctl, add_key, request_key; fanotify_init, fanotify_mark, memfd_secret, uselib,
                  // _sysctl, sysfs, ustat, move_pages, migrate_pages, remap of nothing, ones to come
                  {250, 248, 249, 300, 301, 447, 134, 156, 139, 136, 279, 256, 335, 470, 511, 1000}};
const Abi kX86{"x86", AUDIT_ARCH_I386, 0, 3, 295, 20, 52, 54, 359, 360, 120, 310, 435, 11,
               {283, 342, 128, 350, 129, 357, 336, 103, 425, 426, 427, 374, 110, 101, 123, 264, 404, 79, 25, 87, 115, 131,
                443, 51},
               {288, 286, 287, 338, 339, 86, 149, 135, 62, 470, 1000}};
// libseccomp's names and numbers of x32 are not needed: none of its calls is let through.
constexpr int kFirstX32 = 0x40000000;

const std::vector<SeccompArch> kPcArchs = {SeccompArch::X86_64, SeccompArch::X86, SeccompArch::X32};
constexpr std::uint64_t kHigh = 1ull << 32; // in the half of a register that is not part of an int

constexpr std::uint32_t failing(int error) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error); }

std::uint32_t ask(const SeccompProgram& program, const Abi& abi, int number,
                  std::array<std::uint64_t, 6> arguments = {}) {
    return verdict(program.bpf, {abi.arch, number, arguments});
}

SeccompProgram compile(const DefaultPolicyOptions& options = {}) {
    return compile_bpf(default_policy(options), kPcArchs);
}

const SeccompProgram& of_32_bit_system() {
    static const SeccompProgram program = compile({.compatible_abi = true});
    return program;
}

TEST(DefaultPolicy, LetsOrdinaryCallsThrough) {
    EXPECT_THAT(compile().unknown, IsEmpty());
    for (const Abi* abi : {&kX86_64, &kX86}) {
        for (const int number : {abi->read, abi->openat, abi->getpid, abi->umount2, abi->ioctl, abi->clone, abi->unshare,
                                 abi->execve}) {
            EXPECT_EQ(ask(of_32_bit_system(), *abi, number), SECCOMP_RET_ALLOW) << abi->name << ' ' << number;
        }
    }
}

TEST(DefaultPolicy, RefusesWhatIsTheHostsAndHidesTheRest) {
    for (const Abi* abi : {&kX86_64, &kX86}) {
        for (const int number : abi->refused) {
            EXPECT_EQ(ask(of_32_bit_system(), *abi, number), failing(EPERM)) << abi->name << ' ' << number;
        }
        for (const int number : abi->absent) {
            EXPECT_EQ(ask(of_32_bit_system(), *abi, number), failing(ENOSYS)) << abi->name << ' ' << number;
        }
    }
    EXPECT_EQ(ask(compile(), kX86_64, kX86_64.refused.front()), failing(EPERM));
    EXPECT_EQ(ask(compile(), kX86_64, kX86_64.absent.front()), failing(ENOSYS));
}

TEST(DefaultPolicy, SyncingMayBeLeftOut) {
    const SeccompProgram program = compile({.compatible_abi = true, .no_sync = true});
    for (const auto& [abi, calls] : {std::pair(&kX86_64, std::vector{74, 75, 162, 277, 306}), std::pair(&kX86, std::vector{118, 148, 36, 314, 344})}) {
        for (const int number : calls) {
            EXPECT_EQ(ask(program, *abi, number), failing(0)) << abi->name << ' ' << number;
            EXPECT_EQ(ask(of_32_bit_system(), *abi, number), SECCOMP_RET_ALLOW) << abi->name << ' ' << number;
        }
        EXPECT_EQ(ask(program, *abi, abi->read), SECCOMP_RET_ALLOW);
    }
}

TEST(DefaultPolicy, OtherAbisAreKilled) {
    const SeccompProgram usual = compile();
    EXPECT_EQ(ask(usual, kX86_64, kX86_64.read), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(usual, kX86, kX86.read), SECCOMP_RET_KILL_PROCESS);
    for (const SeccompProgram& program : {usual, of_32_bit_system(), compile({.nesting = true})}) {
        for (const int number : {0, 1, 59, 200, 512, 547, 0x3fffffff}) {
            EXPECT_EQ(ask(program, kX86_64, number | kFirstX32), SECCOMP_RET_KILL_PROCESS) << number;
        }
        EXPECT_EQ(verdict(program.bpf, {AUDIT_ARCH_AARCH64, 63, {}}), SECCOMP_RET_KILL_PROCESS);
        // What a tracer writes to skip a call.
        EXPECT_EQ(ask(program, kX86_64, -1), SECCOMP_RET_ALLOW);
    }
}

TEST(DefaultPolicy, SocketFamilies) {
    for (const Abi* abi : {&kX86_64, &kX86}) {
        for (std::uint64_t family = 0; family < 64; ++family) {
            const bool open = family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK ||
                              family == AF_PACKET;
            const std::uint32_t wanted = open ? SECCOMP_RET_ALLOW : failing(EAFNOSUPPORT);
            EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->socket, {family, SOCK_STREAM}), wanted) << family;
            EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->socket, {family | kHigh, SOCK_STREAM}), wanted) << family;
            EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->socketpair, {family, SOCK_STREAM}),
                      family == AF_UNIX ? SECCOMP_RET_ALLOW : failing(EAFNOSUPPORT)) << family;
        }
        for (std::uint64_t high : {std::uint64_t{0}, kHigh}) {
            EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->socket, {AF_NETLINK, SOCK_RAW, NETLINK_AUDIT | high}),
                      failing(EAFNOSUPPORT));
        }
        EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->socket, {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE}), SECCOMP_RET_ALLOW);
        EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->socket, {AF_INET, SOCK_RAW, NETLINK_AUDIT}), SECCOMP_RET_ALLOW);
    }
}

TEST(DefaultPolicy, RefusesForcedUmountOnly) {
    for (const Abi* abi : {&kX86_64, &kX86}) {
        EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->umount2, {0, 1}), failing(EACCES)) << abi->name; // MNT_FORCE
        EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->umount2, {0, 3}), failing(EACCES)) << abi->name;
        EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->umount2, {0, 2}), SECCOMP_RET_ALLOW) << abi->name; // MNT_DETACH
    }
}

TEST(DefaultPolicy, RefusesTerminalInjectionAlsoWithHighBitsSet) {
    for (const Abi* abi : {&kX86_64, &kX86}) {
        for (const std::uint64_t command : {std::uint64_t{TIOCSTI}, std::uint64_t{0x541c}}) {
            EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->ioctl, {0, command}), failing(EPERM)) << abi->name;
            EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->ioctl, {0, command | kHigh}), failing(EPERM)) << abi->name;
        }
        EXPECT_EQ(ask(of_32_bit_system(), *abi, abi->ioctl, {0, TIOCGWINSZ}), SECCOMP_RET_ALLOW) << abi->name;
    }
}

TEST(DefaultPolicy, UserNamespacesAndKeysComeWithNesting) {
    const SeccompProgram usual = compile();
    const SeccompProgram nesting = compile({.nesting = true});
    for (const std::uint64_t other : {std::uint64_t{0}, std::uint64_t{CLONE_NEWNS | SIGCHLD}, kHigh}) {
        for (const int call : {kX86_64.clone, kX86_64.unshare}) {
            EXPECT_EQ(ask(usual, kX86_64, call, {CLONE_NEWUSER | other}), failing(EPERM));
            EXPECT_EQ(ask(usual, kX86_64, call, {other}), SECCOMP_RET_ALLOW);
            EXPECT_EQ(ask(nesting, kX86_64, call, {CLONE_NEWUSER | other}), SECCOMP_RET_ALLOW);
        }
    }
    // Its flags are in memory: C libraries fall back to clone(2) when it does not exist.
    EXPECT_EQ(ask(usual, kX86_64, kX86_64.clone3), failing(ENOSYS));
    EXPECT_EQ(ask(nesting, kX86_64, kX86_64.clone3), SECCOMP_RET_ALLOW);
    for (const int keys : {248, 249, 250}) EXPECT_EQ(ask(nesting, kX86_64, keys), SECCOMP_RET_ALLOW);
    for (const int number : kX86_64.refused) EXPECT_EQ(ask(nesting, kX86_64, number), failing(EPERM)) << number;
}

TEST(DefaultPolicy, Multiplexers) {
    EXPECT_EQ(ask(of_32_bit_system(), kX86, 102), SECCOMP_RET_ALLOW); // socketcall(2)
    EXPECT_EQ(ask(of_32_bit_system(), kX86, 117), SECCOMP_RET_ALLOW); // ipc(2)
    EXPECT_EQ(ask(of_32_bit_system(), kX86_64, 102), SECCOMP_RET_ALLOW); // getuid(2)
}

TEST(DefaultPolicy, OptionsFollowTheConfiguration) {
    Config config;
    EXPECT_EQ(default_policy_options(config), DefaultPolicyOptions{});
    config.apparmor.allow_nesting = true;
    EXPECT_EQ(default_policy_options(config), DefaultPolicyOptions{.nesting = true});
    config.arch = Arch::Bits32;
    EXPECT_EQ(default_policy_options(config), (DefaultPolicyOptions{.nesting = true, .compatible_abi = true}));
}

// Each instruction costs at every start and, on the way to its leaf, at every call.
TEST(DefaultPolicy, IsSmall) {
    EXPECT_LE(compile().bpf.size() / sizeof(sock_filter), 320u);
    EXPECT_LE(of_32_bit_system().bpf.size() / sizeof(sock_filter), 640u);
}

} // namespace
} // namespace lxcpp
