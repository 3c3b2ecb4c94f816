// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/netlink.h"

#include <string>
#include <sys/socket.h>

namespace lxcpp::sys {

struct InterfaceAddress {
    int family = AF_INET;
    std::string address; // "10.0.3.5"
    int prefix = 0;
    std::string broadcast = {};     // IPv4; empty = none
    bool without_detection = false; // IPv6: usable at once, nobody is asked whether they have it
};
void add_address(Netlink& netlink, const NetLink& link, const InterfaceAddress& address);
void remove_address(Netlink& netlink, const NetLink& link,
                    const InterfaceAddress& address); // no error when it is not there

} // namespace lxcpp::sys
