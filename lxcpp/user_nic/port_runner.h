// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "user_nic/request.h"

#include <optional>
#include <string>
#include <sys/types.h>

// The place of a pair on the managed bridge is made by lxcpp-bridge-port, which runs programs and
// keeps files. A process that is made before this one gives up its rights waits to run that one
// program, and knows nothing but this request.
namespace lxcpp::user_nic {

struct Port {
    std::string name;    // of the host's end of the pair
    std::string subject; // by whom it is counted
    unsigned most = 0;
};

class PortRunner {
public:
    PortRunner(const Request& request, uid_t owner);
    // Hardware address, IPv4 address and gateway, IPv6 address and gateway, each or "-"; nullopt:
    // not a managed bridge. user: the caller's name, or empty. Throws Error with the program's own
    // words.
    [[nodiscard]] std::optional<std::string> attach(const Port& port, const std::string& user);

private:
    Fd socket_;
};

} // namespace lxcpp::user_nic
