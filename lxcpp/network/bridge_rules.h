// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/bridge_files.h"
#include "sys/nftables.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

// The rules of the managed bridge in nftables: fixed ones as text for nft(8), and what belongs to
// one port as elements of their sets, which cost a start next to nothing. Pure.
namespace lxcpp {

[[nodiscard]] std::string bridge_table(std::string_view bridge); // the name of both tables

// A transaction that replaces what was there, with the elements of these ports.
[[nodiscard]] std::string bridge_ruleset(const BridgeSettings& settings,
                                         std::span<const BridgePort> ports);
// One that removes everything, and is no error when nothing is there.
[[nodiscard]] std::string bridge_ruleset_removal(std::string_view bridge);

// What one port adds to the sets.
[[nodiscard]] std::vector<sys::SetElement> port_elements(const BridgeSettings& settings,
                                                         const BridgePort& port);

} // namespace lxcpp
