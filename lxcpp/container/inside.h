// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/netlink.h"

#include <string>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

// Links and addresses of a network namespace, asked from outside.
struct NetworkInside {
    std::vector<sys::NetLink> links;
    std::vector<sys::NetAddress> addresses;
};

// Of the namespace of that process; empty when it shares ours, is gone, or we may not enter. The caller must be
// single-threaded: it is inside for a moment.
[[nodiscard]] NetworkInside network_inside(pid_t pid);

// Addresses of global scope of one family (AF_INET, AF_INET6), not those of lo.
[[nodiscard]] std::vector<std::string> global_addresses(const NetworkInside& network, int family);

} // namespace lxcpp
