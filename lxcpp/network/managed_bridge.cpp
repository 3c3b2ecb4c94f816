// SPDX-License-Identifier: Apache-2.0
#include "network/managed_bridge.h"

#include "base/error.h"
#include "base/strings.h"
#include "network/bridge_link.h"
#include "network/bridge_rules.h"
#include "network/dnsmasq.h"
#include "network/forwarding.h"
#include "sys/file.h"
#include "sys/own_file.h"
#include "sys/pidfd.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kLargestNote = 1 << 16;

std::string host_seed() {
    const std::string id(trim(sys::read_file_if_exists("/etc/machine-id").value_or("")));
    return id.empty() ? sys::boot_id() : id; // what follows from it is remembered
}

BridgeChoice load_choice(const BridgeFiles& files) {
    BridgeChoice choice;
    const std::string text =
        sys::read_own_file_if_exists(files.choice(), kLargestNote).value_or("");
    for (const std::string_view line : split_lines(text)) {
        if (line.starts_with("ipv4=")) choice.ipv4 = line.substr(5);
        if (line.starts_with("ipv6=")) choice.ipv6 = line.substr(5);
    }
    return choice;
}

// What was chosen before stays, as containers have addresses in it.
BridgeChoice choose(const BridgeFiles& files, const std::string& bridge, sys::Netlink& netlink) {
    BridgeChoice choice = load_choice(files);
    if (choice.ipv4.empty())
        choice.ipv4 =
            text_of(choose_ipv4(host_seed() + "\n" + bridge, routed_networks(netlink, bridge)));
    if (choice.ipv6.empty())
        choice.ipv6 = ipv6_text(choose_ipv6(host_seed() + "\n" + bridge)) + "/64";
    return choice;
}

BridgeSettings settle(const Paths& paths, const BridgeConfig& config, const BridgeFiles& files,
                      sys::Netlink& netlink, BridgeChoice& choice) {
    choice = choose(files, config.bridge, netlink);
    BridgeSettings settings = with_context(bridge_config_file(paths).string(), [&] {
        return settle_bridge(config, choice, host_seed());
    });
    if (!sys::exists("/proc/sys/net/ipv6")) settings.ipv6.reset(); // a kernel without it
    return settings;
}

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

void run_nft(const BridgeFiles& files, const std::string& ruleset) {
    const auto program = host_program("nft");
    if (!program)
        throw Error(
            "nft is not installed, and the bridge's rules need it: apt-get install nftables");
    const std::filesystem::path file = files.runtime / "rules.nft";
    sys::write_file_atomic(file, ruleset, 0600);
    sys::SpawnOptions options;
    options.argv = {"nft", "-f", file.string()};
    options.program = program->string();
    const sys::RunResult result = sys::run_and_capture(options, kPatience);
    if (result.status != sys::ExitStatus{})
        throw Error(fmt::format("nft: {}", printable(trim(result.output))));
    sys::remove_file(file);
}

bool has_rules(const std::string& bridge) {
    const auto program = host_program("nft");
    if (!program) return false;
    sys::SpawnOptions options;
    options.argv = {"nft", "list", "chain", "inet", bridge_table(bridge), "forward"};
    options.program = program->string();
    return sys::run_and_capture(options, kPatience).status == sys::ExitStatus{};
}

// Those of containers that run, or are about to: their interface comes after their rules.
std::vector<BridgePort> living_ports(const Paths& paths, const BridgeFiles& files,
                                     sys::Netlink& netlink) {
    std::vector<BridgePort> ports = load_bridge_ports(files);
    if (ports.empty()) return ports;
    const std::vector<sys::NetLink> links = netlink.links();
    std::erase_if(ports, [&](const BridgePort& port) {
        if (std::ranges::count(links, port.port, &sys::NetLink::name) != 0) return false;
        return !sys::exists(runtime_dir(paths, port.owner.lxcpath, port.owner.container));
    });
    return ports;
}

void forget_dead_ports(const BridgeFiles& files, const std::vector<BridgePort>& living) {
    if (!sys::exists(files.ports())) return;
    for (const std::string& name : sys::list_dir(files.ports())) {
        if (std::ranges::count(living, name, &BridgePort::port) == 0)
            sys::remove_file(files.ports() / name);
    }
}

void remember(const BridgeFiles& files, const BridgeChoice& choice) {
    if (load_choice(files) == choice) return;
    sys::write_file_atomic(files.choice(),
                           fmt::format("ipv4={}\nipv6={}\n", choice.ipv4, choice.ipv6), 0600);
}

