// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_status.h"

#include "network/bridge_link.h"
#include "network/bridge_use.h"
#include "network/bridge_wish.h"
#include "network/dnsmasq.h"
#include "network/forwarding.h"
#include "network/nft.h"
#include "sys/file.h"
#include "sys/netlink_link.h"
#include "sys/own_file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <string_view>

namespace lxcpp {
namespace {

constexpr std::size_t kLargestNote = 1 << 20;

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

// What somebody has changed since it was brought up.
std::vector<std::string> faults_of(const BridgeSettings& settings, const BridgeFiles& files,
                                   const std::optional<std::string>& rules,
                                   sys::Netlink& netlink) {
    constexpr std::string_view kMend = "run lxcpp-net up";
    std::vector<std::string> lines;
    for (const std::string& problem : bridge_link_problems(netlink, settings))
        lines.push_back(fmt::format("{}: {}: {}", settings.bridge, problem, kMend));
    for (const std::string& problem : forwarding_problems(settings))
        lines.push_back(fmt::format("{}: {}", problem, kMend));
    const auto made = sys::read_own_file_if_exists(files.rules(), kLargestNote);
    if (rules && made && *rules != *made)
        lines.push_back(fmt::format("somebody has changed its rules: {}", kMend));
    return lines;
}

} // namespace

BridgeStatus bridge_status(const Paths& paths) {
    const std::string bridge = bridge_of_host(paths);
    const BridgeFiles files = bridge_files(paths, bridge);
    sys::Netlink netlink;
    BridgeStatus status;
    status.settings = settings_for(paths, bridge, netlink, status.problems);
    status.link = sys::exists(files.made()) && sys::find_link(netlink, bridge).has_value();
    if (std::string why = not_ours(netlink, files, bridge); !why.empty())
        status.problems.push_back(std::move(why));
    const auto rules = listed_rules(status.settings);
    status.rules = rules.has_value();
    status.dnsmasq = running_dnsmasq(files);
    const std::vector<std::string> faults = sys::exists(files.up()) ? faults_of(status.settings, files, rules, netlink) : std::vector<std::string>();
    std::ranges::copy(faults, std::back_inserter(status.problems));
    JoinedPorts ports = sort_ports(living_ports(paths, files, netlink), bridge, netlink);
    for (const BridgePort& port : ports.apart)
        status.problems.push_back(fmt::format("container {} is not joined ({}): run lxcpp-net up",
                                              owner_name(files, port.owner), port.port));
    status.up = sys::exists(files.up()) && status.link && status.rules && status.dnsmasq &&
                faults.empty() && ports.apart.empty();
    status.ports = std::move(ports.joined);
    status.obstacles = find_obstacles(bridge);
    return status;
}

} // namespace lxcpp
