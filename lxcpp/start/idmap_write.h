// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"

#include <string>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

// "inside outside count" lines of one kind, as user_namespaces(7) wants them.
[[nodiscard]] std::string id_map_text(const std::vector<IdMapEntry>& entries, IdKind kind);
// Writes both maps of a process in a new user namespace. Throws SystemError.
void write_id_maps(pid_t pid, const std::vector<IdMapEntry>& entries);

} // namespace lxcpp
