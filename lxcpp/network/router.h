// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/nic.h"

namespace lxcpp {

// The host's ways to a container by its end of the pair: lxc.net.N.veth.ipv4.route and .ipv6.route,
// and in the mode "router" the addresses themselves, with the gateways answered for.
void add_host_routes(const NicPlan& nic, const sys::NetLink& host_end, sys::Netlink& host);

} // namespace lxcpp
