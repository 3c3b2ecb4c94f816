// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_status.h"

#include "network/bridge_rules.h"
#include "network/bridge_use.h"
#include "network/bridge_wish.h"
#include "network/dnsmasq.h"
#include "sys/file.h"
#include "sys/netlink_link.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kPatience{20};

bool has_rules(const std::string& bridge) {
    const auto program = host_program("nft");
    if (!program) return false;
    sys::SpawnOptions options;
    options.argv = {"nft", "list", "chain", "inet", bridge_table(bridge), "forward"};
    options.program = program->string();
    return sys::run_and_capture(options, kPatience).status == sys::ExitStatus{};
}

// Of what is up; of what "up" would make where nothing is.
BridgeSettings settings_for(const Paths& paths, const std::string& bridge, sys::Netlink& netlink,
                            std::vector<std::string>& problems) {
    const BridgeFiles files = bridge_files(paths, bridge);
    const auto now = load_bridge_settings(files);
    try {
        BridgeChoice choice;
        const BridgeConfig config = load_bridge_config(paths);
        const BridgeSettings wanted = settle_bridge(
            paths, config, bridge_files(paths, config.bridge), netlink, choice);
        if (!now) return wanted;
        if (wanted != *now)
            problems.emplace_back("net.conf says something else: lxcpp-net up makes it effective");
    } catch (const Error& error) {
        if (!now) throw;
        problems.emplace_back(error.what());
    }
    return *now;
}

} // namespace

BridgeStatus bridge_status(const Paths& paths) {
    const std::string bridge = bridge_of_host(paths);
    const BridgeFiles files = bridge_files(paths, bridge);
    sys::Netlink netlink;
    BridgeStatus status;
    status.settings = settings_for(paths, bridge, netlink, status.problems);
    status.link = sys::exists(files.made()) && sys::find_link(netlink, bridge).has_value();
    status.rules = has_rules(bridge);
    status.dnsmasq = running_dnsmasq(files);
    JoinedPorts ports = sort_ports(living_ports(paths, files, netlink), bridge, netlink);
    for (const BridgePort& port : ports.apart)
        status.problems.push_back(fmt::format("container {} is not joined ({}): run lxcpp-net up",
                                              port.owner.container, port.port));
    status.up = sys::exists(files.up()) && status.link && status.rules && status.dnsmasq &&
                ports.apart.empty();
    status.ports = std::move(ports.joined);
    status.obstacles = find_obstacles(bridge);
    return status;
}

} // namespace lxcpp
