// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "network/bridge_files.h"
#include "network/foreign_firewall.h"

#include <cstddef>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

struct BridgeStatus {
    BridgeSettings settings; // of the bridge that is up, else what "up" would make
    bool up = false;         // everything that must be there is
    bool link = false;
    bool rules = false;
    std::optional<pid_t> dnsmasq;
    std::vector<BridgePort> ports;     // of containers that run, in the bridge
    std::size_t containers = 0;        // whose they are
    std::vector<std::string> problems; // lines: what is not as it should be, beside the above
    std::vector<Obstacle> obstacles;
};
[[nodiscard]] BridgeStatus bridge_status(const Paths& paths);

} // namespace lxcpp
