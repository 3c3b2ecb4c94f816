// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <sys/types.h>

// The network namespace that the caller gives as a descriptor, and a process that lives in it,
// which is one too: no number is looked up that could come to mean another one.
namespace lxcpp::user_nic {

inline constexpr FdRef kProcess{3};
inline constexpr FdRef kNetworkNamespace{4};

// What must be asked of /proc, while that is allowed.
struct Target {
    Fd own_user_namespace;
    Fd process_user_namespace;
    Fd process_network_namespace;
};

[[nodiscard]] Target look_at_target(); // throws Misuse
// Throws Misuse unless both belong to a user namespace that this user has made, below ours.
void require_owned(const Target& target, uid_t owner);

} // namespace lxcpp::user_nic
