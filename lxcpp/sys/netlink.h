// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/netlink_message.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lxcpp::sys {

struct NetLink {
    int index = 0;
    std::string name;
    unsigned flags = 0; // IFF_*
    std::string mac;    // "00:16:3e:..."; empty for one without
    std::uint64_t rx_bytes = 0;
    std::uint64_t tx_bytes = 0;
    std::uint32_t mtu = 0;
    int master = 0; // index of the bridge that it is in; 0 = none
    int parent = 0; // IFLA_LINK: of a macvlan what it is on, of a veth its peer; 0 = none
    // Where parent is, when that is another namespace: the number that ours has for it, -1 for one
    // that it has none for, as one that is going away.
    std::optional<int> parent_namespace;
    std::string kind;                     // "veth", "bridge"; empty for hardware
    std::string permanent_mac;            // of hardware, however mac was changed
    std::string device;                   // "pci/0000:00:03.0", where the hardware is
    std::vector<std::string> other_names; // ip link property add altname
    std::string alias;                    // ip link set alias
    std::optional<bool> vlan_filtering;   // of a bridge, where the kernel has that
    std::uint16_t default_pvid = 0;       // of a bridge; 0 = none
};

struct NetAddress {
    std::string interface;
    int family = 0;   // AF_INET or AF_INET6
    std::string text; // "10.0.3.5"
    int scope = 0;    // RT_SCOPE_*: 0 global, 253 link, 254 host
    int prefix = 0;
};

// rtnetlink(7) in the network namespace in which it was made, also after the process entered
// another. Throws SystemError, with the kernel's own words where it has some; no wait is longer
// than 5 s. What can be asked for has files of its own: netlink_link.h, netlink_bridge.h,
// netlink_address.h, netlink_route.h.
class Netlink {
public:
    Netlink();
    explicit Netlink(Fd socket); // one of NETLINK_ROUTE that somebody else has made
    // In that namespace. The caller must be single-threaded: it is inside for a moment. Aborts
    // rather than to return from there into a namespace that is not the caller's.
    [[nodiscard]] static Netlink inside(FdRef network_namespace);

    // The same for who could not come back: a process is made that goes there and sends us the socket.
    [[nodiscard]] static Netlink fetched_from(FdRef network_namespace);

    // The one that it is of.
    [[nodiscard]] Fd network_namespace() const;
    void set_up(const std::string& interface);
    [[nodiscard]] std::vector<NetLink> links();        // by index
    [[nodiscard]] std::vector<NetAddress> addresses(); // in the kernel's order
    // The same for somebody who has the links: asking for them costs most of it.
    [[nodiscard]] std::vector<NetAddress> addresses(std::span<const NetLink> links);
    [[nodiscard]] std::vector<NetAddress> addresses(const NetLink& link); // its own alone

    // type and payload of one message of the answer
    using Visit = std::function<void(std::uint16_t, std::string_view)>;
    // Returns when the kernel has done it. what: "bring up eth0", for the error.
    void request(const NetlinkRequest& request, const std::string& what, const Visit& visit = {});
    // request() for all of a list. It is asked for again when it changed meanwhile; clear forgets
    // what was visited.
    void dump(const NetlinkRequest& request, const std::string& what,
              const std::function<void()>& clear, const Visit& visit);

private:
    Fd fd_;
    std::uint32_t sequence_ = 0;
};

} // namespace lxcpp::sys
