// SPDX-License-Identifier: Apache-2.0
// LXC's seccomp profiles: what is read, compiled and then run by the kernel's rules does what the
// profile's lines say.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "security/seccomp_bpf.h"
#include "security/seccomp_profile.h"
#include "unit/security/filter_machine.h"

#include <algorithm>
#include <cstdlib>
#include <linux/seccomp.h>
#include <optional>
#include <seccomp.h>
#include <string>
#include <vector>

namespace lxcpp::fuzz {
namespace {

constexpr int kX32 = 0x40000000; // in a call's number: another ABI behind the same AUDIT_ARCH

std::uint32_t result_of(const SeccompVerdict& verdict) {
    switch (verdict.action) {
    case SeccompAction::Allow: return SECCOMP_RET_ALLOW;
    case SeccompAction::Errno: return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(verdict.error);
    case SeccompAction::Trap: return SECCOMP_RET_TRAP;
    case SeccompAction::Kill: return SECCOMP_RET_KILL_PROCESS;
    }
    return SECCOMP_RET_KILL_PROCESS;
}

bool holds(const SeccompCompare& compare, std::uint64_t argument) {
    switch (compare.op) {
    case SeccompOp::NotEqual: return argument != compare.value;
    case SeccompOp::Less: return argument < compare.value;
    case SeccompOp::LessEqual: return argument <= compare.value;
    case SeccompOp::Equal: return argument == compare.value;
    case SeccompOp::GreaterEqual: return argument >= compare.value;
    case SeccompOp::Greater: return argument > compare.value;
    case SeccompOp::MaskedEqual: return (argument & compare.mask) == (compare.value & compare.mask);
    }
    return false;
}

struct Abi {
    SeccompArch arch;
    std::uint32_t token, audit;
    bool wide; // else arguments are their lower halves
};
constexpr Abi kAbis[] = {{SeccompArch::X86_64, SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, true},
                         {SeccompArch::X86, SCMP_ARCH_X86, AUDIT_ARCH_I386, false},
                         {SeccompArch::X32, SCMP_ARCH_X32, AUDIT_ARCH_X86_64, false}};

// A number in a profile is x86_64's; on the others the call of that name is meant.
int number_of(const std::string& name, const Abi& abi) {
    const auto number = parse_u64(name);
    if (!number) return seccomp_syscall_resolve_name_arch(abi.token, name.c_str());
    if (*number >= kX32) return -1;
    if (abi.arch == SeccompArch::X86_64) return static_cast<int>(*number);
    char* known = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, static_cast<int>(*number));
    if (known == nullptr) return -1; // what the young ones are is not asked
    const int result = seccomp_syscall_resolve_name_arch(abi.token, known);
    std::free(known);
    return result;
}

void check_policy(const SeccompPolicy& policy) {
    for (const SeccompRule& rule : policy.rules) {
        FUZZ_CHECK(!rule.syscall.empty() && rule.syscall.find_first_of(" \t[#") == std::string::npos);
        FUZZ_CHECK(rule.compares.size() <= 6);
        FUZZ_CHECK(rule.verdict.error >= 0 && rule.verdict.error <= 4095);
        for (const SeccompCompare& compare : rule.compares) FUZZ_CHECK(compare.argument < 6);
    }
    FUZZ_CHECK(policy.otherwise.error >= 0 && policy.otherwise.error <= 4095);
}

bool matches(const SeccompRule& rule, const Abi& abi, const test::Call& call) {
    return std::ranges::all_of(rule.compares, [&](SeccompCompare compare) {
        std::uint64_t argument = call.arguments[compare.argument];
        if (!abi.wide) {
            argument &= 0xffffffff;
            compare.value &= 0xffffffff;
        }
        return holds(compare, argument);
    });
}

bool is_stricter(std::uint32_t one, std::uint32_t other) {
    const auto rank = [](std::uint32_t result) { return static_cast<std::int32_t>(result & SECCOMP_RET_ACTION_FULL); };
    return rank(one) < rank(other);
}

// The first rule without conditions, else the strictest that matches.
std::uint32_t expected(const SeccompPolicy& policy, const Abi& abi, const test::Call& call) {
    const std::uint32_t otherwise = result_of(policy.otherwise);
    std::optional<std::uint32_t> strictest;
    for (const SeccompRule& rule : policy.rules) {
        if (rule.arch != SeccompArch::All && rule.arch != abi.arch) continue;
        if (number_of(rule.syscall, abi) != call.number) continue;
        const std::uint32_t result = result_of(rule.verdict);
        if (rule.compares.empty()) {
            if (result != otherwise) return result;
        } else if (matches(rule, abi, call) && (!strictest || is_stricter(result, *strictest))) {
            strictest = result;
        }
    }
    return strictest.value_or(otherwise);
}

class Checker {
public:
    Checker(const SeccompPolicy& policy, const SeccompProgram& program)
        : policy_(policy), filter_(test::filter_of(program.bpf)) {}

    void run() {
        for (const Abi& abi : kAbis) {
            if (policy_.native_only && abi.arch != SeccompArch::X86_64) continue;
            for (const char* name : {"read", "getpid", "mount", "unshare"}) check({abi.audit, number_of(name, abi), {}}, abi);
            for (const SeccompRule& rule : policy_.rules) check(rule, abi);
        }
        FUZZ_CHECK(test::verdict(filter_, {AUDIT_ARCH_AARCH64, 0, {}}) == SECCOMP_RET_KILL_PROCESS);
        if (!policy_.native_only) return;
        FUZZ_CHECK(test::verdict(filter_, {AUDIT_ARCH_X86_64, kX32 + 1, {}}) == SECCOMP_RET_KILL_PROCESS);
        FUZZ_CHECK(test::verdict(filter_, {AUDIT_ARCH_I386, 0, {}}) == SECCOMP_RET_KILL_PROCESS);
    }

private:
    void check(const test::Call& call, const Abi& abi) {
        const std::uint32_t result = test::verdict(filter_, call);
        FUZZ_CHECK_WITH(result == expected(policy_, abi, call),
                        "call " + std::to_string(call.number) + ": " + std::to_string(result));
    }

    void check(const SeccompRule& rule, const Abi& abi) {
        // Many rules may be for a way to make several calls: unit tests look at those.
        if (rule.syscall == "socketcall" || rule.syscall == "ipc") return;
        const int number = number_of(rule.syscall, abi);
        if (number < 0) return; // of another architecture
        test::Call call{abi.audit, number, {}};
        check(call, abi);
        for (const SeccompCompare& compare : rule.compares) {
            std::uint64_t& argument = call.arguments[compare.argument];
            for (const std::uint64_t value : {compare.value - 1, compare.value + 1, ~compare.mask,
                                              compare.value | std::uint64_t{1} << 32, compare.value}) {
                argument = value;
                check(call, abi);
            }
        }
    }

    const SeccompPolicy& policy_;
    std::vector<sock_filter> filter_;
};

} // namespace

void one_input(std::string_view bytes) {
    const std::string file = "profile";
    const auto policy = accepted([&] { return parse_seccomp_profile(bytes, file); });
    if (!policy) return;
    check_policy(*policy);
    const SeccompArch archs[] = {SeccompArch::X86_64, SeccompArch::X86, SeccompArch::X32};
    const auto program = accepted([&] { return compile_bpf(*policy, archs); });
    if (program) Checker(*policy, *program).run();
}

std::vector<std::string> made_seeds() { return {}; }

} // namespace lxcpp::fuzz
