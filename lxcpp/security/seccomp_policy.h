// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lxcpp {

enum class SeccompAction { Allow, Errno, Trap, Kill }; // Kill ends the process

struct SeccompVerdict {
    SeccompAction action = SeccompAction::Allow;
    int error = 0; // of Errno
    bool operator==(const SeccompVerdict&) const = default;
};

enum class SeccompOp { NotEqual, Less, LessEqual, Equal, GreaterEqual, Greater, MaskedEqual };

struct SeccompCompare {
    unsigned argument = 0; // 0..5
    SeccompOp op = SeccompOp::Equal;
    std::uint64_t value = 0;
    std::uint64_t mask = 0; // of MaskedEqual: (argument & mask) == value
    bool operator==(const SeccompCompare&) const = default;
};

enum class SeccompArch {
    All, // rules only
    X86_64, X86, X32,
    Arm64, Arm,
    Ppc64le, Ppc64, Ppc,
    Mips64, Mips64n32, Mips, Mipsel64, Mipsel64n32, Mipsel,
    S390x, S390,
    Riscv64, Loongarch64
};

struct SeccompRule {
    std::string syscall; // a name, or a number of the native architecture
    SeccompArch arch = SeccompArch::All;
    SeccompVerdict verdict;
    std::vector<SeccompCompare> compares; // all must hold
    bool operator==(const SeccompRule&) const = default;
};

// otherwise is for the calls that no rule matches.
struct SeccompPolicy {
    SeccompVerdict otherwise;
    std::vector<SeccompRule> rules;
    bool native_only = false; // calls through other ABIs kill the process (format 1)
    // Of several rules for a call the first that matches decides, and only int arguments are compared.
    // Otherwise it is as in LXC's profiles: the first rule without conditions decides, and without
    // one the strictest that matches: kill, trap, errno, allow.
    bool first_match = false;
    bool operator==(const SeccompPolicy&) const = default;
};

struct DefaultPolicyOptions {
    bool nesting = false;        // user namespaces, clone3(2) and keys, for containers inside
    bool compatible_abi = false; // 32-bit programs on a 64-bit kernel
    bool no_sync = false;        // fsync(2) and its like do nothing, and say that they did
    bool operator==(const DefaultPolicyOptions&) const = default;
};

// What a container gets without a profile of its own, doc/security.md: what is not listed does not
// exist (ENOSYS), what belongs to the host is refused (EPERM), calls through another ABI kill.
[[nodiscard]] SeccompPolicy default_policy(const DefaultPolicyOptions& options = {});

// What lxc.apparmor.allow_nesting and a 32-bit lxc.arch ask for.
[[nodiscard]] DefaultPolicyOptions default_policy_options(const Config& config);

} // namespace lxcpp
