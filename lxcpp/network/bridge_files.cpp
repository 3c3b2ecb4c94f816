// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_files.h"

#include "base/strings.h"
#include "config/published_port.h"
#include "sys/file.h"
#include "sys/host.h"
#include "sys/own_file.h"
#include "sys/replace_file.h"

#include <lxcpp/error.h>

#include <chrono>
#include <fmt/format.h>
#include <utility>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kLargestNote = 1 << 20;
constexpr std::string_view kUser = "user:"; // a lxcpath begins with '/'
constexpr std::uint64_t kUntilItIsThere = 60; // seconds

struct Note {
    std::string_view name;
    std::string_view value;
};

std::vector<Note> notes_of(std::string_view text) {
    std::vector<Note> notes;
    for (const std::string_view line : split_lines(text)) {
        const auto equals = line.find('=');
        if (equals != line.npos) notes.push_back({line.substr(0, equals), line.substr(equals + 1)});
    }
    return notes;
}

// A path may hold a line break; what is written here is one line.
std::string owner_text(const PortOwner& owner) {
    return fmt::format("container={}\nnic={}\nlxcpath={}\n", owner.container, owner.nic,
                       ansi_quote(owner.lxcpath));
}

bool take_owner(PortOwner& owner, const Note& note) {
    if (note.name == "container")
        owner.container = note.value;
    else if (note.name == "nic")
        owner.nic = static_cast<unsigned>(parse_u64(note.value).value_or(0));
    else if (note.name == "lxcpath")
        owner.lxcpath = ansi_unquote(note.value).value_or("");
    else
        return false;
    return true;
}

} // namespace

BridgeFiles bridge_files(const Paths& paths, std::string_view bridge) {
    return {paths.state / ".network" / bridge, paths.runtime / ".network" / bridge};
}

sys::FileLock lock_bridge(const Paths& paths, std::string_view bridge) {
    sys::make_dirs(paths.runtime.parent_path(), 0755);
    sys::make_private_dirs(paths.runtime);
    auto lock =
        sys::FileLock::acquire(paths.runtime / fmt::format(".{}.lock", bridge), kPatience, true);
    if (!lock)
        throw StateError(
            StateProblem::Busy,
            fmt::format("{}: another command has been changing the bridge for {} s; try again",
                        bridge, kPatience.count()));
    return std::move(*lock);
}

void remove_unfinished(const BridgeFiles& files) {
    for (const std::filesystem::path& directory :
         {files.state, files.addresses(), files.dhcp_hosts(), files.names(), files.runtime, files.ports()}) {
        if (!sys::exists(directory)) continue;
        for (const std::string& name : sys::list_dir(directory)) {
            if (sys::is_temporary_name(name)) sys::remove_file(directory / name);
        }
    }
}

std::optional<BridgeSettings> load_bridge_settings(const BridgeFiles& files) {
    const auto text = sys::read_own_file_if_exists(files.up(), kLargestNote);
    if (!text) return std::nullopt;
    return parse_bridge_settings(*text);
}

std::string owner_key(const PortOwner& owner) {
    return fmt::format("{}\n{}\n{}",
                       std::filesystem::path(owner.lxcpath).lexically_normal().string(),
                       owner.container, owner.nic);
}

std::string path_of_user(uid_t uid) {
    return fmt::format("{}{}", kUser, uid);
}

bool is_of_user(const PortOwner& owner) noexcept {
    return owner.lxcpath.starts_with(kUser);
}

std::string owner_name(const BridgeFiles& files, const PortOwner& owner) {
    if (is_of_user(owner))
        return fmt::format("{} of user {}", owner.container, owner.lxcpath.substr(kUser.size()));
    if (owner.lxcpath == files.state.parent_path().parent_path()) return owner.container;
    return fmt::format("{} in {}", owner.container, printable(owner.lxcpath));
}

bool is_over(const BridgePort& port, bool interface_is_there) {
    return is_of_user(port.owner) && !interface_is_there &&
           sys::seconds_since_boot() > port.since + kUntilItIsThere;
}

std::string reservation_text(const Reservation& reservation) {
    std::string text = owner_text(reservation.owner) +
                       fmt::format("mac={}\nfixed={}\nipv6={}\n", reservation.mac,
                                   reservation.fixed ? 1 : 0, reservation.ipv6);
    if (!reservation.charged.empty()) text += fmt::format("charged={}\n", reservation.charged);
    return text;
}

std::optional<Reservation> parse_reservation(std::string_view text) {
    Reservation reservation;
    for (const Note& note : notes_of(text)) {
        if (take_owner(reservation.owner, note)) continue;
        if (note.name == "mac") reservation.mac = note.value;
        if (note.name == "fixed") reservation.fixed = note.value == "1";
        if (note.name == "ipv6") reservation.ipv6 = note.value;
        if (note.name == "charged") reservation.charged = note.value;
    }
    if (reservation.owner.container.empty() || reservation.mac.empty()) return std::nullopt;
    return reservation;
}

std::string bridge_port_text(const BridgePort& port) {
    std::string text =
        fmt::format("port={}\n{}mac={}\n", port.port, owner_text(port.owner), port.mac);
    for (const std::string& address : port.ipv4) text += fmt::format("ipv4={}\n", address);
    for (const std::string& address : port.ipv6) text += fmt::format("ipv6={}\n", address);
    for (const PublishedPort& published : port.published)
        text += fmt::format("publish={}\n", published_port_text(published));
    if (!port.charged.empty()) text += fmt::format("charged={}\n", port.charged);
    if (port.since != 0) text += fmt::format("since={}\n", port.since);
    return text;
}

BridgePort parse_bridge_port(std::string_view text) {
    BridgePort port;
    for (const Note& note : notes_of(text)) {
        if (take_owner(port.owner, note)) continue;
        if (note.name == "port") port.port = note.value;
        if (note.name == "mac") port.mac = note.value;
        if (note.name == "charged") port.charged = note.value;
        if (note.name == "since") port.since = parse_u64(note.value).value_or(0);
        if (note.name == "ipv4") port.ipv4.emplace_back(note.value);
        if (note.name == "ipv6") port.ipv6.emplace_back(note.value);
        if (note.name == "publish") port.published.push_back(parse_published_port(note.value));
    }
    return port;
}

std::vector<BridgePort> load_bridge_ports(const BridgeFiles& files) {
    std::vector<BridgePort> ports;
    if (!sys::exists(files.ports())) return ports;
    for (const std::string& name : sys::list_dir(files.ports())) {
        if (name.starts_with('.')) continue; // one that is being written
        if (const auto text = sys::read_own_file_if_exists(files.ports() / name, kLargestNote))
            ports.push_back(parse_bridge_port(*text));
    }
    return ports;
}

} // namespace lxcpp
