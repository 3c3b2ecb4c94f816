// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "network/bridge_files.h"
#include "sys/netlink.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

// Who uses the managed bridge: the records of its ports say it, for the kernel shows interfaces of
// containers that ended for seconds still.
namespace lxcpp {

// Those of containers that run, or are about to: their interface comes after their rules.
[[nodiscard]] std::vector<BridgePort>
living_ports(const Paths& paths, const BridgeFiles& files, sys::Netlink& netlink);
void forget_dead_ports(const BridgeFiles& files, const std::vector<BridgePort>& living);

// Those of the runtime directory that hold nothing any more.
void remove_empty_directories(const BridgeFiles& files);

// The port's container has ended: its record goes, and its interface, while it is there, is nobody's.
void leave_port(const BridgeFiles& files, const std::string& port);
// Forgets those whose interface is gone.
void forget_left_ports(const BridgeFiles& files);
void forget_all_left_ports(const BridgeFiles& files);

// Whose they are, as owner_name() says; each once.
[[nodiscard]] std::vector<std::string> containers_of(const BridgeFiles& files,
                                                     std::span<const BridgePort> ports);
// Interfaces in the bridge that are none of these ports, and none that a container has left.
[[nodiscard]] std::vector<std::string> strangers(std::span<const BridgePort> ports,
                                                 const BridgeFiles& files,
                                                 const std::string& bridge, sys::Netlink& netlink);
// Containers, and interfaces that are no container's, by name; each once.
[[nodiscard]] std::vector<std::string> bridge_users(const Paths& paths, const BridgeFiles& files,
                                                    const std::string& bridge,
                                                    sys::Netlink& netlink);

// Whose interface is in the bridge, and whose is outside of it.
struct JoinedPorts {
    std::vector<BridgePort> joined;
    std::vector<BridgePort> apart;
};
[[nodiscard]] JoinedPorts sort_ports(std::span<const BridgePort> ports, const std::string& bridge,
                                     sys::Netlink& netlink);
// Into the bridge, after it was made anew; note gets a line for each that somebody has put into
// another one.
void rejoin_ports(std::span<const BridgePort> ports, const std::string& bridge,
                  sys::Netlink& netlink, const std::function<void(const std::string&)>& note);

} // namespace lxcpp
