// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/dnsmasq_text.h"

#include <cstdint>
#include <functional>
#include <string>

namespace lxcpp {

// What a client sends to give its lease back (RFC 2131); server: the bridge's address. Pure. Empty
// when the lease is none of an Ethernet device.
[[nodiscard]] std::string dhcp_release_packet(const DhcpLease& lease, std::uint32_t server);

// The leases that are meant end now. dnsmasq is told as by their clients; where it does not listen
// to that, or does not run, its file is written anew. Under the bridge's lock. Throws Error.
void end_leases(const BridgeFiles& files, const std::function<bool(const DhcpLease&)>& meant);

} // namespace lxcpp
