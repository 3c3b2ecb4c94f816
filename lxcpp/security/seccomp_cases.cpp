// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_cases.h"

#include "security/seccomp_bpf.h"
#include "security/seccomp_numbers.h"

#include <algorithm>
#include <linux/seccomp.h>
#include <map>

namespace lxcpp {
namespace {

constexpr std::uint64_t kWhole = ~std::uint64_t{0};

// What is wide on the others are the registers that an x32 program fills; its arguments are the lower halves.
bool has_wide_arguments(SeccompArch arch) {
    constexpr SeccompArch kWide[] = {SeccompArch::X86_64, SeccompArch::Arm64,    SeccompArch::Ppc64le,
                                     SeccompArch::Ppc64,  SeccompArch::Mips64,   SeccompArch::Mipsel64,
                                     SeccompArch::S390x,  SeccompArch::Riscv64,  SeccompArch::Loongarch64};
    return std::ranges::find(kWide, arch) != std::end(kWide);
}

SeccompCase case_of(const SeccompRule& rule, bool wide) {
    SeccompCase result{{}, seccomp_result(rule.verdict)};
    for (const SeccompCompare& compare : rule.compares) {
        const bool masked = compare.op == SeccompOp::MaskedEqual;
        const std::uint64_t mask = (masked ? compare.mask : kWhole) & (wide ? kWhole : 0xffffffff);
        result.tests.push_back({compare.argument, mask, compare.value & mask,
                                masked ? SeccompOp::Equal : compare.op, wide});
    }
    return result;
}

// As the kernel orders the verdicts of several filters.
std::int32_t laxity(const SeccompCase& one) {
    return static_cast<std::int32_t>(one.result & SECCOMP_RET_ACTION_FULL);
}

SeccompCases weigh(SeccompCases cases) {
    const auto always = std::ranges::find_if(cases, [](const SeccompCase& one) { return one.tests.empty(); });
    if (always != cases.end()) return {*always};
    std::ranges::stable_sort(cases, {}, laxity);
    return cases;
}

class Compiler {
public:
    explicit Compiler(const SeccompPolicy& policy) : policy_(policy), otherwise_(seccomp_result(policy.otherwise)) {}

    SeccompRuling run(std::span<const SeccompArch> archs) {
        const bool x32 = !policy_.first_match && std::ranges::find(archs, SeccompArch::X32) != archs.end();
        for (const SeccompArch arch : archs) {
            if (arch == SeccompArch::X32) continue;
            const bool has_x32 = arch == SeccompArch::X86_64;
            SeccompAbi abi{seccomp_arch_token(arch), has_x32 && !x32, {}};
            add(abi, arch);
            if (has_x32 && x32) add(abi, SeccompArch::X32);
            ruling_.abis.push_back(std::move(abi));
        }
        return std::move(ruling_);
    }

private:
    void add(SeccompAbi& abi, SeccompArch arch) {
        std::map<SeccompNumbers, SeccompCases> calls;
        const bool wide = !policy_.first_match && has_wide_arguments(arch);
        for (const SeccompRule& rule : policy_.rules) {
            const auto numbers = seccomp_numbers(rule.syscall, arch);
            if (!numbers) note_unknown(rule.syscall);
            if (!numbers || (rule.arch != SeccompArch::All && rule.arch != arch) || says_nothing(rule)) continue;
            calls[*numbers].push_back(case_of(rule, wide));
        }
        for (const auto& [numbers, cases] : calls) add_call(abi, numbers, cases);
        if (policy_.first_match) return;
        for (auto& [number, cases] : abi.calls) cases = weigh(std::move(cases));
    }

    void note_unknown(const std::string& name) {
        auto& list = ruling_.unknown;
        if (std::ranges::find(list, name) == list.end()) list.push_back(name);
    }

    // The verdict of calls without a rule, beside which rules with conditions stay possible.
    bool says_nothing(const SeccompRule& rule) const {
        return !policy_.first_match && rule.compares.empty() && seccomp_result(rule.verdict) == otherwise_;
    }

    void add_call(SeccompAbi& abi, const SeccompNumbers& numbers, const SeccompCases& cases) {
        if (numbers.own) {
            auto& list = abi.calls[*numbers.own];
            list.insert(list.end(), cases.begin(), cases.end());
        }
        if (numbers.through && !policy_.first_match) add_through(abi, *numbers.through, weigh(cases));
    }

    // Conditions cannot be looked at there: a rule that forbids holds without them, one that allows does not.
    void add_through(SeccompAbi& abi, const SeccompMultiplexer& call, const SeccompCases& cases) const {
        const std::int32_t usual = laxity({{}, otherwise_});
        for (const SeccompCase& one : cases) {
            if (!one.tests.empty() && laxity(one) > usual) continue;
            abi.calls[call.number].push_back({{{0, call.mask, call.subcall}}, one.result});
        }
    }

    const SeccompPolicy& policy_;
    std::uint32_t otherwise_;
    SeccompRuling ruling_;
};

} // namespace

std::uint32_t seccomp_result(const SeccompVerdict& verdict) noexcept {
    switch (verdict.action) {
    case SeccompAction::Allow: return SECCOMP_RET_ALLOW;
    case SeccompAction::Errno: return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(verdict.error);
    case SeccompAction::Trap: return SECCOMP_RET_TRAP;
    case SeccompAction::Kill: return SECCOMP_RET_KILL_PROCESS;
    }
    return SECCOMP_RET_KILL_PROCESS;
}

SeccompRuling rule_on_calls(const SeccompPolicy& policy, std::span<const SeccompArch> archs) {
    return Compiler(policy).run(archs);
}

} // namespace lxcpp
