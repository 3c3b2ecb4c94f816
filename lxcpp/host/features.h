// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/facts.h"

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

enum class Presence {
    Available,
    Missing,
    Unknown
}; // Unknown: trying it needs rights we do not have

// One line of lxcpp-checkconfig.
struct FeatureReport {
    std::string_view group; // "Namespaces", ...
    std::string_view name;  // "Idmapped mounts"
    std::string_view id;    // for programs: "idmapped-mounts"
    bool required = false;  // without it no container starts
    Presence presence = Presence::Unknown;
    std::string value;     // "ABI 7", "29950"; may be empty
    std::string_view cost; // what one has to do without
    std::string_view remedy;
};

// Tries every feature in the kernel, not by its version: most are one refused system call, a few
// make a namespace, a cgroup or network devices that are gone when this returns. The calling
// process is left in a network namespace of its own: only for a program that does nothing else
// (lxcpp-checkconfig). state_dir is where containers live.
[[nodiscard]] std::vector<FeatureReport> probe_features(const HostFacts& facts,
                                                        const std::string& state_dir);

} // namespace lxcpp
