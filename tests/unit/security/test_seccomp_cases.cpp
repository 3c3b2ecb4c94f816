// SPDX-License-Identifier: Apache-2.0
// What profiles mean, said a second time and compared: by a model of the rules, and by libseccomp where
// it gives an answer.
#include "security/seccomp_bpf.h"
#include "security/seccomp_profile.h"
#include "unit/security/filter_machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <random>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using namespace test;

constexpr std::uint32_t failing(int error) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error); }

constexpr int kX32 = 0x40000000;
struct Abi {
    SeccompArch arch;
    std::uint32_t token, audit;
    bool wide;
};
constexpr Abi kAbis[] = {{SeccompArch::X86_64, SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, true},
                         {SeccompArch::X86, SCMP_ARCH_X86, AUDIT_ARCH_I386, false},
                         {SeccompArch::X32, SCMP_ARCH_X32, AUDIT_ARCH_X86_64, false}};
const std::vector<SeccompArch> kPcArchs = {SeccompArch::X86_64, SeccompArch::X86, SeccompArch::X32};

// Neighbours and strangers, with numbers of their own on each ABI.
constexpr const char* kNames[] = {"read",    "write",      "ioctl",  "prctl", "clone",
                                  "unshare", "kexec_load", "openat", "reboot"};
constexpr std::uint64_t kValues[] = {0, 1, 2, 3, 5, 125, 0x7fffffff, 0xffffffff, 0x100000000, 0x100000002,
                                     0x8000000000000000, 0xfffffffffffffffe, 0xffffffffffffffff};

class Random {
public:
    explicit Random(unsigned seed) : engine_(seed) {}
    std::size_t below(std::size_t limit) { return engine_() % limit; }
    template <typename List> auto of(const List& list) { return list[below(std::size(list))]; }

    SeccompCompare compare() {
        constexpr SeccompOp kOps[] = {SeccompOp::NotEqual, SeccompOp::Less,         SeccompOp::LessEqual,
                                      SeccompOp::Equal,    SeccompOp::GreaterEqual, SeccompOp::Greater,
                                      SeccompOp::MaskedEqual};
        SeccompCompare result{static_cast<unsigned>(below(3)), of(kOps), of(kValues), 0};
        if (result.op == SeccompOp::MaskedEqual) result.value &= result.mask = of(kValues);
        return result;
    }

    SeccompRule rule(std::size_t most_compares) {
        constexpr SeccompVerdict kVerdicts[] = {{SeccompAction::Allow, 0}, {SeccompAction::Errno, 1},
                                                {SeccompAction::Errno, 38}, {SeccompAction::Trap, 0},
                                                {SeccompAction::Kill, 0}};
        constexpr SeccompArch kSections[] = {SeccompArch::All, SeccompArch::All, SeccompArch::X86_64, SeccompArch::X86,
                                             SeccompArch::X32};
        SeccompRule result{of(kNames), of(kSections), of(kVerdicts), {}};
        for (std::size_t left = below(most_compares + 1); left > 0; --left) result.compares.push_back(compare());
        return result;
    }

    SeccompPolicy policy(std::size_t most_rules, std::size_t most_compares) {
        constexpr SeccompVerdict kOthers[] = {
            {SeccompAction::Allow, 0}, {SeccompAction::Kill, 0}, {SeccompAction::Errno, 38}};
        SeccompPolicy result{.otherwise = of(kOthers)};
        for (std::size_t left = below(most_rules + 1); left > 0; --left) result.rules.push_back(rule(most_compares));
        return result;
    }

    Call call(const Abi& abi) {
        Call result{abi.audit, seccomp_syscall_resolve_name_arch(abi.token, of(kNames)), {}};
        for (auto& argument : result.arguments) argument = of(kValues) + below(3) - 1;
        return result;
    }

private:
    std::mt19937 engine_;
};

std::uint32_t result_of(const SeccompVerdict& verdict) {
    switch (verdict.action) {
    case SeccompAction::Allow: return SECCOMP_RET_ALLOW;
    case SeccompAction::Errno: return failing(verdict.error);
    case SeccompAction::Trap: return SECCOMP_RET_TRAP;
    case SeccompAction::Kill: break;
    }
    return SECCOMP_RET_KILL_PROCESS;
}

int rank(std::uint32_t result) { // the stricter the lower
    constexpr std::uint32_t kOrder[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO};
    return static_cast<int>(std::ranges::find(kOrder, result & SECCOMP_RET_ACTION_FULL) - kOrder);
}

