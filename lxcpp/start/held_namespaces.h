// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "config/types.h"

#include <sys/types.h>
#include <vector>

namespace lxcpp {

// init's namespaces when there are stop hooks, which get them: behind these descriptors they live on when it is
// gone. Empty without such hooks.
[[nodiscard]] std::vector<Fd> namespaces_for_stop_hooks(const Config& config, pid_t init);
// A user's container that reboots takes its interfaces along, from this network namespace. Invalid: it has none, or is gone.
[[nodiscard]] Fd network_for_reboot(const Config& config, pid_t init);

} // namespace lxcpp
