// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "config/published_port.h"
#include "network/bridge_choice.h"
#include "sys/lock.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

// What the managed bridge keeps in files: addresses of containers for good, and of what runs until
// the next boot.
namespace lxcpp {

struct BridgeFiles {
    std::filesystem::path state;   // STATE/.network/BRIDGE
    std::filesystem::path runtime; // RUN/.network/BRIDGE

    [[nodiscard]] std::filesystem::path choice() const { return state / "choice"; }
    [[nodiscard]] std::filesystem::path addresses() const {
        return state / "addresses";
    } // ADDRESS: who has it
    [[nodiscard]] std::filesystem::path dhcp_hosts() const {
        return state / "dhcp-hosts";
    } // dnsmasq reads these two
    [[nodiscard]] std::filesystem::path names() const {
        return state / "names";
    } // when they change
    [[nodiscard]] std::filesystem::path leases() const { return state / "leases"; }
    [[nodiscard]] std::filesystem::path dnsmasq_conf() const { return state / "dnsmasq.conf"; }
    [[nodiscard]] std::filesystem::path dnsmasq_pid() const { return runtime / "dnsmasq.pid"; }
    [[nodiscard]] std::filesystem::path made() const {
        return runtime / "made";
    } // the bridge is ours
    [[nodiscard]] std::filesystem::path up() const {
        return runtime / "up";
    } // BridgeSettings; all is there
    [[nodiscard]] std::filesystem::path rules() const {
        return runtime / "rules";
    } // as nft showed them when they were made
    [[nodiscard]] std::filesystem::path sysctls() const { return runtime / "sysctls"; }
    [[nodiscard]] std::filesystem::path repairs() const { return runtime / "repairs"; }
    [[nodiscard]] std::filesystem::path ports() const {
        return runtime / "ports";
    } // PORT: BridgePort
    [[nodiscard]] std::filesystem::path left() const {
        return runtime / "left";
    } // interfaces of containers that ended, by their index
};
[[nodiscard]] BridgeFiles bridge_files(const Paths& paths, std::string_view bridge);
// Excludes two commands that change the bridge; waits 30 s. Throws StateError.
[[nodiscard]] sys::FileLock lock_bridge(const Paths& paths, std::string_view bridge);
// Temporary files of commands that were killed. With the lock.
void remove_unfinished(const BridgeFiles& files);
// The settings of a bridge that lxcpp-net has brought up; nullopt for any other.
[[nodiscard]] std::optional<BridgeSettings> load_bridge_settings(const BridgeFiles& files);

// Which network device of which container.
struct PortOwner {
    std::string lxcpath;
    std::string container;
    unsigned nic = 0; // N of lxc.net.N
    bool operator==(const PortOwner&) const = default;
};
[[nodiscard]] std::string owner_key(const PortOwner& owner);
// Containers of ordinary users, who may call them what they like: the user's number stands for the lxcpath.
[[nodiscard]] std::string path_of_user(uid_t uid);
// "c1" in a line for people; "c1 of user 1000" and "c1 in /srv" where it is not in the lxcpath of the bridge.
[[nodiscard]] std::string owner_name(const BridgeFiles& files, const PortOwner& owner);
[[nodiscard]] bool is_of_user(const PortOwner& owner) noexcept;

// Who has an address of the range.
struct Reservation {
    PortOwner owner;
    std::string mac;
    bool fixed = false; // asked for by lxc.net.N.ipv4.address
    std::string ipv6;   // "" for none
    std::string charged = {}; // of a user's container: by whom it is counted, "u1000" or "g100"
    bool operator==(const Reservation&) const = default;
};
[[nodiscard]] std::string reservation_text(const Reservation& reservation);
[[nodiscard]] std::optional<Reservation>
parse_reservation(std::string_view text); // nullopt: damaged

// A port of the bridge in which a container is.
struct BridgePort {
    std::string port; // the host's end of the veth
    PortOwner owner;
    std::string mac;
    std::vector<std::string>
        ipv4; // with which it may send; the first is the one that ports are published to
    std::vector<std::string> ipv6;
    std::vector<PublishedPort> published;
    std::string charged = {}; // Reservation
    std::uint64_t since = 0; // of a user's container: seconds since the boot when it was made
    bool operator==(const BridgePort&) const = default;
};
[[nodiscard]] std::string bridge_port_text(const BridgePort& port);
[[nodiscard]] BridgePort parse_bridge_port(std::string_view text);
// Of a user's container: its interface is gone, or never came. Nobody tells when one ends.
[[nodiscard]] bool is_over(const BridgePort& port, bool interface_is_there);
// By the name of the port; those whose device is gone too.
[[nodiscard]] std::vector<BridgePort> load_bridge_ports(const BridgeFiles& files);

} // namespace lxcpp