bool holds(const SeccompCompare& compare, std::uint64_t argument, bool wide) {
    const std::uint64_t seen = wide ? ~0ull : 0xffffffff;
    const std::uint64_t a = argument & seen;
    const std::uint64_t b = compare.value & seen;
    switch (compare.op) {
    case SeccompOp::NotEqual: return a != b;
    case SeccompOp::Less: return a < b;
    case SeccompOp::LessEqual: return a <= b;
    case SeccompOp::Equal: return a == b;
    case SeccompOp::GreaterEqual: return a >= b;
    case SeccompOp::Greater: return a > b;
    case SeccompOp::MaskedEqual: return (a & compare.mask) == (b & compare.mask);
    }
    return false;
}

std::uint32_t expected(const SeccompPolicy& policy, const Abi& abi, const Call& call) {
    const std::uint32_t otherwise = result_of(policy.otherwise);
    std::optional<std::uint32_t> strictest;
    std::optional<std::uint32_t> always;
    for (const SeccompRule& rule : policy.rules) {
        if (rule.arch != SeccompArch::All && rule.arch != abi.arch) continue;
        if (seccomp_syscall_resolve_name_arch(abi.token, rule.syscall.c_str()) != call.number) continue;
        const std::uint32_t result = result_of(rule.verdict);
        if (rule.compares.empty()) {
            if (!always && result != otherwise) always = result;
            continue;
        }
        bool matches = true;
        for (const auto& compare : rule.compares) {
            matches = matches && holds(compare, call.arguments[compare.argument], abi.wide);
        }
        if (matches && (!strictest || rank(result) < rank(*strictest))) strictest = result;
    }
    return always ? *always : strictest.value_or(otherwise);
}

std::string shown(const Call& call) {
    std::string text = std::to_string(call.arch) + ' ' + std::to_string(call.number);
    for (const std::uint64_t argument : call.arguments) text += ' ' + std::to_string(argument);
    return text;
}

TEST(SeccompCases, ProgramsSayWhatTheRulesSay) {
    Random random(1);
    for (int round = 0; round < 300; ++round) {
        const SeccompPolicy policy = random.policy(20, 4);
        const SeccompProgram program = compile_bpf(policy, kPcArchs);
        const auto filter = filter_of(program.bpf);
        for (int i = 0; i < 300; ++i) {
            const Abi& abi = kAbis[random.below(3)];
            const Call call = random.call(abi);
            ASSERT_EQ(verdict(filter, call), expected(policy, abi, call)) << round << ": " << shown(call);
        }
    }
}

scmp_compare operation_of(SeccompOp op) {
    constexpr scmp_compare kOps[] = {SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ,
                                     SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ};
    return kOps[static_cast<std::size_t>(op)];
}

std::uint32_t library_action(const SeccompVerdict& verdict) {
    return verdict.action == SeccompAction::Trap ? SCMP_ACT_TRAP : result_of(verdict);
}

struct Release {
    void operator()(void* filter) const noexcept { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

Filter library_filter(const SeccompPolicy& policy, const Abi& abi) {
    Filter filter(seccomp_init(library_action(policy.otherwise)));
    seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    seccomp_attr_set(filter.get(), SCMP_FLTATR_API_TSKIP, 1);
    if (abi.token != seccomp_arch_native()) {
        seccomp_arch_add(filter.get(), abi.token);
        seccomp_arch_remove(filter.get(), seccomp_arch_native());
    }
    for (const SeccompRule& rule : policy.rules) {
        if (rule.arch != SeccompArch::All && rule.arch != abi.arch) continue;
        std::vector<scmp_arg_cmp> list;
        for (const SeccompCompare& compare : rule.compares) {
            const bool masked = compare.op == SeccompOp::MaskedEqual;
            list.push_back({compare.argument, operation_of(compare.op), masked ? compare.mask : compare.value,
                            compare.value});
        }
        static_cast<void>(seccomp_rule_add_array(filter.get(), library_action(rule.verdict),
                                                 seccomp_syscall_resolve_name(rule.syscall.c_str()),
                                                 static_cast<unsigned>(list.size()), list.data()));
    }
    return filter;
}

std::vector<sock_filter> library_program(const SeccompPolicy& policy) {
    Filter whole = library_filter(policy, kAbis[0]);
    for (const Abi& abi : {kAbis[1], kAbis[2]}) {
        if (seccomp_merge(whole.get(), library_filter(policy, abi).release()) != 0) throw std::runtime_error("merge");
    }
    const int file = ::memfd_create("seccomp", MFD_CLOEXEC);
    seccomp_export_bpf(whole.get(), file);
    std::vector<sock_filter> program(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)) / sizeof(sock_filter));
    const auto got = ::pread(file, program.data(), program.size() * sizeof(sock_filter), 0);
    ::close(file);
    if (got <= 0) throw std::runtime_error("export");
    return program;
}

