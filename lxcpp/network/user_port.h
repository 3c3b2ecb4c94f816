// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/bridge_port.h"

#include <optional>
#include <string>
#include <sys/types.h>

// The place of an ordinary user's container in the managed bridge: as attach_port(), for somebody
// who is not trusted and who has no step of root's at the end of a container.
namespace lxcpp {

struct UserPortRequest {
    std::string bridge;
    std::string port;
    uid_t uid = 0;
    std::string user; // name in passwd(5), or empty
    std::string container;
    unsigned nic = 0;
    std::string ipv4;    // wished for; empty: any
    std::string charged; // "u1000" or "g100": who has at most so many
    unsigned most = 0;
};

// What ended unseen is removed first; addresses are kept for at most as many containers as may run.
// nullopt: no bridge that lxcpp-net manages. Throws Error.
[[nodiscard]] std::optional<PortAddresses> attach_user_port(const Paths& paths,
                                                            const UserPortRequest& request);

} // namespace lxcpp
