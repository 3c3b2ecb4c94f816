// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/signal.h"
#include "sys/spawn.h"

#include <string>

namespace lxcpp {

// Waits for a helper of a create; a signal to us ends it. Throws Error "WHAT: ..." when it failed, and when we were
// interrupted.
void wait_for_helper(sys::Child& child, sys::SignalFd& signals, const std::string& what);

// Throws when one of the signals has come.
void refuse_interrupted(sys::SignalFd& signals);

} // namespace lxcpp
