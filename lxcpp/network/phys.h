// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/nic.h"

#include <optional>

// Interfaces of the host that a container gets for itself, as long as it runs.
namespace lxcpp {

// The one that lxc.net.N.link names: by its name, one of its other names, or with '+' the first
// whose name begins so.
[[nodiscard]] sys::NetLink choose_phys(const NicPlan& nic, sys::Netlink& host);
// Moves it inside, and notes what it was.
[[nodiscard]] MadeNic take_phys(const NicPlan& nic, const NicWork& work, const sys::NetLink& link);

// Brings it back as it was, but for addresses and being up. Its namespace may be gone (invalid):
// then the kernel has given it back, and it is only renamed. Returns what is to be said of it, ""
// for nothing. Throws Error.
[[nodiscard]] std::string give_phys_back(const TakenLink& taken, FdRef network_namespace);

} // namespace lxcpp
