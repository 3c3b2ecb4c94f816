// SPDX-License-Identifier: Apache-2.0
#include "network/managed_bridge.h"

#include "base/one_line.h"
#include "base/strings.h"
#include "network/bridge_change.h"
#include "network/bridge_link.h"
#include "network/bridge_rules.h"
#include "network/bridge_use.h"
#include "network/bridge_wish.h"
#include "network/dnsmasq.h"
#include "network/foreign_firewall.h"
#include "network/forwarding.h"
#include "network/nft.h"
#include "network/publish.h"
#include "sys/file.h"
#include "sys/netlink_link.h"
#include "sys/own_file.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kLargestNote = 1 << 16;

void check_network_is_free(const BridgeSettings& settings, const BridgeConfig& config,
                           const BridgeFiles& files, sys::Netlink& netlink,
                           const BridgeNote& note) {
    if (!settings.ipv4) return;
    for (const Ipv4Network& route : routed_networks(netlink, settings.bridge)) {
        if (!route.overlaps(*settings.ipv4)) continue;
        const std::string what =
            fmt::format("the host has a route to {}, which overlaps with the bridge's network {}",
                        text_of(route), text_of(*settings.ipv4));
        if (config.ipv4_address != kAutomatic) {
            note(what);
        } else if (!sys::exists(files.up())) {
            throw Error(fmt::format(
                "{}; set ipv4.address in net.conf, or remove {} to have another network chosen",
                what, files.choice().string()));
        }
        return;
    }
}

// A misspelt one would take the way out from all containers, and one may come later.
void check_uplink(const BridgeSettings& settings, sys::Netlink& netlink, const BridgeNote& note) {
    if (settings.uplink.empty() || sys::find_link(netlink, settings.uplink)) return;
    note(fmt::format("uplink = {}: the host has no such interface, and containers reach nothing "
                     "elsewhere until it has",
                     settings.uplink));
}

std::string it_or_them(const std::vector<std::string>& users) {
    return users.size() == 1 ? "it" : "them";
}

// Why not, in one line.
void refuse_while_used(const Paths& paths, const BridgeFiles& files, const std::string& bridge,
                       sys::Netlink& netlink) {
    const std::vector<std::string> users = bridge_users(paths, files, bridge, netlink);
    if (users.empty()) return;
    throw StateError(StateProblem::Busy,
                     fmt::format("{} is in use by {}: stop {}, or add --force", bridge,
                                 join(users, ", "), it_or_them(users)));
}

// Those of containers that run stay: when the bridge comes back, they are joined again.
void remove_runtime_files(const BridgeFiles& files, const std::vector<BridgePort>& living) {
    forget_dead_ports(files, living);
    forget_all_left_ports(files); // they are in no bridge any more
    sys::remove_file(files.rules());
    sys::remove_file(files.made()); // what is there still is ours
    remove_empty_directories(files);
}

void take_down(const Paths& paths, const std::string& bridge, bool force) {
    const BridgeFiles files = bridge_files(paths, bridge);
    const auto lock = lock_bridge(paths, bridge);
    remove_unfinished(files);
    sys::Netlink netlink;
    if (!force) refuse_while_used(paths, files, bridge, netlink);
    const std::vector<BridgePort> living = living_ports(paths, files, netlink);
    sys::remove_file(files.up());
    stop_dnsmasq(files);
    undo_repairs(files);
    if (host_program("nft")) run_nft(bridge_ruleset_removal(bridge));
    restore_forwarding(files.sysctls(), others_forward(bridge));
    delete_bridge_link(netlink, files, bridge);
    remove_runtime_files(files, living);
}

// Of containers that ran when their bridge was taken down.
void forget_old_notes(const Paths& paths) {
    const std::filesystem::path all = paths.runtime / ".network";
    if (!sys::exists(all)) return;
    sys::Netlink netlink;
    for (const std::string& name : sys::list_dir(all)) {
        const BridgeFiles files = bridge_files(paths, name);
        if (sys::exists(files.made())) continue;
        forget_dead_ports(files, living_ports(paths, files, netlink));
        remove_empty_directories(files);
    }
}

// nullopt: net.conf has an error, and who does not need it goes on.
std::optional<std::string> bridge_of_configuration(const Paths& paths) {
    try {
        return load_bridge_config(paths).bridge;
    } catch (const ConfigError&) {
        return std::nullopt;
    }
}

// What bears the bridge's name and no record tells of; its interface may be anybody's, and stays.
void take_rest_down(const Paths& paths) {
    const std::string bridge = bridge_of_configuration(paths).value_or(BridgeConfig{}.bridge);
    const bool was_ever_up = sys::exists(bridge_files(paths, bridge).state);
    if (was_ever_up) take_down(paths, bridge, true);
}

