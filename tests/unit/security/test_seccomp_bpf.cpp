// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_bpf.h"
#include "security/seccomp_profile.h"
#include "unit/security/filter_machine.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <sys/ioctl.h>

namespace lxcpp {
namespace {

using namespace test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The numbers of one ABI: tests of all three need them whatever the compiler's own ABI is.
struct Abi {
    const char* name;
    std::uint32_t arch;
    int x32; // or'ed into the number
    int read, umount2, kexec_load, open_by_handle_at, init_module, finit_module, delete_module, ioctl, getpid;
};
constexpr Abi kX86_64{"x86_64", AUDIT_ARCH_X86_64, 0, 0, 166, 246, 304, 175, 313, 176, 16, 39};
constexpr Abi kX86{"x86", AUDIT_ARCH_I386, 0, 3, 52, 283, 342, 128, 350, 129, 54, 20};
constexpr Abi kX32{"x32", AUDIT_ARCH_X86_64, 0x40000000, 0, 166, 528, 304, 175, 313, 176, 514, 39};
constexpr Abi kAbis[] = {kX86_64, kX86, kX32};

const std::vector<SeccompArch> kPcArchs = {SeccompArch::X86_64, SeccompArch::X86, SeccompArch::X32};

constexpr std::uint32_t failing(int error) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error); }

std::uint32_t ask(const SeccompProgram& program, const Abi& abi, int number,
                  std::array<std::uint64_t, 6> arguments = {}) {
    return verdict(program.bpf, {abi.arch, number | abi.x32, arguments});
}

SeccompProgram compile(std::string_view profile) {
    return compile_bpf(parse_seccomp_profile(profile, "p"), kPcArchs);
}

TEST(SeccompBpf, OtherArchitecturesAreKilled) {
    constexpr std::string_view nothing = "2\ndenylist\n";
    EXPECT_EQ(verdict(compile(nothing).bpf, {AUDIT_ARCH_AARCH64, 1, {}}), SECCOMP_RET_KILL_PROCESS);
    const SeccompProgram one = compile_bpf(parse_seccomp_profile(nothing, "p"), std::vector{SeccompArch::X86_64});
    EXPECT_EQ(ask(one, kX86_64, kX86_64.read), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(one, kX86, kX86.read), SECCOMP_RET_KILL_PROCESS);
    EXPECT_EQ(ask(one, kX32, kX32.read), SECCOMP_RET_KILL_PROCESS);
}

// What the shipped common.seccomp and LXC's profiles of that kind do.
TEST(SeccompBpf, DenyListHoldsThroughEveryAbi) {
    const SeccompProgram program =
        compile("2\ndenylist\nreject_force_umount\n[all]\nkexec_load errno 1\nopen_by_handle_at errno 1\ninit_module errno 1\n"
                "finit_module errno 1\ndelete_module errno 1\n");
    EXPECT_THAT(program.unknown, IsEmpty());
    for (const Abi& abi : kAbis) {
        for (const int number : {abi.kexec_load, abi.open_by_handle_at, abi.init_module, abi.finit_module,
                                 abi.delete_module}) {
            EXPECT_EQ(ask(program, abi, number), failing(EPERM)) << abi.name << ' ' << number;
        }
        EXPECT_EQ(ask(program, abi, abi.umount2, {0, 1}), failing(EACCES)) << abi.name;
        EXPECT_EQ(ask(program, abi, abi.umount2, {0, 2}), SECCOMP_RET_ALLOW) << abi.name;
        EXPECT_EQ(ask(program, abi, abi.getpid), SECCOMP_RET_ALLOW) << abi.name;
    }
}

TEST(SeccompBpf, AllowListKillsTheRest) {
    const SeccompProgram program = compile("2\nallowlist\nread\ngetpid\n");
    for (const Abi& abi : kAbis) {
        EXPECT_EQ(ask(program, abi, abi.read), SECCOMP_RET_ALLOW) << abi.name;
        EXPECT_EQ(ask(program, abi, abi.ioctl), SECCOMP_RET_KILL_PROCESS) << abi.name;
    }
}

TEST(SeccompBpf, AllowListWithADefaultAction) {
    const SeccompProgram program = compile("2\nallowlist errno 38\nread\nioctl errno 38\nkexec_load errno 1\n");
    EXPECT_EQ(ask(program, kX86_64, kX86_64.read), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(program, kX86_64, kX86_64.ioctl), failing(38));
    EXPECT_EQ(ask(program, kX86_64, kX86_64.getpid), failing(38));
    EXPECT_EQ(ask(program, kX86_64, kX86_64.kexec_load), failing(1));
}

TEST(SeccompBpf, SectionsHoldForTheirArchitectureOnly) {
    const SeccompProgram program = compile("2\ndenylist\n[x86]\nioctl errno 1\n[x86_64]\nread errno 2\n");
    EXPECT_EQ(ask(program, kX86, kX86.ioctl), failing(1));
    EXPECT_EQ(ask(program, kX86_64, kX86_64.ioctl), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(program, kX86_64, kX86_64.read), failing(2));
    EXPECT_EQ(ask(program, kX32, kX32.read), SECCOMP_RET_ALLOW);
}

