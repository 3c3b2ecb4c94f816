// SPDX-License-Identifier: Apache-2.0
// LXC's seccomp profiles: what is read, compiled and then run by the kernel's rules does what the
// profile's lines say.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "security/seccomp_bpf.h"
#include "security/seccomp_profile.h"
#include "unit/security/filter_machine.h"

#include <algorithm>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <set>

namespace lxcpp::fuzz {
namespace {

// libseccomp takes its time; 2.5.4 does not end for two rules of one call that compare the same
// argument and then different ones.
constexpr std::size_t kMostRules = 24;
constexpr std::size_t kMostCompares = 3;
constexpr int kX32 = 0x40000000;       // in a call's number: another ABI behind the same AUDIT_ARCH

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
    case SeccompOp::MaskedEqual: return (argument & compare.mask) == compare.value;
    }
    return false;
}

int number_of(const std::string& name) {
    if (const auto number = parse_u64(name)) return static_cast<int>(*number);
    return seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name.c_str());
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

// Where rules for one call contradict each other either may win; a call that none is for gets the default.
void check_call(const SeccompPolicy& policy, std::span<const std::uint8_t> bpf, const test::Call& call) {
    std::set<std::uint32_t> possible;
    for (const SeccompRule& rule : policy.rules) {
        if (rule.arch != SeccompArch::All && rule.arch != SeccompArch::X86_64) continue;
        if (number_of(rule.syscall) != call.number) continue;
        const bool matches = std::ranges::all_of(rule.compares, [&](const SeccompCompare& compare) {
            return holds(compare, call.arguments[compare.argument]);
        });
        if (matches) possible.insert(result_of(rule.verdict));
    }
    if (possible.empty()) possible.insert(result_of(policy.otherwise));
    const std::uint32_t result = test::verdict(bpf, call);
    FUZZ_CHECK_WITH(possible.contains(result), "call " + std::to_string(call.number) + ": " + std::to_string(result));
}

void check_program(const SeccompPolicy& policy, const SeccompProgram& program) {
    for (const int number : {0, 1, 39, 165, 272}) check_call(policy, program.bpf, {.number = number});
    for (const SeccompRule& rule : policy.rules) {
        const int number = number_of(rule.syscall);
        if (number < 0 || (number & kX32) != 0) continue; // of another architecture
        test::Call call{.number = number};
        check_call(policy, program.bpf, call);
        for (const SeccompCompare& compare : rule.compares) {
            call.arguments[compare.argument] = compare.value;
            check_call(policy, program.bpf, call);
            ++call.arguments[compare.argument];
            check_call(policy, program.bpf, call);
            call.arguments[compare.argument] = ~compare.mask;
            check_call(policy, program.bpf, call);
            call.arguments[compare.argument] = compare.value;
        }
    }
    FUZZ_CHECK(test::verdict(program.bpf, {.number = kX32 + 1}) == SECCOMP_RET_KILL_PROCESS);
    test::Call foreign{.arch = AUDIT_ARCH_AARCH64};
    FUZZ_CHECK(test::verdict(program.bpf, foreign) == SECCOMP_RET_KILL_PROCESS);
}

} // namespace

void one_input(std::string_view bytes) {
    const std::string file = "profile";
    const auto policy = accepted([&] { return parse_seccomp_profile(bytes, file); });
    if (!policy) return;
    check_policy(*policy);
    std::size_t compares = 0;
    for (const SeccompRule& rule : policy->rules) compares += rule.compares.size();
    if (policy->rules.size() > kMostRules || compares > kMostCompares) return;
    const SeccompArch native[] = {SeccompArch::X86_64};
    const auto program = accepted([&] { return compile_bpf(*policy, native); });
    if (program) check_program(*policy, *program);
}

std::vector<std::string> made_seeds() { return {}; }

} // namespace lxcpp::fuzz
