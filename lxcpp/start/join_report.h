// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace lxcpp {

enum class JoinStage : std::int32_t {
    Cgroups, Namespaces, Root, Remount, Terminal, Confine, Seccomp, Exec, PtyMaster, Born, Enter
};

struct JoinReport { // PtyMaster carries a descriptor, Born a pid; anything else is a failure
    JoinStage stage = JoinStage::Exec;
    std::int32_t error = 0;
};

} // namespace lxcpp
