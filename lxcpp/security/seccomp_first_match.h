// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "security/seccomp_bpf.h"

#include <span>

namespace lxcpp {

// compile_bpf() of a policy with first_match. x32 is killed whether it is in archs or not.
[[nodiscard]] SeccompProgram compile_first_match(const SeccompPolicy& policy, std::span<const SeccompArch> archs);

} // namespace lxcpp
