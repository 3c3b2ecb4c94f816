// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/nic.h"

namespace lxcpp {

// A pair of interfaces, one end inside, the other on a bridge of the host or routed to. It dies
// with the container's network namespace, and with it the host's routes and proxies of it.
[[nodiscard]] MadeNic make_veth(const NicPlan& nic, const NicWork& work);

} // namespace lxcpp
