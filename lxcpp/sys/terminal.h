// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

// Who reads the terminal: the processes of its foreground group. Others are stopped when they try.
namespace lxcpp::sys {

// A terminal whose foreground group is ours.
[[nodiscard]] bool is_our_terminal(FdRef fd) noexcept;
// Makes our group the foreground one of our session's terminal, whichever it is now. False when it is not possible.
bool take_terminal(FdRef fd) noexcept;

} // namespace lxcpp::sys
