// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_bpf.h"

#include "security/seccomp_cases.h"
#include "security/seccomp_names.h"
#include "security/seccomp_tree.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <utility>

namespace lxcpp {
namespace {

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
    SeccompRuling ruling = rule_on_calls(policy, policy.native_only ? archs.first(1) : archs);
    const auto code = compile_tree(ruling.abis, seccomp_result(policy.otherwise));
    if (code.size() > BPF_MAXINSNS) {
        throw Error(fmt::format("seccomp: the profile needs {} instructions, and the kernel takes {}", code.size(),
                                BPF_MAXINSNS));
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(code.data());
    return {{bytes, bytes + code.size() * sizeof(sock_filter)}, std::move(ruling.unknown)};
}

} // namespace lxcpp
