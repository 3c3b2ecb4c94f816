// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the starter tells lxcpp-user-net, in the first packet of their channel; with it come init's
// pidfd, its network namespace and the directory kUserNetDirectory. The answers are kTapMade, then
// kCarries, or at any time kFailed and why.
namespace lxcpp {

struct UserNetTask {
    std::string interface;
    std::vector<std::string> argv;       // of the program
    int ready = 1;                       // to which descriptor it writes when it carries packets
    bool as_root_inside = false;         // of the container's user namespace
    std::string directory;               // kUserNetDirectory
    std::string resolv_conf;             // what it sees as /etc/resolv.conf; "" = the host's
    std::vector<PublishedPort> forwards; // asked for by its socket
    std::string guest;                   // the container's IPv4 address
    std::vector<std::string> cgroups;    // where it and the program live
    std::string log_file;                // "" = none
    std::string log_level;
    bool operator==(const UserNetTask&) const = default;
};

[[nodiscard]] std::string print_task(const UserNetTask& task);
[[nodiscard]] UserNetTask parse_task(std::string_view text); // throws Error

inline constexpr std::string_view kTapMade = "made";
inline constexpr std::string_view kCarries = "carries";
inline constexpr std::string_view kFailed = "failed ";

} // namespace lxcpp