// net.conf had another name before.
void take_others_down(const Paths& paths, const std::string& bridge, CutOff cut_off,
                      const BridgeNote& note) {
    for (const std::string& other : bridges_up(paths)) {
        if (other == bridge) continue;
        sys::Netlink netlink;
        const auto users = bridge_users(paths, bridge_files(paths, other), other, netlink);
        if (!users.empty() && cut_off != CutOff::Allow)
            throw StateError(
                StateProblem::Busy,
                fmt::format("bridge = {}: {}, which it was before, is in use by {}: stop {}, or cut "
                            "{} off with \"lxcpp-net up --force\"",
                            bridge, other, join(users, ", "), it_or_them(users),
                            it_or_them(users)));
        take_down(paths, other, cut_off == CutOff::Allow);
        note(fmt::format("{}, which net.conf does not name any more, was taken down", other));
    }
}

// What the bridge is to be: as net.conf says, unless that must wait.
BridgeSettings allowed(const BridgeSettings& wanted, const BridgeFiles& files,
                       const std::vector<BridgePort>& ports, CutOff cut_off,
                       const BridgeNote& note) {
    const auto before = load_bridge_settings(files);
    if (!before || ports.empty() || cut_off == CutOff::Allow) return wanted;
    const std::string lost = lost_addresses(*before, wanted);
    if (lost.empty()) return wanted;
    const std::vector<std::string> users = containers_of(files, ports);
    if (cut_off == CutOff::Put) {
        note(fmt::format("{}: \"lxcpp-net up\" makes it effective when {} {} not run", lost,
                         join(users, ", "), users.size() == 1 ? "does" : "do"));
        return *before;
    }
    throw StateError(StateProblem::Busy,
                     fmt::format("{} would cut off {}: stop {}, or add --force", lost,
                                 join(users, ", "), it_or_them(users)));
}

void make_all(const BridgeSettings& settings, const BridgeFiles& files,
              std::vector<BridgePort>& ports, const BridgeNote& note) {
    sys::Netlink netlink;
    make_bridge_link(netlink, settings, files); // first: what is not ours leaves no trace
    sys::make_private_dirs(files.runtime);
    sys::make_dirs(files.ports(), 0700);
    sys::make_dirs(files.left(), 0700); // here alone: not by who comes after a "down"
    const bool reload = refit_ports(settings, files, ports);
    run_nft(bridge_ruleset(settings, ports));
    const auto listed = listed_rules(settings);
    if (!listed) throw Error("nft does not show the rules that it has just made");
    sys::write_file_atomic(files.rules(), *listed, 0600);
    forget_dead_ports(files, ports);
    forget_left_ports(files);
    enable_forwarding(settings, files.sysctls());
    raise_bridge_link(netlink, settings);
    if (std::ranges::any_of(ports, [](const BridgePort& port) { return reaches_loopback(port.published); }))
        allow_published_loopback(settings.bridge);
    rejoin_ports(ports, settings.bridge, netlink, note);
    if (!ensure_dnsmasq(settings, files) && reload) reload_dnsmasq(files);
    for (const Obstacle& obstacle : repair_obstacles(files, settings.bridge))
        note(fmt::format("{}: run {}", describe(obstacle), advice_for(obstacle, settings.bridge)));
    const std::string text = bridge_settings_text(settings);
    if (sys::read_own_file_if_exists(files.up(), kLargestNote) != text)
        sys::write_file_atomic(files.up(), text, 0600);
}

} // namespace

void bring_bridge_up(const Paths& paths, CutOff cut_off, const BridgeNote& note) {
    const BridgeConfig config = load_bridge_config(paths);
    take_others_down(paths, config.bridge, cut_off, note);
    const BridgeFiles files = bridge_files(paths, config.bridge);
    const auto lock = lock_bridge(paths, config.bridge);
    remove_unfinished(files);
    sys::Netlink netlink;
    BridgeChoice choice;
    std::vector<BridgePort> ports = living_ports(paths, files, netlink);
    const BridgeSettings settings = allowed(settle_bridge(paths, config, files, netlink, choice),
                                            files, ports, cut_off, note);
    check_network_is_free(settings, config, files, netlink, note);
    check_uplink(settings, netlink, note);
    if (!host_program("dnsmasq"))
        throw Error("dnsmasq is not installed, and containers get addresses and names from it: "
                    "apt-get install dnsmasq-base");
    make_dnsmasq_files(files, dnsmasq_user());
    check_dnsmasq(settings, files);
    remember_choice(files, choice);
    make_all(settings, files, ports, note);
}

bool take_bridge_down(const Paths& paths, bool force) {
    const std::vector<std::string> bridges = bridges_up(paths);
    for (const std::string& bridge : bridges) take_down(paths, bridge, force);
    forget_old_notes(paths);
    if (bridges.empty()) take_rest_down(paths);
    return !bridges.empty();
}

std::string foreign_bridge(const Paths& paths) {
    const auto bridge = bridge_of_configuration(paths);
    if (!bridge) return "";
    sys::Netlink netlink;
    return not_ours(netlink, bridge_files(paths, *bridge), *bridge);
}

std::vector<PortOwner> owners_of_ports(const Paths& paths) {
    std::vector<PortOwner> owners;
    for (const std::string& bridge : bridges_up(paths)) {
        for (BridgePort& port : load_bridge_ports(bridge_files(paths, bridge)))
            owners.push_back(std::move(port.owner));
    }
    return owners;
}

} // namespace lxcpp
