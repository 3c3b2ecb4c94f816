// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lxcpp::sys {

struct NetLink {
    int index = 0;
    std::string name;
    unsigned flags = 0; // IFF_*
    std::string mac;    // "00:16:3e:..."; empty for one without
    std::uint64_t rx_bytes = 0;
    std::uint64_t tx_bytes = 0;
};

struct NetAddress {
    std::string interface;
    int family = 0;   // AF_INET or AF_INET6
    std::string text; // "10.0.3.5"
    int scope = 0;    // RT_SCOPE_*: 0 global, 253 link, 254 host
    int prefix = 0;
};

// rtnetlink(7) in the network namespace in which it was made, also after the process entered
// another. Throws SystemError; no wait is longer than 5 s.
class Netlink {
public:
    Netlink();
    void set_up(const std::string& interface);
    [[nodiscard]] std::vector<NetLink> links();        // by index
    [[nodiscard]] std::vector<NetAddress> addresses(); // in the kernel's order
    // The same for somebody who has the links: asking for them costs most of it.
    [[nodiscard]] std::vector<NetAddress> addresses(std::span<const NetLink> links);

private:
    Fd fd_;
    std::uint32_t sequence_ = 0;
};

} // namespace lxcpp::sys
