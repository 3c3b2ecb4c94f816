// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/bridge_port.h"
#include "network/record.h"
#include "plan/nic_plan.h"
#include "sys/netlink_link.h"

#include <functional>
#include <optional>
#include <string>

// What the files of this folder share: the two ends at which interfaces are made.
namespace lxcpp {

// One that is there.
struct MadeNic {
    unsigned nic = 0;
    std::string link;    // on the host, as it was found
    std::string peer;    // a veth's end on the host
    sys::NetLink inside; // index 0: the type has none
    std::optional<PortAddresses> lease; // of a managed bridge
};

struct NicWork {
    sys::Netlink& host;
    sys::Netlink& inside;
    FdRef network_namespace; // the container's
    // Told before it is done, and told again (a taken link) when more is known.
    std::function<void(const NicRecord&)> note;
    std::function<bool(const std::string& bridge)> is_managed;
    // The place of a veth in the managed bridge, made before there is a port. mac: what the device
    // is to have, or empty.
    std::function<std::optional<PortAddresses>(const NicPlan&, const std::string& port,
                                               const std::string& mac)>
        manage;
    // A device that a program of the user carries; made and filled in by who may run one.
    std::function<MadeNic(const NicPlan&)> user_mode;
    // Of an ordinary user, for whom somebody else makes the pair. Empty for root.
    struct UsersPair {
        std::string peer;
        int index = 0; // of the host's end
        std::optional<PortAddresses> managed; // its hardware address the device must keep
    };
    std::function<UsersPair(const NicPlan&)> make_for_user = {};
};

[[noreturn]] void refuse(const NicPlan& nic, std::string_view key,
                         const std::string& why); // ConfigError lxc.net.N.KEY
// The link on the host; refuses one that is not there.
[[nodiscard]] sys::NetLink host_link(const NicPlan& nic, sys::Netlink& host);
// By the name that the plan gives it.
[[nodiscard]] sys::NetLink link_inside(const NicPlan& nic, sys::Netlink& inside);
[[nodiscard]] std::string hardware_address(const NicPlan& nic); // random digits thrown; "" for none

} // namespace lxcpp