bool is_pc() { return seccomp_arch_native() == SCMP_ARCH_X86_64; }

// One rule for a call: there LXC, which asks libseccomp, and we mean the same.
TEST(SeccompCases, LibseccompSaysTheSameOfSingleRules) {
    if (!is_pc()) GTEST_SKIP() << "libseccomp translates calls from the native ABI";
    Random random(2);
    for (int round = 0; round < 60; ++round) {
        SeccompPolicy policy = random.policy(8, 1);
        std::vector<SeccompRule> first;
        for (const SeccompRule& rule : policy.rules) {
            const auto same = [&rule](const SeccompRule& other) { return other.syscall == rule.syscall; };
            if (std::ranges::none_of(first, same)) first.push_back(rule);
        }
        policy.rules = first;
        const auto ours = filter_of(compile_bpf(policy, kPcArchs).bpf);
        const auto theirs = library_program(policy);
        for (int i = 0; i < 500; ++i) {
            const Call call = random.call(kAbis[random.below(3)]);
            ASSERT_EQ(verdict(ours, call), verdict(theirs, call)) << round << ": " << shown(call);
        }
        for (const Abi& abi : kAbis) {
            for (int number = 0; number < 460; ++number) {
                const Call call{abi.audit, number | (abi.arch == SeccompArch::X32 ? kX32 : 0), {}};
                ASSERT_EQ(verdict(ours, call), verdict(theirs, call)) << round << ": " << shown(call);
            }
        }
    }
}

// Where several rules match libseccomp weighs them by the shape of its tree; ours is never laxer.
TEST(SeccompCases, NeverLaxerThanLibseccompsChoice) {
    if (!is_pc()) GTEST_SKIP() << "libseccomp translates calls from the native ABI";
    Random random(3);
    for (int round = 0; round < 60; ++round) {
        SeccompPolicy policy{.otherwise = {}};
        for (int i = 0; i < 3; ++i) {
            SeccompRule rule = random.rule(1);
            rule.arch = SeccompArch::All;
            policy.rules.push_back(std::move(rule));
        }
        const auto ours = filter_of(compile_bpf(policy, kPcArchs).bpf);
        const auto theirs = library_program(policy);
        for (int i = 0; i < 500; ++i) {
            const Call call = random.call(kAbis[random.below(3)]);
            ASSERT_LE(rank(verdict(ours, call)), rank(verdict(theirs, call))) << round << ": " << shown(call);
        }
    }
}

std::uint32_t ask(std::string_view profile, std::uint32_t arch, int number,
                  std::array<std::uint64_t, 6> arguments = {}) {
    return verdict(compile_bpf(parse_seccomp_profile(profile, "p"), kPcArchs).bpf, {arch, number, arguments});
}

constexpr int kIoctl = 16;

TEST(SeccompCases, ARuleWithoutConditionsDecides) {
    for (const char* rules :
         {"ioctl errno 1\nioctl kill [0,5,==]\n", "ioctl kill [0,5,==]\nioctl errno 1\nioctl errno 2\n"}) {
        EXPECT_EQ(ask(std::string("2\ndenylist\n") + rules, AUDIT_ARCH_X86_64, kIoctl, {5}), failing(1)) << rules;
    }
}

TEST(SeccompCases, OfSeveralThatMatchTheStrictestDecides) {
    for (const char* rules : {"ioctl allow [0,9,<]\nioctl errno 1 [0,5,==]\nioctl errno 2 [1,0,==]\n",
                              "ioctl errno 1 [0,5,==]\nioctl errno 2 [1,0,==]\nioctl allow [0,9,<]\n"}) {
        const std::string profile = std::string("2\nallowlist\n") + rules;
        EXPECT_EQ(ask(profile, AUDIT_ARCH_X86_64, kIoctl, {5, 0}), failing(1)) << rules;
        EXPECT_EQ(ask(profile, AUDIT_ARCH_X86_64, kIoctl, {8, 0}), failing(2)) << rules;
        EXPECT_EQ(ask(profile, AUDIT_ARCH_X86_64, kIoctl, {8, 1}), SECCOMP_RET_ALLOW) << rules;
        EXPECT_EQ(ask(profile, AUDIT_ARCH_X86_64, kIoctl, {9, 1}), SECCOMP_RET_KILL_PROCESS) << rules;
    }
}

