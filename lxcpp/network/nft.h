// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/bridge_files.h"

#include <optional>
#include <string>

// The rules of the managed bridge in the kernel, by nft(8).
namespace lxcpp {

// A transaction: all or nothing. Throws Error, with what nft says.
void run_nft(const std::string& ruleset);
// Both tables as nft shows them, without what belongs to single ports; nullopt: one is missing.
[[nodiscard]] std::optional<std::string> listed_rules(const BridgeSettings& settings);

} // namespace lxcpp
