// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/bridge_choice.h"

#include <filesystem>
#include <string>
#include <vector>

// What the kernel must be told (sysctl) so that packets pass between the bridge and elsewhere.
namespace lxcpp {

// Of the bridge alone, as soon as it exists: it takes nothing from a container for its own
// configuration.
void quiet_bridge(const BridgeSettings& settings);
// Notes in the file what it changes of the host, before it does. What it does not change: whether
// and how interfaces of the host configure themselves by what routers tell.
void enable_forwarding(const BridgeSettings& settings, const std::filesystem::path& notes);
// Lines: what of enable_forwarding() is not so any more.
[[nodiscard]] std::vector<std::string> forwarding_problems(const BridgeSettings& settings);
// Back to what is noted, where nobody has changed it meanwhile. keep: somebody else forwards, too;
// it is only forgotten.
void restore_forwarding(const std::filesystem::path& notes, bool keep);
// Connections to 127.0.0.1 may be handed on to a container of the bridge.
void allow_published_loopback(const std::string& bridge);

} // namespace lxcpp
