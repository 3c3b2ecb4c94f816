// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/problem.h"
#include "config/types.h"

#include <vector>

namespace lxcpp {

// The part of validate() that is about lxc.net: what each device needs, and what two of them cannot
// both have.
void check_network(const std::vector<NetDevice>& devices, std::vector<Problem>& problems);
// What can be read and shown, but not started: values that contradict each other.
[[nodiscard]] std::vector<Problem> network_obstacles(const std::vector<NetDevice>& devices);
[[nodiscard]] std::vector<Problem> publish_obstacles(const std::vector<NetDevice>& devices,
                                                     const std::vector<PublishedPort>& publish);
// Whether ports of the host could lead to it.
[[nodiscard]] bool can_publish(const NetDevice& device) noexcept;

} // namespace lxcpp
