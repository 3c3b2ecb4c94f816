// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <optional>

namespace lxcpp::sys {

// The slave of a pty master, by TIOCGPTPEER: no path is looked up, so it does not matter in which
// mount namespace the devpts is mounted. nullopt when fd is no pty master.
[[nodiscard]] std::optional<Fd> open_pty_peer(FdRef master);

} // namespace lxcpp::sys
