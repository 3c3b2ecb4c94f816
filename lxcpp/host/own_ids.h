// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/id_range.h"
#include "host/id_map.h"
#include "host/subid.h"
#include "sys/own_namespace.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

// How an ordinary user has files of many ids: those of a root file system with the ids 0..65535 belong to a range of
// their subordinate ids, 0 to its first one and so on.
namespace lxcpp {

// Pure. The first ids that both files give to the user alone; those that they had before as long as they are still
// theirs. Throws Error with the command that gives some.
[[nodiscard]] IdRange choose_own_ids(const IdSources& sources, const std::optional<IdRange>& before);

// Those of our files below this directory (ours, 0700): chosen once, and noted in its file "ids". Throws Error.
[[nodiscard]] IdRange own_ids_of(const std::filesystem::path& directory);

// Those beyond them that both files give to the user alone, in their order.
[[nodiscard]] std::vector<IdRange> further_own_ids(const IdSources& sources, const IdRange& chosen);

// Who we are for the host, wherever we are.
[[nodiscard]] uid_t our_uid_outside();

// This process, of one thread, in a user namespace with these ids, made by newuidmap and newgidmap, and in a mount
// namespace of its own. There it has all rights over their files and those of our user. It remains our user, known as
// kOwnUserInside: what it makes is ours until it is given away. Ids of further come behind that. Programs that it runs
// have no rights over the ids. Directories of default_paths() remain those that they were.
// Throws Error with what to change when the machine does not let us.
void enter_own_namespace(const IdRange& ids, const std::vector<IdRange>& further = {});
inline constexpr std::uint32_t kOwnUserInside = sys::kOwnUserInside;
static_assert(kOwnUserInside == kIdsPerContainer);

// One with any maps: written by ourselves where the kernel lets us (root, or nothing but our own id), else by newuidmap
// and newgidmap. Throws Error with what to change when they refuse, or the machine does.
[[nodiscard]] Fd make_mapped_namespace(const IdMap& uids, const IdMap& gids);

// The same in one that is there: our user's, around that of a process that we have started in it. Throws Error.
void join_own_namespace(pid_t pid);

// What the kernel has been told about user namespaces of users; absent where it knows no such setting.
struct NamespaceSettings {
    std::optional<std::string> most;       // user.max_user_namespaces
    std::optional<std::string> allowed;    // kernel.unprivileged_userns_clone
    std::optional<std::string> restricted; // kernel.apparmor_restrict_unprivileged_userns
};
// Pure. Which of them forbids one, with the command that changes it; "" when none does.
[[nodiscard]] std::string why_no_namespace(const NamespaceSettings& settings);

} // namespace lxcpp
