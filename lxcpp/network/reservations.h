// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"
#include "network/bridge_files.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

// Which container has which address of the bridge, in files that dnsmasq reads, too. Under the
// bridge's lock.
namespace lxcpp {

// The container's IPv4 address: the one that it asks for, else the one that it had, else a free
// one; "" on a bridge without IPv4. Writes what dnsmasq must know. reload: dnsmasq must forget
// something that has changed. Throws Error when the address that is asked for is another
// container's, and when all are taken.
[[nodiscard]] std::string reserve_address(const BridgeSettings& settings, const BridgeFiles& files,
                                          Reservation wish, const std::vector<IpAddress>& asked_for,
                                          bool& reload);
// The container's name stands for these addresses, unless another container has that name already.
void write_name(const BridgeSettings& settings, const BridgeFiles& files, const PortOwner& owner,
                const std::string& ipv4, const std::string& ipv6);

// By address.
[[nodiscard]] std::vector<std::pair<std::string, Reservation>>
load_reservations(const BridgeFiles& files);
// True when there were some.
bool remove_reservations(const BridgeFiles& files, const std::string& lxcpath,
                         const std::string& container);

} // namespace lxcpp
