// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/bridge_files.h"

#include <string>
#include <string_view>
#include <vector>

// Rules of others that drop what our own rules accept: in the kernel each of them has a veto.
namespace lxcpp {

enum class Firewall { Docker, Ufw, Firewalld, Unknown };

struct Obstacle {
    Firewall owner = Firewall::Unknown;
    std::string family; // "ip", "ip6", "inet"
    std::string table;
    std::string chain;
    std::string hook; // "forward" or "input"
    bool legacy = false;
    bool passes = false; // it has rules that let the bridge's packets through
    bool operator==(const Obstacle&) const = default;
};

// From the text of "nft list ruleset". Pure.
[[nodiscard]] std::vector<Obstacle> obstacles_in(std::string_view ruleset, std::string_view bridge);
// From "iptables-legacy -S" ("ip") or ip6tables-legacy ("ip6"). Pure.
[[nodiscard]] std::vector<Obstacle>
obstacles_in_legacy(std::string_view rules, std::string_view family, std::string_view bridge);
[[nodiscard]] bool others_forward(std::string_view ruleset, std::string_view bridge);

// "Docker drops forwarded packets (table ip filter, chain FORWARD)"
[[nodiscard]] std::string describe(const Obstacle& obstacle);
// Commands for the administrator, joined by " && ".
[[nodiscard]] std::string advice_for(const Obstacle& obstacle, std::string_view bridge);

// The same of this host, now.
[[nodiscard]] std::vector<Obstacle> find_obstacles(std::string_view bridge);
[[nodiscard]] bool others_forward(std::string_view bridge);
// Where somebody documents a place for the rules of others (DOCKER-USER, firewalld's zone trusted),
// ours are put there and noted. Returns what is in the way still.
std::vector<Obstacle> repair_obstacles(const BridgeFiles& files, std::string_view bridge);
void undo_repairs(const BridgeFiles& files);

} // namespace lxcpp