TEST(SeccompBpf, EveryComparison) {
    const struct {
        const char* rule;
        std::vector<std::uint64_t> yes, no;
    } kRows[] = {
        {"[2,5,!=]", {0, 6, 5 | 1ull << 40}, {5}},
        {"[2,5,<]", {0, 4}, {5, 6, 1ull << 40}},
        {"[2,5,<=]", {0, 5}, {6, 1ull << 40}},
        {"[2,5,==]", {5}, {4, 5 | 1ull << 40}},
        {"[2,5,>=]", {5, 6, 1ull << 40}, {4, 0}},
        {"[2,5,>]", {6, 1ull << 40}, {5, 0}},
        {"[2,4,&=,6]", {4, 5, 12}, {6, 2, 0}},
    };
    for (const auto& row : kRows) {
        const SeccompProgram program = compile(std::string("2\ndenylist\nioctl errno 9 ") + row.rule + '\n');
        for (const std::uint64_t value : row.yes) {
            EXPECT_EQ(ask(program, kX86_64, kX86_64.ioctl, {0, 0, value}), failing(9)) << row.rule << value;
        }
        for (const std::uint64_t value : row.no) {
            EXPECT_EQ(ask(program, kX86_64, kX86_64.ioctl, {0, 0, value}), SECCOMP_RET_ALLOW) << row.rule << value;
        }
    }
}

TEST(SeccompBpf, SeveralArgumentsMustAllHold) {
    const SeccompProgram program = compile("2\ndenylist\nioctl trap [0,1,==][1,2,==]\n");
    EXPECT_EQ(ask(program, kX86_64, kX86_64.ioctl, {1, 2}) & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_TRAP);
    EXPECT_EQ(ask(program, kX86_64, kX86_64.ioctl, {1, 3}), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(program, kX86_64, kX86_64.ioctl, {0, 2}), SECCOMP_RET_ALLOW);
}

TEST(SeccompBpf, NamesWhatTheLibraryDoesNotKnow) {
    const SeccompProgram program = compile("2\ndenylist\nkexec_laod errno 1\nread errno 1\nkexec_laod errno 2\n");
    EXPECT_THAT(program.unknown, ElementsAre("kexec_laod"));
    EXPECT_EQ(ask(program, kX86_64, kX86_64.read), failing(1));
}

TEST(SeccompBpf, CallsOfOneAbiOnly) {
    const SeccompProgram program = compile("2\ndenylist\nsocketcall errno 1\nread errno 1\nread errno 1\n");
    EXPECT_THAT(program.unknown, IsEmpty());
    EXPECT_EQ(ask(program, kX86, 102), failing(1)); // socketcall(2)
    EXPECT_EQ(ask(program, kX86_64, 102), SECCOMP_RET_ALLOW);
}

TEST(SeccompBpf, FormatOneIsTheNativeAbiAlone) {
    const SeccompProgram program = compile("1\nallowlist\n0\n39\n");
    EXPECT_EQ(ask(program, kX86_64, 0), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(program, kX86_64, 39), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(program, kX86_64, 1), SECCOMP_RET_KILL_PROCESS);
    EXPECT_EQ(ask(program, kX86, 0), SECCOMP_RET_KILL_PROCESS);
}

TEST(SeccompBpf, AnEmptyDenyListAllows) {
    const SeccompProgram program = compile("2\ndenylist\n");
    for (const Abi& abi : kAbis) EXPECT_EQ(ask(program, abi, abi.read), SECCOMP_RET_ALLOW) << abi.name;
}

TEST(SeccompBpf, OneArgumentMayBeComparedTwice) {
    const SeccompProgram program = compile("2\ndenylist\nioctl errno 1 [0,1,>][0,9,<]\n");
    EXPECT_EQ(ask(program, kX86_64, kX86_64.ioctl, {1}), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(program, kX86_64, kX86_64.ioctl, {2}), failing(1));
    EXPECT_EQ(ask(program, kX86_64, kX86_64.ioctl, {9}), SECCOMP_RET_ALLOW);
}

// libseccomp 2.5.4 does not come back from the like within minutes.
TEST(SeccompBpf, ManyConditionsForOneCall) {
    std::string profile = "2\ndenylist\n";
    for (const char* other : {"[1,3,!=]", "[2,3,!=]", "[3,4,<]", "[4,7,>=]", "[5,1,!=]"}) {
        profile += std::string("prctl errno 1 [0,125,<=] ") + other + '\n';
        profile += std::string("prctl errno 2 [0,1,>] ") + other + " [1,0x100000000,!=]\n";
    }
    const SeccompProgram program = compile(profile);
    EXPECT_EQ(verdict(program.bpf, {AUDIT_ARCH_X86_64, 157, {125, 3, 4, 9, 1, 1}}), failing(1));
    EXPECT_EQ(verdict(program.bpf, {AUDIT_ARCH_X86_64, 157, {126, 3, 4, 9, 1, 1}}), failing(2));
    EXPECT_EQ(verdict(program.bpf, {AUDIT_ARCH_X86_64, 157, {126, 3, 3, 9, 1, 1}}), SECCOMP_RET_ALLOW);
    EXPECT_EQ(verdict(program.bpf, {AUDIT_ARCH_X86_64, 157, {0, 3, 3, 9, 1, 1}}), SECCOMP_RET_ALLOW);
}

TEST(SeccompBpf, RefusesMoreThanTheKernelTakes) {
    std::string profile = "2\ndenylist\n";
    for (int i = 0; i < 1000; ++i) profile += fmt::format("ioctl errno {} [0,{},==]\n", i % 100 + 1, i);
    try {
        static_cast<void>(compile(profile));
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("instructions, and the kernel takes 4096"));
    }
}

TEST(SeccompBpf, NativeArchitecturesComeFirst) {
    const auto archs = native_seccomp_archs();
    ASSERT_FALSE(archs.empty());
#ifdef __x86_64__
    EXPECT_EQ(archs, kPcArchs);
#endif
    EXPECT_EQ(seccomp_arch_name(SeccompArch::X86_64), "x86_64");
    EXPECT_EQ(seccomp_arch_name(SeccompArch::Arm64), "arm64");
}

} // namespace
} // namespace lxcpp