// The rule for the verdict of all other calls still takes something away from one that is laxer.
TEST(SeccompCases, ARuleMaySayWhatOtherCallsGet) {
    constexpr std::string_view profile =
        "2\nallowlist errno 38\nclone errno 38 [0,0x10000000,&=,0x10000000]\nclone allow [1,0,==]\n";
    EXPECT_EQ(ask(profile, AUDIT_ARCH_X86_64, 56, {0x10000000, 0}), failing(38));
    EXPECT_EQ(ask(profile, AUDIT_ARCH_X86_64, 56, {0x20000000, 0}), SECCOMP_RET_ALLOW);
}

constexpr int kSocketcall = 102, kIpc = 117, kSocket32 = 359, kSemget32 = 393;

TEST(SeccompCases, OldWaysToMakeACallHaveItsRules) {
    constexpr std::string_view profile = "2\ndenylist\nsocket errno 1\nsemget errno 2\n";
    EXPECT_EQ(ask(profile, AUDIT_ARCH_I386, kSocket32), failing(1));
    EXPECT_EQ(ask(profile, AUDIT_ARCH_I386, kSocketcall, {1}), failing(1));
    EXPECT_EQ(ask(profile, AUDIT_ARCH_I386, kSocketcall, {2}), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(profile, AUDIT_ARCH_I386, kSemget32), failing(2));
    EXPECT_EQ(ask(profile, AUDIT_ARCH_I386, kIpc, {2}), failing(2));
    EXPECT_EQ(ask(profile, AUDIT_ARCH_I386, kIpc, {2 | 1 << 16}), failing(2)); // a version of it
    EXPECT_EQ(ask(profile, AUDIT_ARCH_I386, kIpc, {3}), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(profile, AUDIT_ARCH_X86_64, 41), failing(1));
}

// There a filter cannot see the arguments.
TEST(SeccompCases, OldWaysAreOpenOnlyToRulesWithoutConditions) {
    constexpr std::string_view deny = "2\ndenylist\nsocket errno 97 [0,38,==]\n";
    EXPECT_EQ(ask(deny, AUDIT_ARCH_I386, kSocket32, {38}), failing(97));
    EXPECT_EQ(ask(deny, AUDIT_ARCH_I386, kSocket32, {2}), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(deny, AUDIT_ARCH_I386, kSocketcall, {1}), failing(97));
    constexpr std::string_view allow = "2\nallowlist errno 1\nsocket allow [0,1,==]\nconnect\n";
    EXPECT_EQ(ask(allow, AUDIT_ARCH_I386, kSocket32, {1}), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(allow, AUDIT_ARCH_I386, kSocketcall, {1}), failing(1));
    EXPECT_EQ(ask(allow, AUDIT_ARCH_I386, kSocketcall, {3}), SECCOMP_RET_ALLOW);
    // A rule for the old way itself has the last word.
    EXPECT_EQ(ask("2\ndenylist\nsocket errno 97\nsocketcall errno 38\n", AUDIT_ARCH_I386, kSocketcall, {1}),
              failing(38));
}

TEST(SeccompCases, NumbersAreTheNativeArchitectures) {
    if (!is_pc()) GTEST_SKIP() << "the numbers are those of x86_64";
    EXPECT_EQ(ask("2\ndenylist\n16 errno 1\n", AUDIT_ARCH_X86_64, 16), failing(1));
    EXPECT_EQ(ask("2\ndenylist\n16 errno 1\n", AUDIT_ARCH_I386, 54), failing(1));
    EXPECT_EQ(ask("2\ndenylist\n16 errno 1\n", AUDIT_ARCH_X86_64, 514 | kX32), failing(1));
    EXPECT_EQ(ask("2\ndenylist\n500 errno 1\n", AUDIT_ARCH_I386, 500), failing(1)); // younger than the split
    EXPECT_EQ(ask("2\ndenylist\n390 errno 1\n", AUDIT_ARCH_X86_64, 390), failing(1));
    EXPECT_EQ(ask("2\ndenylist\n390 errno 1\n", AUDIT_ARCH_I386, 390), SECCOMP_RET_ALLOW);
}

TEST(SeccompCases, AMaskedComparisonWithoutAMaskHoldsForAll) {
    constexpr std::string_view profile = "2\ndenylist\nioctl errno 1 [1,5,&=]\n";
    for (const std::uint64_t value : {0ull, 5ull, 6ull, ~0ull}) {
        EXPECT_EQ(ask(profile, AUDIT_ARCH_X86_64, kIoctl, {0, value}), failing(1)) << value;
    }
}

} // namespace
} // namespace lxcpp
