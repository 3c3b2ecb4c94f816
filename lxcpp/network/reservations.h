// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"
#include "network/bridge_files.h"
#include "network/dnsmasq_text.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
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
// The IPv4 address that it has; "" for none.
[[nodiscard]] std::string reserved_address(const BridgeFiles& files, const PortOwner& owner);
// Those that are outside of the bridge's network, or the bridge's own, are nobody's any more, and
// their containers have no name until they start again. True when there were some.
bool release_foreign_addresses(const BridgeSettings& settings, const BridgeFiles& files);

// And what a user's container is called.
void remove_reservation(const BridgeFiles& files, const std::string& address,
                        const Reservation& reservation);
// By address.
[[nodiscard]] std::vector<std::pair<std::string, Reservation>>
load_reservations(const BridgeFiles& files);
// Of containers that are there, but for this one. ports: all of the bridge.
[[nodiscard]] std::vector<Reservation> reservations_of_others(const BridgeFiles& files,
                                                              const PortOwner& owner,
                                                              std::span<const BridgePort> ports);
// What DHCP may have given for them: to be ended.
[[nodiscard]] std::vector<DhcpLease> remove_reservations(const BridgeFiles& files,
                                                         const std::string& lxcpath,
                                                         const std::string& container);

} // namespace lxcpp
