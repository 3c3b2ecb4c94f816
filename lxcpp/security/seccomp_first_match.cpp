// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_first_match.h"

#include "base/strings.h"
#include "security/seccomp_tree.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <linux/seccomp.h>
#include <optional>
#include <seccomp.h>
#include <sys/syscall.h>

namespace lxcpp {
namespace {

// Calls that 32-bit ABIs had only inside socketcall(2) and ipc(2): libseccomp does not tell their
// own numbers there. The first is the number of i386, the second that of the ABI we are built for.
struct OwnNumber {
    std::string_view name;
    int i386;
    long native;
};
#if defined(__NR_socket) && defined(__NR_semget)
#define LXCPP_CALL(name, i386) OwnNumber{#name, i386, __NR_##name}
#else
#define LXCPP_CALL(name, i386) OwnNumber{#name, i386, -1}
#endif
constexpr OwnNumber kOwnNumbers[] = {
    LXCPP_CALL(socket, 359),      LXCPP_CALL(socketpair, 360),  LXCPP_CALL(bind, 361),
    LXCPP_CALL(connect, 362),     LXCPP_CALL(listen, 363),      LXCPP_CALL(accept4, 364),
    LXCPP_CALL(getsockopt, 365),  LXCPP_CALL(setsockopt, 366),  LXCPP_CALL(getsockname, 367),
    LXCPP_CALL(getpeername, 368), LXCPP_CALL(sendto, 369),      LXCPP_CALL(sendmsg, 370),
    LXCPP_CALL(recvfrom, 371),    LXCPP_CALL(recvmsg, 372),     LXCPP_CALL(shutdown, 373),
    LXCPP_CALL(recvmmsg, 337),    LXCPP_CALL(sendmmsg, 345),    LXCPP_CALL(semget, 393),
    LXCPP_CALL(semctl, 394),      LXCPP_CALL(shmget, 395),      LXCPP_CALL(shmctl, 396),
    LXCPP_CALL(shmat, 397),       LXCPP_CALL(shmdt, 398),       LXCPP_CALL(msgget, 399),
    LXCPP_CALL(msgsnd, 400),      LXCPP_CALL(msgrcv, 401),      LXCPP_CALL(msgctl, 402),
};
#undef LXCPP_CALL

std::optional<std::uint32_t> own_number(const std::string& name, SeccompArch arch, std::uint32_t token) {
    const auto row = std::ranges::find(kOwnNumbers, name, &OwnNumber::name);
    if (row == std::end(kOwnNumbers)) return std::nullopt;
    if (arch == SeccompArch::X86) return static_cast<std::uint32_t>(row->i386);
    if (token != seccomp_arch_native() || row->native < 0) return std::nullopt;
    return static_cast<std::uint32_t>(row->native);
}

std::uint32_t result_of(const SeccompVerdict& verdict) {
    switch (verdict.action) {
    case SeccompAction::Allow: return SECCOMP_RET_ALLOW;
    case SeccompAction::Errno: return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(verdict.error);
    case SeccompAction::Trap: return SECCOMP_RET_TRAP;
    case SeccompAction::Kill: return SECCOMP_RET_KILL_PROCESS;
    }
    return SECCOMP_RET_KILL_PROCESS;
}

SeccompCase case_of(const SeccompRule& rule) {
    SeccompCase result{{}, result_of(rule.verdict)};
    for (const SeccompCompare& compare : rule.compares) {
        if (compare.op != SeccompOp::MaskedEqual || ((compare.mask | compare.value) >> 32) != 0) {
            throw Error(fmt::format("seccomp: the rule for {} compares more than a masked int", rule.syscall));
        }
        result.tests.push_back({compare.argument, static_cast<std::uint32_t>(compare.mask),
                                static_cast<std::uint32_t>(compare.value)});
    }
    return result;
}

class Compiler {
public:
    explicit Compiler(const SeccompPolicy& policy) : policy_(policy) {}

    SeccompProgram run(std::span<const SeccompArch> archs) {
        std::vector<SeccompAbi> abis;
        for (const SeccompArch arch : archs) {
            if (arch != SeccompArch::X32) abis.push_back(abi(arch));
        }
        const auto code = compile_tree(abis, result_of(policy_.otherwise));
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(code.data());
        program_.bpf.assign(bytes, bytes + code.size() * sizeof(sock_filter));
        return std::move(program_);
    }

private:
    SeccompAbi abi(SeccompArch arch) {
        SeccompAbi result{seccomp_arch_token(arch), arch == SeccompArch::X86_64, {}};
        for (const SeccompRule& rule : policy_.rules) {
            if (rule.arch != SeccompArch::All && rule.arch != arch) continue;
            if (const auto number = number_of(rule.syscall, arch, result.token)) {
                result.calls[*number].push_back(case_of(rule));
            }
        }
        return result;
    }

    // nullopt: this ABI does not have the call.
    std::optional<std::uint32_t> number_of(const std::string& name, SeccompArch arch, std::uint32_t token) {
        if (const auto number = parse_u64(name)) return static_cast<std::uint32_t>(*number);
        const int number = seccomp_syscall_resolve_name_arch(token, name.c_str());
        if (number == __NR_SCMP_ERROR && std::ranges::find(program_.unknown, name) == program_.unknown.end()) {
            program_.unknown.push_back(name);
        }
        if (number >= 0) return static_cast<std::uint32_t>(number);
        return own_number(name, arch, token);
    }

    const SeccompPolicy& policy_;
    SeccompProgram program_;
};

} // namespace

SeccompProgram compile_first_match(const SeccompPolicy& policy, std::span<const SeccompArch> archs) {
    return Compiler(policy).run(archs);
}

} // namespace lxcpp
