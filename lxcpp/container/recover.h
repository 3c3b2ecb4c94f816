// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/impl.h"

namespace lxcpp {

// The work of a monitor that died before its container did: runs lxcpp-cleanup for a container whose init is
// gone while its runtime directory is still there. Does nothing when somebody else is at it.
void clean_up_after(const Container::Impl& impl, const std::optional<sys::ExitStatus>& exit);

// Ends a start that has not come to its end: kills the starter, its hook and whatever is in the container's
// groups, and removes what it had made. False when nobody is starting it.
bool abort_start(const Container::Impl& impl);

} // namespace lxcpp
