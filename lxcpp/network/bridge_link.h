// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/bridge_files.h"
#include "sys/netlink.h"

#include <span>
#include <string>
#include <vector>

// The bridge as a network interface.
namespace lxcpp {

// Networks that the host can reach without the bridge; its own addresses' included.
[[nodiscard]] std::vector<Ipv4Network> routed_networks(sys::Netlink& netlink,
                                                       const std::string& bridge);

// An interface of that name that has no record of ours: a line; empty when there is none.
[[nodiscard]] std::string not_ours(sys::Netlink& netlink, const BridgeFiles& files,
                                   const std::string& bridge);
// There with its addresses, but not up yet. Throws Error when somebody else's interface has the
// name.
void make_bridge_link(sys::Netlink& netlink, const BridgeSettings& settings,
                      const BridgeFiles& files);
// Lines: what of the interface is not as make_bridge_link() and raise_bridge_link() leave it.
[[nodiscard]] std::vector<std::string> bridge_link_problems(sys::Netlink& netlink,
                                                            const BridgeSettings& settings);
void raise_bridge_link(sys::Netlink& netlink, const BridgeSettings& settings);
void delete_bridge_link(sys::Netlink& netlink, const BridgeFiles& files, const std::string& bridge);

} // namespace lxcpp
