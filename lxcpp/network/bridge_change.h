// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/bridge_files.h"

#include <optional>
#include <string>
#include <vector>

// What becomes of containers that run when net.conf gives their bridge other addresses.
namespace lxcpp {

// "ipv4.address = 10.0.3.1/24 instead of 10.0.4.1/24" when those that have addresses of before lose
// their way; "" when none does. Pure.
[[nodiscard]] std::string lost_addresses(const BridgeSettings& before, const BridgeSettings& now);

// Gives the ports addresses of the bridge as it is now, in their records and in dnsmasq's files, and
// takes away those that are none of its network any more. Their containers ask for them when their
// lease ends, or they start again. Under the bridge's lock. True when dnsmasq must forget something.
bool refit_ports(const BridgeSettings& settings, const BridgeFiles& files,
                 std::vector<BridgePort>& ports);

} // namespace lxcpp
