// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_bpf.h"

#include "base/strings.h"
#include "security/seccomp_first_match.h"
#include "security/seccomp_names.h"
#include "sys/file.h"
#include "sys/memory_file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <seccomp.h>

namespace lxcpp {
namespace {

struct Release {
    void operator()(void* filter) const noexcept { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

struct ArchToken {
    SeccompArch arch;
    std::uint32_t token;
};

constexpr std::array kTokens = {
    ArchToken{SeccompArch::X86_64, SCMP_ARCH_X86_64},
    ArchToken{SeccompArch::X86, SCMP_ARCH_X86},
    ArchToken{SeccompArch::X32, SCMP_ARCH_X32},
    ArchToken{SeccompArch::Arm64, SCMP_ARCH_AARCH64},
    ArchToken{SeccompArch::Arm, SCMP_ARCH_ARM},
    ArchToken{SeccompArch::Ppc64le, SCMP_ARCH_PPC64LE},
    ArchToken{SeccompArch::Ppc64, SCMP_ARCH_PPC64},
    ArchToken{SeccompArch::Ppc, SCMP_ARCH_PPC},
    ArchToken{SeccompArch::Mips64, SCMP_ARCH_MIPS64},
    ArchToken{SeccompArch::Mips64n32, SCMP_ARCH_MIPS64N32},
    ArchToken{SeccompArch::Mips, SCMP_ARCH_MIPS},
    ArchToken{SeccompArch::Mipsel64, SCMP_ARCH_MIPSEL64},
    ArchToken{SeccompArch::Mipsel64n32, SCMP_ARCH_MIPSEL64N32},
    ArchToken{SeccompArch::Mipsel, SCMP_ARCH_MIPSEL},
    ArchToken{SeccompArch::S390x, SCMP_ARCH_S390X},
    ArchToken{SeccompArch::S390, SCMP_ARCH_S390},
    ArchToken{SeccompArch::Riscv64, SCMP_ARCH_RISCV64},
#ifdef SCMP_ARCH_LOONGARCH64
    ArchToken{SeccompArch::Loongarch64, SCMP_ARCH_LOONGARCH64},
#endif
};

std::uint32_t action_of(const SeccompVerdict& verdict) {
    switch (verdict.action) {
    case SeccompAction::Allow: return SCMP_ACT_ALLOW;
    case SeccompAction::Errno: return SCMP_ACT_ERRNO(static_cast<std::uint16_t>(verdict.error));
    case SeccompAction::Trap: return SCMP_ACT_TRAP;
    case SeccompAction::Kill: return SCMP_ACT_KILL_PROCESS;
    }
    return SCMP_ACT_KILL_PROCESS;
}

scmp_compare operation_of(SeccompOp op) {
    switch (op) {
    case SeccompOp::NotEqual: return SCMP_CMP_NE;
    case SeccompOp::Less: return SCMP_CMP_LT;
    case SeccompOp::LessEqual: return SCMP_CMP_LE;
    case SeccompOp::Equal: return SCMP_CMP_EQ;
    case SeccompOp::GreaterEqual: return SCMP_CMP_GE;
    case SeccompOp::Greater: return SCMP_CMP_GT;
    case SeccompOp::MaskedEqual: return SCMP_CMP_MASKED_EQ;
    }
    return SCMP_CMP_EQ;
}

void check(int result, std::string_view operation) {
    if (result < 0) throw SystemError(fmt::format("seccomp: {}", operation), -result);
}

// A filter for one architecture, without rules.
Filter new_filter(SeccompArch arch, std::uint32_t otherwise) {
    Filter filter(seccomp_init(otherwise));
    if (!filter) throw Error("seccomp: the filter cannot be created");
    check(seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "set the default");
    check(seccomp_attr_set(filter.get(), SCMP_FLTATR_API_TSKIP, 1), "let tracers skip calls");
    check(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "use a binary tree");
    const std::uint32_t token = seccomp_arch_token(arch);
    if (token == seccomp_arch_native()) return filter;
    check(seccomp_arch_add(filter.get(), token), "add an architecture");
    check(seccomp_arch_remove(filter.get(), seccomp_arch_native()), "remove an architecture");
    return filter;
}

// libseccomp's number for the call, the same for all architectures: it translates. nullopt: unknown.
std::optional<int> number_of(const std::string& name) {
    if (const auto number = parse_u64(name)) return static_cast<int>(*number);
    const int number = seccomp_syscall_resolve_name(name.c_str());
    if (number == __NR_SCMP_ERROR) return std::nullopt;
    return number;
}

std::vector<scmp_arg_cmp> compares_of(const SeccompRule& rule) {
    std::vector<scmp_arg_cmp> list;
    for (const SeccompCompare& compare : rule.compares) {
        const bool masked = compare.op == SeccompOp::MaskedEqual;
        // Of a masked comparison the library wants the mask first.
        list.push_back({compare.argument, operation_of(compare.op), masked ? compare.mask : compare.value,
                        masked ? compare.value : 0});
    }
    return list;
}

struct ResolvedRule {
    const SeccompRule* rule;
    int number;
    std::uint32_t action;
    std::vector<scmp_arg_cmp> compares;
};

void add_rule(const Filter& filter, const ResolvedRule& resolved, SeccompArch arch) {
    const int result =
        seccomp_rule_add_array(filter.get(), resolved.action, resolved.number,
                               static_cast<unsigned>(resolved.compares.size()), resolved.compares.data());
    // The same rule again, or a call that this architecture does not have.
    if (result == 0 || result == -EEXIST || result == -EDOM) return;
    throw Error(fmt::format("seccomp: the rule for {} on {} cannot be compiled: {}",
                            printable(resolved.rule->syscall), seccomp_arch_name(arch), std::strerror(-result)));
}

class Compiler {
public:
    explicit Compiler(const SeccompPolicy& policy) : otherwise_(action_of(policy.otherwise)) {
        for (const SeccompRule& rule : policy.rules) resolve(rule);
    }

    SeccompProgram run(std::span<const SeccompArch> archs) {
        Filter whole;
        for (const SeccompArch arch : archs) {
            Filter filter = filter_for(arch);
            if (!whole) {
                whole = std::move(filter);
                continue;
            }
            check(seccomp_merge(whole.get(), filter.get()), "merge two architectures");
            static_cast<void>(filter.release()); // merging consumed it
        }
        program_.bpf = bytes_of(whole);
        return std::move(program_);
    }

private:
    void resolve(const SeccompRule& rule) {
        const std::uint32_t action = action_of(rule.verdict);
        const auto number = number_of(rule.syscall);
        if (!number) {
            if (std::ranges::find(program_.unknown, rule.syscall) == program_.unknown.end()) {
                program_.unknown.push_back(rule.syscall);
            }
            return;
        }
        if (action == otherwise_) return; // says nothing, and the library refuses it
        rules_.push_back({&rule, *number, action, compares_of(rule)});
    }

    Filter filter_for(SeccompArch arch) const {
        Filter filter = new_filter(arch, otherwise_);
        for (const ResolvedRule& resolved : rules_) {
            const SeccompArch wanted = resolved.rule->arch;
            if (wanted == SeccompArch::All || wanted == arch) add_rule(filter, resolved, arch);
        }
        return filter;
    }

    static std::vector<std::uint8_t> bytes_of(const Filter& filter) {
        const Fd file = sys::memory_file("seccomp");
        check(seccomp_export_bpf(filter.get(), file.raw()), "export the program");
        const std::string bytes = sys::read_file(sys::fd_path(file));
        return {bytes.begin(), bytes.end()};
    }

    std::uint32_t otherwise_;
    std::vector<ResolvedRule> rules_;
    SeccompProgram program_;
};

std::vector<SeccompArch> with_compatible(SeccompArch native) {
    switch (native) {
    case SeccompArch::X86_64: return {native, SeccompArch::X86, SeccompArch::X32};
    case SeccompArch::Arm64: return {native, SeccompArch::Arm};
    case SeccompArch::Ppc64: return {native, SeccompArch::Ppc};
    case SeccompArch::S390x: return {native, SeccompArch::S390};
    case SeccompArch::Mips64: return {native, SeccompArch::Mips, SeccompArch::Mips64n32};
    case SeccompArch::Mipsel64: return {native, SeccompArch::Mipsel, SeccompArch::Mipsel64n32};
    default: return {native};
    }
}

} // namespace

std::vector<SeccompArch> native_seccomp_archs() {
    const auto row = std::ranges::find(kTokens, seccomp_arch_native(), &ArchToken::token);
    if (row == kTokens.end()) throw Error("seccomp: this machine's architecture is not supported");
    return with_compatible(row->arch);
}

std::uint32_t seccomp_arch_token(SeccompArch arch) {
    const auto row = std::ranges::find(kTokens, arch, &ArchToken::arch);
    if (row != kTokens.end()) return row->token;
    throw Error(fmt::format("seccomp: the installed libseccomp does not know the architecture {}",
                            seccomp_arch_name(arch)));
}

std::string_view seccomp_arch_name(SeccompArch arch) noexcept {
    return std::ranges::find(kSeccompArchNames, arch, &SeccompArchName::arch)->name;
}

std::string seccomp_library_version() {
    const scmp_version* version = seccomp_version();
    return fmt::format("{}.{}.{}", version->major, version->minor, version->micro);
}

SeccompProgram compile_bpf(const SeccompPolicy& policy, std::span<const SeccompArch> archs) {
    if (archs.empty()) throw Error("seccomp: no architecture is given");
    const auto used = policy.native_only ? archs.first(1) : archs;
    return policy.first_match ? compile_first_match(policy, used) : Compiler(policy).run(used);
}

} // namespace lxcpp
