// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/paths.h"
#include "network/nic.h"

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

// The interfaces of an ordinary user's container on bridges of the host, which the setuid program
// lxcpp-user-nic makes.
namespace lxcpp {

// One that is there. Kept in the file "user-nics" of the runtime directory, as nobody can ask for
// it again: a container that reboots keeps it.
struct UserNic {
    unsigned nic = 0;
    std::string bridge; // "" for none
    std::string peer;   // the end on the host
    int index = 0;      // of that
    std::optional<PortAddresses> managed;
    bool operator==(const UserNic&) const = default;
};
[[nodiscard]] std::string print_user_nic(const UserNic& nic); // one line
[[nodiscard]] std::optional<UserNic> parse_user_nic(std::string_view line);

struct UserNicWish {
    const Paths& paths;
    const std::filesystem::path& runtime;
    const std::string& container;
    pid_t init;
    FdRef outside;     // run_outside(); invalid: the container reboots
    FdRef old_network; // of a container that reboots, else invalid
    const NicWork& work;
};

struct UserNicAnswer {
    std::optional<UserNic> made;
    std::string why; // not permitted: what was said
};
// In the container's network namespace, under the plan's name, and noted. An Error is for the user
// to mend; what root has not allowed is none.
[[nodiscard]] UserNicAnswer ask_user_nic(const NicPlan& nic, const UserNicWish& wish);
// What root would have to do, for messages.
[[nodiscard]] std::string how_root_allows(const NicPlan& nic);

} // namespace lxcpp
