// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <optional>

namespace lxcpp::sys {

// A socket for Netlink of another network namespace, for who has rights over that and the user
// namespace it belongs to but none over the one they are in: a child process goes there and sends
// it back. nullopt when we may not.
[[nodiscard]] std::optional<Fd> netlink_socket_inside(FdRef user_namespace,
                                                      FdRef network_namespace);

} // namespace lxcpp::sys
