// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "security/seccomp_policy.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

struct SeccompProgram {
    std::vector<std::uint8_t> bpf;     // array of struct sock_filter for seccomp(2)
    std::vector<std::string> unknown;  // syscall names that the library does not know: not filtered
    bool operator==(const SeccompProgram&) const = default;
};

// The ABIs that this kernel may run: the native one first, then the compatible ones.
[[nodiscard]] std::vector<SeccompArch> native_seccomp_archs();
[[nodiscard]] std::string_view seccomp_arch_name(SeccompArch arch) noexcept; // as in a profile
[[nodiscard]] std::uint32_t seccomp_arch_token(SeccompArch arch); // AUDIT_ARCH_*; Error when the library has none
[[nodiscard]] std::string seccomp_library_version();                        // "2.5.4"

// Calls through an ABI that is not in archs kill the process. Throws Error that names the rule.
[[nodiscard]] SeccompProgram compile_bpf(const SeccompPolicy& policy, std::span<const SeccompArch> archs);

} // namespace lxcpp
