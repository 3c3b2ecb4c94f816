// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/nic.h"

namespace lxcpp {

// macvlan, ipvlan and vlan: an interface inside on top of one of the host's. It dies with the
// network namespace.
[[nodiscard]] MadeNic make_sub_link(const NicPlan& nic, const NicWork& work);

} // namespace lxcpp
