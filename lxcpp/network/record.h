// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/pidfd.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What a start does to the host's network that does not go away with the container's network
// namespace. It is written down before it is done, so that whoever comes after a crash knows what
// to undo.
namespace lxcpp {

// An interface of the host that is moved inside: what it was, and by what it is known again.
struct TakenLink {
    std::string name;
    std::string inside; // its name there; the container may have changed that
    int index = 0;      // inside; 0 = it was not there yet
    std::uint32_t mtu = 0;
    std::string mac;
    std::string permanent_mac; // these three stay what they are, whatever the container does
    std::string kind;
    std::string device;
    std::vector<std::string> other_names;
    bool operator==(const TakenLink&) const = default;
};

// Neighbour requests for an address of the container, which the host answers on one of its links.
struct HostProxy {
    std::string link;
    int family = 0;
    std::string address;
    bool route = false; // of an ipvlan: with a route to the address by lo
    bool operator==(const HostProxy&) const = default;
};

// script.up has begun: script.down is owed, with the same arguments.
struct ScriptRun {
    std::string link;
    std::string peer;
    bool operator==(const ScriptRun&) const = default;
};

// A port of the managed bridge: its filter, and what is published there, are rules of the host.
struct ManagedPort {
    std::string bridge;
    std::string port; // the host's end
    bool operator==(const ManagedPort&) const = default;
};

// User-mode networking: the process that watches over its program, both of which end with it.
struct UserProcess {
    sys::ProcessId process;
    std::string program; // "pasta"
    bool operator==(const UserProcess&) const = default;
};

struct NicRecord {
    unsigned nic = 0; // N of lxc.net.N
    std::variant<TakenLink, HostProxy, ScriptRun, ManagedPort, UserProcess> what;
    bool operator==(const NicRecord&) const = default;
};

[[nodiscard]] std::string print_record(const NicRecord& record); // one line, without its end
[[nodiscard]] std::optional<NicRecord>
parse_record(std::string_view line) noexcept; // nullopt: it is none

} // namespace lxcpp
