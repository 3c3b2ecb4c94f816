// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <optional>
#include <sys/types.h>

// The user namespace in which an ordinary user has their subordinate ids (host/own_ids.h).
namespace lxcpp::sys {

inline constexpr std::uint32_t kOwnUserInside =
    65536; // our user's number in there; 0..65535 are subordinate ids

// This process is in one, as that user.
[[nodiscard]] bool in_own_namespace();
// What this user has made is as good as ours: root's and our own. In our own namespace 0 is the
// root of a container.
[[nodiscard]] bool is_trusted_owner(uid_t uid);

// The user namespace around the one of a process; nullopt when the process is gone or we may not
// know.
[[nodiscard]] std::optional<Fd> user_namespace_around(pid_t pid);
// Who made it, by our numbers. Throws SystemError.
[[nodiscard]] uid_t owner_of_namespace(FdRef user_namespace);

// exec(2) takes all rights from who is not root, but for those that are kept: all we have, or none
// any more (what we can do ourselves stays). Throws SystemError.
void keep_rights_over_exec();
void keep_rights_to_ourselves();

// As root of the container would do it; no other process may look into ours, but its user's: its
// files in /proc are their own again, of which the maps of a new user namespace are two. Throws
// SystemError.
void become_dumpable();

} // namespace lxcpp::sys
