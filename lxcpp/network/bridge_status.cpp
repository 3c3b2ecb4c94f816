// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_status.h"

#include "base/strings.h"
#include "network/bridge_link.h"
#include "network/bridge_rules.h"
#include "network/bridge_use.h"
#include "network/bridge_wish.h"
#include "network/dnsmasq.h"
#include "network/forwarding.h"
#include "network/nft.h"
#include "network/publish.h"
#include "network/sysctl.h"
#include "sys/file.h"
#include "sys/netlink_link.h"
#include "sys/own_file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <net/if.h>
#include <string_view>
#include <sys/socket.h>

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

// Of containers that are joined.
std::vector<std::string> faults_of_ports(const BridgeSettings& settings, const BridgeFiles& files,
                                         const std::vector<BridgePort>& ports,
                                         sys::Netlink& netlink) {
    std::vector<std::string> lines;
    for (const BridgePort& port : ports) {
        const std::string container = "container " + owner_name(files, port.owner);
        const auto link = sys::find_link(netlink, port.port);
        if (link && (link->flags & IFF_UP) == 0)
            lines.push_back(fmt::format("{}: {} is down: run lxcpp-net up", container, port.port));
        if (!std::ranges::all_of(port_elements(settings, port), sys::has_set_element))
            lines.push_back(fmt::format("{}: the rules lack what is {}'s: run lxcpp-net up", container, port.port));
        if (reaches_loopback(port.published) && interface_sysctl(AF_INET, settings.bridge, "route_localnet") == "0")
            lines.push_back(fmt::format("{}: its ports are not published at 127.0.0.1: run lxcpp-net up", container));
    }
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
    std::vector<std::string> faults;
    if (sys::exists(files.up())) faults = faults_of(status.settings, files, rules, netlink);
    JoinedPorts ports = sort_ports(living_ports(paths, files, netlink), bridge, netlink);
    for (const BridgePort& port : ports.apart)
        status.problems.push_back(fmt::format("container {} is not joined ({}): run lxcpp-net up",
                                              owner_name(files, port.owner), port.port));
    std::ranges::move(faults_of_ports(status.settings, files, ports.joined, netlink), std::back_inserter(faults));
    std::ranges::copy(faults, std::back_inserter(status.problems));
    status.up = sys::exists(files.up()) && status.link && status.rules && status.dnsmasq &&
                faults.empty() && ports.apart.empty();
    // Anybody may put an interface there; who takes one for a container's should know.
    for (const std::string& name : strangers(ports.joined, files, bridge, netlink))
        status.problems.push_back(fmt::format("{} is in the bridge, and no record says whose it is: "
                                              "nothing filters what it sends",
                                              printable(name)));
    status.containers = containers_of(files, ports.joined).size();
    status.ports = std::move(ports.joined);
    status.obstacles = find_obstacles(bridge);
    return status;
}

} // namespace lxcpp
