// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/paths.h"
#include "config/published_port.h"
#include "config/types.h"
#include "network/bridge_files.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A container's place in the managed bridge. The order of a start: attach_port(), then the veth
// whose host's end has that name joins the bridge: it has no moment without its filter. After the
// end: detach_port().
namespace lxcpp {

struct PortRequest {
    std::string bridge; // lxc.net.N.link
    std::string port;   // what the host's end of the veth will be called
    PortOwner owner;
    std::string mac = {};             // lxc.net.N.hwaddr; empty = one that follows from the owner
    std::vector<IpAddress> ipv4 = {}; // lxc.net.N.ipv4.address: reserved in DHCP
    std::vector<IpAddress> ipv6 = {};
    std::vector<PublishedPort> publish = {}; // lxc.publish
    std::string charged = {}; // Reservation
    bool named = true; // its address is what the container's name stands for; of one device only
};

struct PortAddresses {
    std::string mac;          // what the end inside must have
    std::string ipv4;         // "10.37.124.9/24", which DHCP gives; "" for none
    std::string ipv4_gateway; // the bridge
    std::string ipv6;         // "fd..../64", which the device gives itself
    std::string ipv6_gateway;
    std::string domain; // of the names that the bridge's name server, its address, knows
    // The host's end must send packets back where they came from (sys::BridgePort), so that a
    // container reaches what it publishes itself also where bridged packets pass the rules of IP
    // (br_netfilter, which Docker loads).
    bool hairpin = false;
    std::vector<std::string> notes = {}; // lines for the administrator
    bool operator==(const PortAddresses&) const = default;
};

// True for a bridge that lxcpp-net has brought up, or would. Throws ConfigError of net.conf.
[[nodiscard]] bool is_managed_bridge(const Paths& paths, const std::string& bridge);

// nullopt: none of ours; one that is configured and not there, or not whole, is brought up.
[[nodiscard]] std::optional<BridgeSettings> ready_bridge(const Paths& paths, const std::string& bridge);
// attach_port() on a bridge that ready_bridge() has just given.
[[nodiscard]] PortAddresses attach_ready_port(const Paths& paths, const BridgeSettings& settings,
                                              const PortRequest& request);

// nullopt: that bridge is none that lxcpp-net manages, and there is nothing to do. One that is
// configured and not there, or not whole (a dnsmasq that was killed), is brought up first. Throws
// Error when an address is taken or a published port is.
[[nodiscard]] std::optional<PortAddresses> attach_port(const Paths& paths,
                                                       const PortRequest& request);

// The rules of the port go; its addresses stay reserved for the container. Nothing to do is no
// error. To be closed when nobody waits any more (sys::remove_set_elements).
Fd detach_port(const Paths& paths, const std::string& bridge, const std::string& port);

// Of a container that runs: these ports are published now, and no others. False when it is on no
// managed bridge. Throws Error when one is taken.
bool change_published(const Paths& paths, const std::string& lxcpath, const std::string& container,
                      const std::vector<PublishedPort>& published);

// For a container that is destroyed: its addresses and names are free.
void forget_container_addresses(const Paths& paths, const std::string& lxcpath,
                                const std::string& container);

// The hardware address of a device that its configuration gives none; always the same one.
[[nodiscard]] std::string mac_of_owner(const PortOwner& owner);

} // namespace lxcpp
