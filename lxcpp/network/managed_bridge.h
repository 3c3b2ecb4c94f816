// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "network/bridge_files.h"

#include <functional>
#include <string>
#include <vector>

// The bridge of net.conf as a whole, in the network namespace of the caller: doc/decisions/019.
namespace lxcpp {

using BridgeNote = std::function<void(const std::string&)>; // a line for the administrator

// What to do when net.conf says something that would cut off containers that run.
enum class CutOff {
    Refuse, // StateError that names them
    Allow,
    Put, // it stays what it was until somebody asks for the change: of a start
};

// Makes what is missing and corrects what is different: link, addresses, forwarding, rules,
// dnsmasq. Containers that are attached do not notice; they are joined again to a bridge that had
// gone. One of another name, of an earlier net.conf, is taken down. Throws Error when something
// cannot be had.
void bring_bridge_up(const Paths& paths, CutOff cut_off, const BridgeNote& note);

// Removes all of it but the addresses that containers have, whatever net.conf says now. Throws
// StateError while something uses it, unless forced. False when there was nothing.
bool take_bridge_down(const Paths& paths, bool force);
// A line, when an interface has the bridge's name that no record says to be ours; else empty.
[[nodiscard]] std::string foreign_bridge(const Paths& paths);
// The containers that have ports of a bridge that is up, as far as the records know.
[[nodiscard]] std::vector<PortOwner> owners_of_ports(const Paths& paths);

} // namespace lxcpp