// Why not, in one line.
void refuse_while_used(const Paths& paths, const BridgeFiles& files, const std::string& bridge,
                       sys::Netlink& netlink) {
    std::vector<std::string> users = links_in_bridge(netlink, bridge);
    const std::vector<BridgePort> ports = living_ports(paths, files, netlink);
    for (std::string& user : users) {
        const auto port = std::ranges::find(ports, user, &BridgePort::port);
        if (port != ports.end()) user = port->owner.container;
    }
    if (users.empty()) return;
    throw StateError(StateProblem::Busy,
                     fmt::format("{} is in use by {}: stop {}, or add --force", bridge,
                                 join(users, ", "), users.size() == 1 ? "it" : "them"));
}

void remove_runtime_files(const BridgeFiles& files) {
    forget_dead_ports(files, {});
    (void)sys::try_remove_dir(files.ports());
    sys::remove_file(files.runtime / "rules.nft");
    sys::remove_file(files.made()); // last: what is there still is ours
    (void)sys::try_remove_dir(files.runtime);
    (void)sys::try_remove_dir(files.runtime.parent_path());
}

} // namespace

void bring_bridge_up(const Paths& paths, const BridgeNote& note) {
    const BridgeConfig config = load_bridge_config(paths);
    const BridgeFiles files = bridge_files(paths, config.bridge);
    const auto lock = lock_bridge(paths, config.bridge);
    remove_unfinished(files);
    sys::Netlink netlink;
    BridgeChoice choice;
    const BridgeSettings settings = settle(paths, config, files, netlink, choice);
    check_network_is_free(settings, config, files, netlink, note);
    if (!host_program("dnsmasq"))
        throw Error("dnsmasq is not installed, and containers get addresses and names from it: "
                    "apt-get install dnsmasq-base");
    make_dnsmasq_files(files, dnsmasq_user());
    remember(files, choice);
    sys::make_private_dirs(files.runtime);
    sys::make_dirs(files.ports(), 0700);
    make_bridge_link(netlink, settings, files);
    const std::vector<BridgePort> ports = living_ports(paths, files, netlink);
    run_nft(files, bridge_ruleset(settings, ports));
    forget_dead_ports(files, ports);
    enable_forwarding(settings, files.sysctls());
    raise_bridge_link(netlink, settings.bridge);
    ensure_dnsmasq(settings, files);
    for (const Obstacle& obstacle : repair_obstacles(files, settings.bridge))
        note(fmt::format("{}: run {}", describe(obstacle), advice_for(obstacle, settings.bridge)));
    const std::string text = bridge_settings_text(settings);
    if (sys::read_own_file_if_exists(files.up(), kLargestNote) != text)
        sys::write_file_atomic(files.up(), text, 0600);
}

bool take_bridge_down(const Paths& paths, bool force) {
    const BridgeConfig config = load_bridge_config(paths);
    const BridgeFiles files = bridge_files(paths, config.bridge);
    const auto lock = lock_bridge(paths, config.bridge);
    remove_unfinished(files);
    if (!sys::exists(files.runtime)) return false;
    sys::Netlink netlink;
    if (!force) refuse_while_used(paths, files, config.bridge, netlink);
    sys::remove_file(files.up());
    stop_dnsmasq(files);
    undo_repairs(files);
    if (host_program("nft")) run_nft(files, bridge_ruleset_removal(config.bridge));
    restore_forwarding(files.sysctls(), others_forward(config.bridge));
    delete_bridge_link(netlink, files, config.bridge);
    remove_runtime_files(files);
    return true;
}

BridgeStatus bridge_status(const Paths& paths) {
    const BridgeConfig config = load_bridge_config(paths);
    const BridgeFiles files = bridge_files(paths, config.bridge);
    sys::Netlink netlink;
    BridgeStatus status;
    BridgeChoice choice;
    const auto settings = load_bridge_settings(files);
    status.settings = settings ? *settings : settle(paths, config, files, netlink, choice);
    const std::vector<sys::NetLink> links = netlink.links();
    status.link = sys::exists(files.made()) &&
                  std::ranges::count(links, config.bridge, &sys::NetLink::name) != 0;
    status.rules = has_rules(config.bridge);
    status.dnsmasq = running_dnsmasq(files);
    status.up = settings && status.link && status.rules && status.dnsmasq;
    status.ports = living_ports(paths, files, netlink);
    status.obstacles = find_obstacles(config.bridge);
    return status;
}

} // namespace lxcpp
