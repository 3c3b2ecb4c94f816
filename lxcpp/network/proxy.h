// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/nic.h"

namespace lxcpp {

// lxc.net.N.l2proxy: the host answers on the link for the container's addresses. Noted one by one.
void answer_for(const NicPlan& nic, const NicWork& work);
void answer_no_more(const HostProxy& proxy, sys::Netlink& host); // no error when it is gone

} // namespace lxcpp
