// SPDX-License-Identifier: Apache-2.0
#include "network/reservations.h"

#include "base/ascii.h"
#include "base/strings.h"
#include "network/bridge_names.h"
#include "network/lease.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>

namespace lxcpp {
namespace {

std::string tag_of(const PortOwner& owner) {
    return fmt::format("{:016x}", fnv1a(owner_key(owner)));
}

std::optional<Reservation> load(const BridgeFiles& files, const std::string& address) {
    const auto text = sys::read_file_if_exists(files.addresses() / address);
    return text ? parse_reservation(*text) : std::nullopt;
}

// Of what is asked for by name, or when there is nothing else, one of a user's container that does
// not run is nobody's: users tell nobody that a container is gone.
bool is_left_by_user(std::span<const BridgePort> ports, const Reservation& reservation) {
    if (!is_of_user(reservation.owner)) return false;
    return std::ranges::none_of(ports, [&](const BridgePort& port) {
        return owner_key(port.owner) == owner_key(reservation.owner);
    });
}
bool is_left_by_user(const BridgeFiles& files, const Reservation& reservation) {
    return is_of_user(reservation.owner) && is_left_by_user(load_bridge_ports(files), reservation);
}

// One of a container that was removed by hand is nobody's.
bool is_void(const Reservation& reservation) {
    if (is_of_user(reservation.owner)) return false;
    return !sys::exists(std::filesystem::path(reservation.owner.lxcpath) /
                        reservation.owner.container);
}

std::filesystem::path own_file(const BridgeFiles& files, const PortOwner& owner) {
    return files.addresses() / fmt::format("of-{}", tag_of(owner));
}

std::string previous_address(const BridgeFiles& files, const PortOwner& owner) {
    const std::string text = sys::read_file_if_exists(own_file(files, owner)).value_or("");
    const std::string address(trim(text));
    if (address.empty() || address.find('/') != address.npos) return "";
    const auto reservation = load(files, address);
    return reservation && owner_key(reservation->owner) == owner_key(owner) ? address : "";
}

void release(const BridgeFiles& files, const std::string& address) {
    sys::remove_file(files.dhcp_hosts() / address);
    sys::remove_file(files.addresses() / address);
}

// Of the addresses that are asked for, the one in the bridge's network.
std::string asked_address(const BridgeSettings& settings, const std::vector<IpAddress>& asked_for) {
    for (const IpAddress& address : asked_for) {
        if (settings.ipv4->contains(ipv4_number(address.address))) return address.address;
    }
    return "";
}

void check_asked_address(const BridgeSettings& settings, const BridgeFiles& files,
                         const Reservation& wish, const std::string& address) {
    const auto refuse = [&](const std::string& why) {
        throw Error(fmt::format("lxc.net.{}.ipv4.address = {}: {}", wish.owner.nic, address, why));
    };
    const std::uint32_t number = ipv4_number(address);
    if (number == settings.ipv4->address)
        refuse(fmt::format("it is that of the bridge {}", settings.bridge));
    if (number == settings.ipv4->first() || number == settings.ipv4->last())
        refuse("it stands for the network as a whole");
    const auto taken = load(files, address);
    if (taken && owner_key(taken->owner) != owner_key(wish.owner) && !is_void(*taken) &&
        !is_left_by_user(files, *taken))
        refuse(is_of_user(wish.owner) // who is told nothing of others' containers
                   ? "another container has it"
                   : fmt::format("container {} has it", owner_name(files, taken->owner)));
}

std::string free_address(const BridgeSettings& settings, const BridgeFiles& files,
                         const PortOwner& owner) {
    const std::string text = sys::read_file_if_exists(files.leases()).value_or("");
    const std::vector<DhcpLease> leases = parse_leases(text);
    bool last_resort = false; // what users have left
    const auto reserved = [&](std::uint32_t number) {
        const auto reservation = load(files, ipv4_text(number));
        return reservation && !is_void(*reservation) &&
               !(last_resort && is_left_by_user(files, *reservation));
    };
    const auto taken = [&](std::uint32_t number) { // or of a stranger on the bridge
        return std::ranges::count(leases, ipv4_text(number), &DhcpLease::address) != 0 ||
               reserved(number);
    };
    if (const auto number = choose_container_ipv4(settings, owner_key(owner), taken))
        return ipv4_text(*number);
    // Strangers have no right to theirs.
    for (int i = 0; i < 2; ++i, last_resort = true) {
        if (const auto number = choose_container_ipv4(settings, owner_key(owner), reserved))
            return ipv4_text(*number);
    }
    const bool one_is_the_bridges = settings.ipv4->address >= settings.ipv4_first && settings.ipv4->address <= settings.ipv4_last;
    throw Error(fmt::format("all {} addresses of the bridge {} are taken: destroy containers, or "
                            "give it a larger network in net.conf",
                            settings.ipv4_last - settings.ipv4_first + (one_is_the_bridges ? 0 : 1), settings.bridge));
}

bool fits(const BridgeSettings& settings, const std::string& address) {
    const std::uint32_t number = ipv4_number(address);
    return number >= settings.ipv4_first && number <= settings.ipv4_last &&
           number != settings.ipv4->address;
}

void write_if_other(const std::filesystem::path& file, const std::string& text, mode_t mode,
                    bool& changed) {
    const auto now = sys::read_file_if_exists(file);
    if (now == text) return;
    changed = changed || now.has_value();
    sys::write_file_atomic(file, text, mode);
}

} // namespace

std::string reserve_address(const BridgeSettings& settings, const BridgeFiles& files,
                            Reservation wish, const std::vector<IpAddress>& asked_for,
                            bool& reload) {
    if (!settings.ipv4) return "";
    const std::string previous = previous_address(files, wish.owner);
    std::string address = asked_address(settings, asked_for);
    wish.fixed = !address.empty();
    if (wish.fixed)
        check_asked_address(settings, files, wish, address);
    else if (!previous.empty() && fits(settings, previous))
        address = previous;
    else
        address = free_address(settings, files, wish.owner);
    if (!previous.empty() && previous != address) {
        release(files, previous);
        reload = true;
    }
    if (const auto other = load(files, address);
        other && owner_key(other->owner) != owner_key(wish.owner)) {
        // Its name must not lead here: of a container that was removed by hand, or that had no more than a run.
        (void)remove_name(files, other->owner.lxcpath, other->owner.container);
        remove_reservation(files, address, *other);
        reload = true;
    }
    bool changed = false;
    write_if_other(files.addresses() / address, reservation_text(wish), 0600, changed);
    write_if_other(own_file(files, wish.owner), address + "\n", 0600, changed);
    write_if_other(files.dhcp_hosts() / address, dhcp_host_line(wish, address), 0644, reload);
    // dnsmasq would give the container another address than the one that its filter lets through.
    end_leases(files, [&](const DhcpLease& lease) {
        return lease.address == address && !same_letters(lease.mac, wish.mac);
    });
    return address;
}

void remove_reservation(const BridgeFiles& files, const std::string& address,
                        const Reservation& reservation) {
    if (is_of_user(reservation.owner)) remove_user_names(files, reservation.owner);
    // Last what it is found by: killed in between, the next command goes on.
    if (sys::read_file_if_exists(own_file(files, reservation.owner)) == address + "\n")
        sys::remove_file(own_file(files, reservation.owner));
    release(files, address);
}

std::string reserved_address(const BridgeFiles& files, const PortOwner& owner) {
    return previous_address(files, owner);
}

bool release_foreign_addresses(const BridgeSettings& settings, const BridgeFiles& files) {
    bool released = false;
    if (!settings.ipv4) return released; // they may be of use again
    for (const auto& [address, reservation] : load_reservations(files)) {
        const std::uint32_t number = ipv4_number(address);
        if (settings.ipv4->contains(number) && number != settings.ipv4->address) continue;
        (void)remove_name(files, reservation.owner.lxcpath, reservation.owner.container);
        remove_reservation(files, address, reservation);
        released = true;
    }
    return released;
}

std::vector<std::pair<std::string, Reservation>> load_reservations(const BridgeFiles& files) {
    std::vector<std::pair<std::string, Reservation>> found;
    if (!sys::exists(files.addresses())) return found;
    for (const std::string& name : sys::list_dir(files.addresses())) {
        if (name.starts_with("of-") || name.starts_with('.')) continue;
        if (const auto reservation = load(files, name)) found.emplace_back(name, *reservation);
    }
    std::ranges::sort(found, {}, [](const auto& entry) { return ipv4_number(entry.first); });
    return found;
}

std::vector<Reservation> reservations_of_others(const BridgeFiles& files, const PortOwner& owner,
                                                std::span<const BridgePort> ports) {
    std::vector<Reservation> others;
    for (auto& [address, reservation] : load_reservations(files)) {
        if (owner_key(reservation.owner) == owner_key(owner) || is_void(reservation) ||
            is_left_by_user(ports, reservation))
            continue;
        others.push_back(std::move(reservation));
    }
    return others;
}

std::vector<DhcpLease> remove_reservations(const BridgeFiles& files, const std::string& lxcpath,
                                           const std::string& container) {
    std::vector<DhcpLease> removed;
    for (const auto& [address, reservation] : load_reservations(files)) {
        PortOwner wanted = reservation.owner;
        wanted.lxcpath = lxcpath;
        if (reservation.owner.container != container ||
            owner_key(wanted) != owner_key(reservation.owner))
            continue;
        // Last what it is found by: killed in between, the next command goes on.
        sys::remove_file(own_file(files, reservation.owner));
        release(files, address);
        removed.push_back({0, reservation.mac, address, "*"});
    }
    return removed;
}

} // namespace lxcpp
