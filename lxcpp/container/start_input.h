// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/impl.h"
#include "start/starter.h"

namespace lxcpp {

// The effective configuration and request of one start. Throws Error for a container that is not defined
// and no configuration given, ConfigError for what does not load.
[[nodiscard]] StarterInput make_start_input(const Container::Impl& impl, const StartOptions& options);

// An ordinary user's container for which lxcpp-user-nic has to be run.
[[nodiscard]] bool wants_user_nic(const Container::Impl& impl, const StartOptions& options) noexcept;

// The same for a reboot, from what was remembered: the configuration is read again from disk; one that
// no longer loads leaves the one of the earlier start in place (with a warning in the log).
[[nodiscard]] StarterInput make_restart_input(const Container::Impl& impl, const RuntimeState& state);

// A root file system that is there and a directory. Throws Error.
void check_rootfs(const StarterInput& input);

} // namespace lxcpp
