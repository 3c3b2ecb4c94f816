// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/nic.h"

namespace lxcpp {

// Runs one of a device's scripts with these further arguments; throws Error when it fails.
using RunScript = std::function<void(const RunProgram&)>;

// All that the plan says of one device: made, script.up, its place on the host and addresses
// inside. Throws ConfigError lxc.net.N.KEY; what then stays behind on the host is noted.
[[nodiscard]] MadeNic make_nic(const NicPlan& nic, const NicWork& work, const RunScript& run);

// The script with what it is told of the device: its link, and of a veth the host's end.
[[nodiscard]] RunProgram script_for(const RunProgram& script, const ScriptRun& about);

} // namespace lxcpp
