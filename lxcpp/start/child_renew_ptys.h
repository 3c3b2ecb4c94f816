// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "start/renew_ptys.h"

namespace lxcpp {

// The part of renew_ptys() that runs inside the container, between clone and exit: the fork rule holds. Sends an
// int, 0 or -errno, and with 0 the masters.
[[noreturn]] void run_renew_ptys(const RenewPtys& wish, int channel) noexcept;

} // namespace lxcpp
