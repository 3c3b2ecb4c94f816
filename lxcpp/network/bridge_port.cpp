// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_port.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/log.h"
#include "base/one_line.h"
#include "base/strings.h"
#include "config/bridge_config.h"
#include "network/bridge_link.h"
#include "network/bridge_names.h"
#include "network/bridge_rules.h"
#include "network/bridge_use.h"
#include "network/dnsmasq.h"
#include "network/forwarding.h"
#include "network/lease.h"
#include "network/port_conflicts.h"
#include "network/publish.h"
#include "network/reservations.h"
#include "sys/file.h"
#include "sys/host.h"
#include "sys/netlink_bridge.h"
#include "sys/netlink_link.h"
#include "sys/own_file.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fmt/format.h>
#include <iterator>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kBringUpPatience{60};
constexpr std::size_t kLargestNote = 1 << 20;

// It writes rules and looks at firewalls of others, for which it runs programs: one of its own, so
// that the starter, which is loaded for each start, has nothing of that.
// Returns what is to be said of it.
std::vector<std::string> bring_up(const Paths& paths, const std::string& bridge) {
    log::info("{} is not up, or not whole: bringing it up", bridge);
    sys::SpawnOptions options;
    options.program = (paths.libexec / "lxcpp-bridge-up").string();
    options.argv = {"lxcpp-bridge-up"};
    const sys::RunResult result = sys::run_and_capture(options, kBringUpPatience);
    if (result.status != sys::ExitStatus{})
        throw Error(
            fmt::format("the bridge {} cannot be brought up: {}", bridge, one_line(result.output)));
    std::vector<std::string> lines;
    for (const std::string_view line : split_lines(result.output))
        lines.push_back(printable(trim(line)));
    return lines;
}

// That the table of its port's filter is there shows when the port's own elements are added.
bool is_whole(const BridgeFiles& files, const BridgeSettings& settings) {
    if (!forwarding_problems(settings).empty() || !running_dnsmasq(files)) return false;
    if (!sys::has_table(sys::NftFamily::Inet, bridge_table(settings.bridge))) return false;
    sys::Netlink netlink;
    return bridge_link_problems(netlink, settings).empty();
}

// Only a name that lxcpp-net would accept is part of a path.
bool may_be_managed(const std::string& bridge) {
    return !bridge.empty() && bridge.find_first_of("/. \n") == bridge.npos;
}

// An error in net.conf is no reason to keep containers of other bridges from starting.
bool is_configured(const Paths& paths, const BridgeFiles& files, const std::string& bridge) {
    try {
        return load_bridge_config(paths).bridge == bridge;
    } catch (const ConfigError&) {
        if (bridge == BridgeConfig{}.bridge || sys::exists(files.state)) throw;
        return false;
    }
}

std::optional<BridgeSettings> settings_of(const Paths& paths, const std::string& bridge,
                                          std::vector<std::string>& notes) {
    if (!may_be_managed(bridge)) return std::nullopt;
    const BridgeFiles files = bridge_files(paths, bridge);
    auto settings = load_bridge_settings(files);
    if (settings && is_whole(files, *settings)) return settings;
    if (!is_configured(paths, files, bridge)) return std::nullopt;
    notes = bring_up(paths, bridge);
    settings = load_bridge_settings(files);
    if (!settings)
        throw Error(fmt::format("the bridge {} is not there although it was brought up", bridge));
    return settings;
}

void check_port_name(const std::string& port) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@";
    if (port.empty() || port.size() > 15 || port.find_first_not_of(kPlain) != port.npos ||
        port == "." || port == "..")
        throw Error(fmt::format(
            "\"{}\": a port of the managed bridge has a name of letters, digits, '-', '_' and '.'",
            printable(port)));
}

// With what it may send: what it is given, what a device gives itself, and what its configuration
// says.
BridgePort port_of(const BridgeSettings& settings, const PortRequest& request,
                   const std::string& mac, const std::string& ipv4) {
    BridgePort port{request.port, request.owner, mac, {}, {}, request.publish};
    port.charged = request.charged;
    if (is_of_user(request.owner)) port.since = sys::seconds_since_boot();
    if (!ipv4.empty()) port.ipv4.push_back(ipv4);
    for (const IpAddress& address : request.ipv4) {
        if (address.address != ipv4) port.ipv4.push_back(address.address);
    }
    const MacAddress own = mac_address(mac);
    port.ipv6.push_back(ipv6_text(ipv6_link_local(own)));
    for (const IpAddress& address : request.ipv6) port.ipv6.push_back(address.address);
    if (settings.ipv6)
        port.ipv6.push_back(ipv6_text(ipv6_of_mac(ipv6_prefix64(*settings.ipv6), own)));
    return port;
}

