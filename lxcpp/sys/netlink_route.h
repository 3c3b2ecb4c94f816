// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/netlink.h"

#include <cstdint>
#include <string>
#include <sys/socket.h>

// Routes of the main table, and neighbour requests that are answered for others.
namespace lxcpp::sys {

struct Route {
    int family = AF_INET;
    std::string destination = {}; // "10.1.0.0"; empty with prefix 0: the default route
    int prefix = 0;
    std::string gateway = {}; // empty: what it leads to is on the link
    bool on_link = false;     // the gateway is reached without a route of its own
};
void add_route(Netlink& netlink, const NetLink& device, const Route& route);
void remove_route(Netlink& netlink, const NetLink& device,
                  const Route& route); // no error when it is not there

// ip neighbour add proxy ADDRESS dev DEVICE
void add_neighbour_proxy(Netlink& netlink, const NetLink& device, int family,
                         const std::string& address);
void remove_neighbour_proxy(Netlink& netlink, const NetLink& device, int family,
                            const std::string& address); // likewise

} // namespace lxcpp::sys
