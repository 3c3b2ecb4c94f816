// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/bridge_files.h"

#include <string>
#include <string_view>
#include <sys/types.h>

// What containers are called in the name server of the bridge. Under the bridge's lock.
namespace lxcpp {

// Which names a container of this name has: NAME.DOMAIN, and NAME alone where that cannot be somebody
// else's name. Pure.
struct ContainerNames {
    bool whole = false; // NAME.DOMAIN
    bool alone = false; // NAME
    std::string why;    // one of them is missing
};
[[nodiscard]] ContainerNames names_for(std::string_view container, std::string_view host_name);

// They stand for these addresses from now on. Returns a line when the container has no name, for its
// own is none, or another container's.
[[nodiscard]] std::string write_name(const BridgeSettings& settings, const BridgeFiles& files,
                                     const PortOwner& owner, const std::string& ipv4,
                                     const std::string& ipv6);
// The same for a container that has a name already. True when it changed.
bool rewrite_name(const BridgeSettings& settings, const BridgeFiles& files, const PortOwner& owner,
                  const std::string& ipv4, const std::string& ipv6);
// A user's container has NAME.USER, which nobody else's is. USER: of passwd(5), or empty.
void write_user_name(const BridgeSettings& settings, const BridgeFiles& files,
                     const PortOwner& owner, std::string_view user, const std::string& ipv4,
                     const std::string& ipv6);
void remove_user_names(const BridgeFiles& files, const PortOwner& owner);
// Pure. What stands for a user in a name: theirs where it can, else their number.
[[nodiscard]] std::string user_label(std::string_view user, uid_t uid);
// True when it had one.
bool remove_name(const BridgeFiles& files, const std::string& lxcpath,
                 const std::string& container);

} // namespace lxcpp