PortAddresses addresses_of(const BridgeSettings& settings, const BridgePort& port,
                           const std::string& ipv4) {
    PortAddresses result;
    result.mac = port.mac;
    result.hairpin = !port.published.empty();
    result.domain = settings.domain;
    if (settings.ipv4) {
        result.ipv4 = fmt::format("{}/{}", ipv4, settings.ipv4->prefix);
        result.ipv4_gateway = ipv4_text(settings.ipv4->address);
    }
    if (settings.ipv6) {
        result.ipv6 = port.ipv6.back() + "/64";
        result.ipv6_gateway = ipv6_text(*settings.ipv6);
    }
    return result;
}

std::filesystem::path port_file(const BridgeFiles& files, const std::string& port) {
    return files.ports() / port;
}

std::optional<BridgePort> load_port(const BridgeFiles& files, const std::string& port) {
    const auto text = sys::read_own_file_if_exists(port_file(files, port), kLargestNote);
    if (!text) return std::nullopt;
    return parse_bridge_port(*text);
}

// Its rules are those of a container that runs.
void check_port_is_free(const BridgeFiles& files, const PortRequest& request) {
    const auto old = load_port(files, request.port);
    if (!old || owner_key(old->owner) == owner_key(request.owner)) return;
    sys::Netlink netlink;
    if (!sys::find_link(netlink, request.port)) return;
    throw Error(fmt::format("lxc.net.{}.veth.pair = {}: it is that of container {}",
                            request.owner.nic, request.port, owner_name(files, old->owner)));
}

Fd remove_elements(const BridgeSettings& settings, const BridgePort& port) {
    try {
        return sys::remove_set_elements(port_elements(settings, port));
    } catch (const SystemError& error) {
        if (error.code() != ENOENT) throw; // the table as a whole is gone
        return {};
    }
}

void add_elements(const Paths& paths, const BridgeSettings& settings, const BridgePort& port) {
    try {
        sys::add_set_elements(port_elements(settings, port));
    } catch (const SystemError& error) {
        if (error.code() != ENOENT) throw;
        // Somebody has flushed the rules of the host. Those of ports that nobody is in any more are
        // forgotten then, and ours has no interface yet.
        (void)bring_up(paths, settings.bridge);
        const BridgeFiles files = bridge_files(paths, settings.bridge);
        sys::write_file_atomic(port_file(files, port.port), bridge_port_text(port), 0600);
        sys::add_set_elements(port_elements(settings, port));
    }
}

} // namespace

std::string mac_of_owner(const PortOwner& owner) {
    return choose_mac(owner_key(owner)); // never as user_port.cpp
}

bool is_managed_bridge(const Paths& paths, const std::string& bridge) {
    if (!may_be_managed(bridge)) return false;
    const BridgeFiles files = bridge_files(paths, bridge);
    return load_bridge_settings(files) || is_configured(paths, files, bridge);
}

std::optional<BridgeSettings> ready_bridge(const Paths& paths, const std::string& bridge) {
    std::vector<std::string> notes; // for root, who is not there
    return settings_of(paths, bridge, notes);
}

std::optional<PortAddresses> attach_port(const Paths& paths, const PortRequest& request) {
    std::vector<std::string> notes;
    const auto settings = settings_of(paths, request.bridge, notes);
    if (!settings) return std::nullopt;
    PortAddresses addresses = attach_ready_port(paths, *settings, request);
    addresses.notes.insert(addresses.notes.begin(), notes.begin(), notes.end());
    return addresses;
}

