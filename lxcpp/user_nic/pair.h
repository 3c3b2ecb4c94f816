// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/netlink_link.h"
#include "user_nic/request.h"
#include "user_nic/rules.h"

#include <optional>
#include <span>
#include <string>
#include <sys/types.h>

// The pair of interfaces, and how many there are: the host's end carries a mark, which only root of
// the host can give and take. Nothing is written down anywhere else.
namespace lxcpp::user_nic {

// ifalias of the host's end: "lxcpp-user-nic for=u1000 bridge=br0 uid=1000 container=c1".
[[nodiscard]] std::string mark_of(const Request& request, const std::string& subject, uid_t owner);

struct Count {
    unsigned all = 0;
    unsigned dying = 0; // of a network namespace that the kernel is about to remove
};
[[nodiscard]] Count count_marked(std::span<const sys::NetLink> links, const std::string& subject,
                                 const std::string& bridge);

// By this very name; nullopt when there is none, or it is something else.
[[nodiscard]] std::optional<sys::NetLink> find_bridge(sys::Netlink& netlink,
                                                      const std::string& name);
// vethUID_XXXX, or vethXXXXXX where the number is too long for that; one that no interface has.
[[nodiscard]] std::string free_name(sys::Netlink& netlink, uid_t owner,
                                    std::span<const unsigned char> random);

struct Pair {
    std::string host; // names
    std::string inside;
    std::string mac; // of the end inside; empty: any
    std::string host_mac;
    FdRef network_namespace;
    FdRef sysctls; // /proc/sys/net
    const sys::NetLink* bridge = nullptr;
    std::string mark;
};
// One message makes both ends, each where it belongs; a second one, to exactly what was made, marks
// the host's end and puts it on the bridge. What is found under the name is looked at before
// anything is done to it. Throws Error.
[[nodiscard]] sys::NetLink make_pair(sys::Netlink& netlink, const Pair& pair);

} // namespace lxcpp::user_nic
