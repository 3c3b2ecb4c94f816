// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstddef>
#include <string>
#include <vector>

namespace lxcpp {

inline constexpr std::size_t kMaxTerminals = 64;

struct RenewPtys {
    FdRef init;                     // pidfd
    bool user_namespace = false;    // the container has one of its own
    std::vector<std::string> files; // "dev/console", "dev/tty1", as the start bound them
};

// New terminals of the container's devpts in the places of those whose masters died with the monitor. Whoever
// had the old ones open was hung up, and opens these. Returns the masters in the order of files; works inside the
// container with its root's rights only. Throws Error.
[[nodiscard]] std::vector<Fd> renew_ptys(const RenewPtys& wish);

} // namespace lxcpp
