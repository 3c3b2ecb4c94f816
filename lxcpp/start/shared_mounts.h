// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "start/starter.h"

#include <string>
#include <vector>

namespace lxcpp {

// The host's side of lxc.mount.auto = shmounts: a directory that is a shared mount of its own, made when
// missing. The mount is noted in the runtime directory's "made" when it is ours to remove, that is, when we
// made it, now or for another container that uses the directory too. "" does nothing.
void share_host_directory(const std::string& directory, const Paths& paths, const std::filesystem::path& runtime);
// Unmounts what the runtime directory notes, unless another container that lives notes it too.
void release_host_directory(const Paths& paths, const std::filesystem::path& runtime);

// Opens what StartPlan::shared_namespaces name: a path, a pid, or a running container of the same lxcpath.
[[nodiscard]] std::vector<Fd> open_shared_namespaces(const StartPlan& plan, const StarterInput& input);

} // namespace lxcpp
