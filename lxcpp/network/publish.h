// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/published_port.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// A program of the host that listens where the port is to be: "0.0.0.0:8080"; nullopt when none
// does. Of this network namespace, from /proc/net.
[[nodiscard]] std::optional<std::string> listener_in_the_way(const PublishedPort& port);
// Whether one of them is published at 127.0.0.0/8 of the host, too.
[[nodiscard]] bool reaches_loopback(const std::vector<PublishedPort>& ports);
// Of the addresses to which ports are published those that the host does not have now, as lines.
[[nodiscard]] std::vector<std::string>
foreign_listen_addresses(const std::vector<PublishedPort>& ports);
// The same from the text of /proc/net/tcp and its like.
[[nodiscard]] std::optional<std::string> listener_in(std::string_view table, bool ipv6,
                                                     const PublishedPort& port);

} // namespace lxcpp
