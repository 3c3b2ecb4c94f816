// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/bridge_files.h"
#include "network/bridge_port.h"

#include <string>
#include <vector>

// What a container wants of the managed bridge that is somebody else's. With the lock of the bridge.
namespace lxcpp {

// Ports of the host that another container has published, or a program listens on. Throws Error.
// before: what it has already, which is no question any more.
void check_published(const BridgeFiles& files, const BridgePort& wanted,
                     const std::vector<PublishedPort>& before = {});

// Addresses that its configuration chooses and the bridge has, or another container. Throws Error. Of the bridge's
// own IPv4 network it is reserve_address() that asks.
void check_own_choice(const BridgeSettings& settings, const BridgeFiles& files,
                      const PortRequest& request, const BridgePort& wanted);

// Lines: IPv4 addresses of its configuration that are in no network of the bridge.
[[nodiscard]] std::vector<std::string> addresses_without_route(const BridgeSettings& settings,
                                                               const PortRequest& request);

} // namespace lxcpp
