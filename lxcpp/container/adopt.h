// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/impl.h"

namespace lxcpp {

// Gives a running container whose monitor died a new one: command socket, exit status, consoles, hooks at its end and
// reboots work again. False when it has one or does not run. Throws Error when none could be made; the container
// runs on all the same.
bool adopt(const Container::Impl& impl);

// The same for every command that only wants the container to be as it should be: a failure is logged. A monitor that
// somebody stopped goes on.
void adopt_if_orphaned(const Container::Impl& impl);

} // namespace lxcpp
