// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "network/bridge_files.h"
#include "network/foreign_firewall.h"

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

// The bridge of net.conf as a whole, in the network namespace of the caller: doc/decisions/019.
namespace lxcpp {

using BridgeNote = std::function<void(const std::string&)>; // a line for the administrator

// Makes what is missing and corrects what is different: link, addresses, forwarding, rules,
// dnsmasq. Containers that are attached do not notice. Throws Error when something cannot be had.
void bring_bridge_up(const Paths& paths, const BridgeNote& note);

// Removes all of it but the addresses that containers have. Throws StateError while something is
// attached, unless forced. False when there was nothing.
bool take_bridge_down(const Paths& paths, bool force);

struct BridgeStatus {
    BridgeSettings settings; // of the bridge that is up, else what "up" would make
    bool up = false;         // everything that must be there is
    bool link = false;
    bool rules = false;
    std::optional<pid_t> dnsmasq;
    std::vector<BridgePort> ports; // of containers that run
    std::vector<Obstacle> obstacles;
};
[[nodiscard]] BridgeStatus bridge_status(const Paths& paths);

} // namespace lxcpp
