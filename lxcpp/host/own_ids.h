// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/id_range.h"
#include "host/subid.h"

#include <filesystem>
#include <optional>

// How an ordinary user has files of many ids: those of a root file system with the ids 0..65535 belong to a range of
// their subordinate ids, 0 to its first one and so on.
namespace lxcpp {

// Pure. The first ids that both files give to the user alone; those that they had before as long as they are still
// theirs. Throws Error with the command that gives some.
[[nodiscard]] IdRange choose_own_ids(const IdSources& sources, const std::optional<IdRange>& before);

// Those of our files below this directory (ours, 0700): chosen once, and noted in its file "ids". Throws Error.
[[nodiscard]] IdRange own_ids_of(const std::filesystem::path& directory);

// This process, of one thread, in a user namespace with these ids, made by newuidmap and newgidmap, and in a mount
// namespace of its own. There it has all rights over their files and those of our user. It remains our user, known as
// kOwnUserInside: what it makes is ours until it is given away. Programs that it runs have no rights over the ids.
// Throws Error with what to change when the machine does not let us.
void enter_own_namespace(const IdRange& ids);
inline constexpr std::uint32_t kOwnUserInside = kIdsPerContainer;

} // namespace lxcpp
