// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/netlink.h"

#include <string>
#include <vector>

namespace lxcpp::sys {

struct KnownRoute {
    int family = 0;
    std::string destination; // "10.1.0.0"; empty with prefix 0
    int prefix = 0;
    int device = 0; // index; 0 for several or none
};
// Of all tables, those of the host's own addresses (local) left out.
[[nodiscard]] std::vector<KnownRoute> list_routes(Netlink& netlink, int family);

} // namespace lxcpp::sys
