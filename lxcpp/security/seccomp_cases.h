// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "security/seccomp_policy.h"
#include "security/seccomp_tree.h"

#include <span>
#include <string>
#include <vector>

namespace lxcpp {

[[nodiscard]] std::uint32_t seccomp_result(const SeccompVerdict& verdict) noexcept; // SECCOMP_RET_*

struct SeccompRuling {
    std::vector<SeccompAbi> abis;
    std::vector<std::string> unknown; // names that no architecture has
};

// What the policy says about each call of each ABI, see SeccompPolicy. x32 is killed unless it is in
// archs together with x86_64, and always by a policy with first_match.
[[nodiscard]] SeccompRuling rule_on_calls(const SeccompPolicy& policy, std::span<const SeccompArch> archs);

} // namespace lxcpp
