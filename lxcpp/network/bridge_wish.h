// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "network/bridge_files.h"
#include "sys/netlink.h"

#include <string>
#include <vector>

// What net.conf makes of this host's bridge, and which bridges there are.
namespace lxcpp {

// choice: what "auto" stands for, now and the next time when it is remembered. Throws Error.
[[nodiscard]] BridgeSettings settle_bridge(const Paths& paths, const BridgeConfig& config,
                                           const BridgeFiles& files, sys::Netlink& netlink,
                                           BridgeChoice& choice);
void remember_choice(const BridgeFiles& files, const BridgeChoice& choice);

// Those that were brought up, by their notes; two only after net.conf was given another name.
[[nodiscard]] std::vector<std::string> bridges_up(const Paths& paths);
// The bridge that is up, else the one of net.conf. Throws ConfigError.
[[nodiscard]] std::string bridge_of_host(const Paths& paths);

} // namespace lxcpp