PortAddresses attach_ready_port(const Paths& paths, const BridgeSettings& settings,
                                const PortRequest& request) {
    std::vector<std::string> notes;
    check_port_name(request.port);
    check_container_name(request.owner.container);
    const BridgeFiles files = bridge_files(paths, request.bridge);
    const std::string mac = mac_address_text(
        mac_address(request.mac.empty() ? mac_of_owner(request.owner) : request.mac));
    std::optional<sys::FileLock> lock = lock_bridge(paths, request.bridge);
    BridgePort port = port_of(settings, request, mac, "");
    check_published(files, port);
    check_own_choice(settings, files, request, port);
    std::ranges::move(addresses_without_route(settings, request), std::back_inserter(notes));
    const std::string ipv6 = settings.ipv6 ? port.ipv6.back() : "";
    bool reload = false;
    const std::string ipv4 =
        reserve_address(settings, files, {request.owner, mac, false, ipv6, request.charged},
                        request.ipv4, reload);
    if (request.named) {
        std::string why = write_name(settings, files, request.owner, ipv4, ipv6);
        if (!why.empty()) notes.push_back(std::move(why));
    }
    if (reload) reload_dnsmasq(files);
    port = port_of(settings, request, mac, ipv4);
    forget_left_ports(files);
    check_port_is_free(files, request);
    if (const auto old = load_port(files, request.port); old && *old != port)
        (void)remove_elements(settings, *old);
    sys::write_file_atomic(port_file(files, request.port), bridge_port_text(port), 0600);
    lock.reset(); // bringing it up takes the lock, too
    add_elements(paths, settings, port);
    if (reaches_loopback(port.published)) allow_published_loopback(request.bridge);
    std::ranges::move(foreign_listen_addresses(port.published), std::back_inserter(notes));
    PortAddresses addresses = addresses_of(settings, port, ipv4);
    addresses.notes = std::move(notes);
    return addresses;
}

Fd detach_port(const Paths& paths, const std::string& bridge, const std::string& port) {
    if (!may_be_managed(bridge)) return {};
    const BridgeFiles files = bridge_files(paths, bridge);
    const auto known = load_port(files, port);
    if (!known) return {};
    Fd socket;
    if (const auto settings = load_bridge_settings(files))
        socket = remove_elements(*settings, *known);
    leave_port(files, port);
    return socket;
}

bool change_published(const Paths& paths, const std::string& lxcpath, const std::string& container,
                      const std::vector<PublishedPort>& published) {
    const std::filesystem::path all = paths.runtime / ".network";
    if (!sys::exists(all)) return false;
    for (const std::string& bridge : sys::list_dir(all)) {
        const BridgeFiles files = bridge_files(paths, bridge);
        const auto lock = lock_bridge(paths, bridge);
        const auto settings = load_bridge_settings(files); // none: it is down, and joins its ports when it comes back
        for (BridgePort port : load_bridge_ports(files)) {
            PortOwner asked = port.owner;
            asked.lxcpath = lxcpath;
            if (port.owner.container != container || owner_key(asked) != owner_key(port.owner))
                continue;
            const BridgePort before = port;
            port.published = published;
            check_published(files, port, before.published);
            if (settings) (void)remove_elements(*settings, before);
            sys::write_file_atomic(port_file(files, port.port), bridge_port_text(port), 0600);
            if (!settings) return true;
            sys::add_set_elements(port_elements(*settings, port));
            if (reaches_loopback(port.published)) allow_published_loopback(bridge);
            sys::Netlink netlink;
            if (const auto link = sys::find_link(netlink, port.port))
                sys::set_bridge_port(netlink, *link, {.hairpin = !published.empty()});
            return true;
        }
    }
    return false;
}

void forget_container_addresses(const Paths& paths, const std::string& lxcpath,
                                const std::string& container) {
    const std::filesystem::path all = paths.state / ".network";
    if (!sys::exists(all)) return;
    for (const std::string& bridge : sys::list_dir(all)) {
        const BridgeFiles files = bridge_files(paths, bridge);
        const auto lock = lock_bridge(paths, bridge);
        const bool named = remove_name(files, lxcpath, container);
        const std::vector<DhcpLease> removed = remove_reservations(files, lxcpath, container);
        if (named || !removed.empty()) reload_dnsmasq(files);
        end_leases(files, [&](const DhcpLease& lease) {
            return std::ranges::any_of(removed, [&](const DhcpLease& theirs) {
                return lease.address == theirs.address || same_letters(lease.mac, theirs.mac);
            });
        });
    }
}

} // namespace lxcpp
