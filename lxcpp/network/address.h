// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/nic.h"

namespace lxcpp {

// Addresses, being up and default routes of a device that is inside.
void configure_inside(const NicPlan& nic, const MadeNic& made, const NicWork& work);

} // namespace lxcpp
