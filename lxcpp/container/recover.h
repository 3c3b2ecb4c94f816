// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/impl.h"

namespace lxcpp {

// A file of the runtime directory: somebody waits for the container to reboot.
inline constexpr const char* kRebootWish = "reboot-wish";
inline constexpr const char* kStopWish = "stop-wish";       // somebody ends this run: lxc.restart.policy does not start another
inline constexpr const char* kRestartWait = "restart-wait"; // the owner waits before it starts the container again; SIGTERM ends that

// What an earlier run left behind, done by whoever comes next: runs lxcpp-cleanup for a container whose monitor
// died before its init's end was dealt with, removes what a killed starter had made. Does nothing while the
// container runs or somebody else is at it. exit: how its init ended, when that is known.
void recover(const Container::Impl& impl, const std::optional<sys::ExitStatus>& exit = std::nullopt);

// Ends a start that has not come to its end: kills the starter, its hooks and whatever is in the container's
// groups, and removes what it had made. False when nobody is starting it, or it was faster and runs.
bool abort_start(const Container::Impl& impl);

} // namespace lxcpp
