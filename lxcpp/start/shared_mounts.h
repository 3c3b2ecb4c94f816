// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "start/starter.h"

#include <string>
#include <vector>

namespace lxcpp {

// The host's side of lxc.mount.auto = shmounts: a directory that is a shared mount of its own. Made when
// missing; "" does nothing.
void share_host_directory(const std::string& directory);

// Opens what StartPlan::shared_namespaces name: a path, a pid, or a running container of the same lxcpath.
[[nodiscard]] std::vector<Fd> open_shared_namespaces(const StartPlan& plan, const StarterInput& input);

} // namespace lxcpp
