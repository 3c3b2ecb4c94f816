// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_wish.h"

#include "base/error.h"
#include "base/strings.h"
#include "network/bridge_link.h"
#include "sys/file.h"
#include "sys/own_file.h"
#include "sys/pidfd.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>

namespace lxcpp {
namespace {

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

} // namespace

BridgeSettings settle_bridge(const Paths& paths, const BridgeConfig& config,
                             const BridgeFiles& files, sys::Netlink& netlink,
                             BridgeChoice& choice) {
    choice = choose(files, config.bridge, netlink);
    BridgeSettings settings = with_context(bridge_config_file(paths).string(), [&] {
        return settle_bridge(config, choice, host_seed());
    });
    const auto off = sys::read_file_if_exists("/proc/sys/net/ipv6/conf/default/disable_ipv6");
    const bool unwanted = off && trim(*off) == "1" && config.ipv6_address == kAutomatic && settings.ipv4;
    if (!off || unwanted) settings.ipv6.reset(); // a kernel without it, or an administrator
    return settings;
}

void remember_choice(const BridgeFiles& files, const BridgeChoice& choice) {
    if (load_choice(files) == choice) return;
    sys::write_file_atomic(files.choice(),
                           fmt::format("ipv4={}\nipv6={}\n", choice.ipv4, choice.ipv6), 0600);
}

std::vector<std::string> bridges_up(const Paths& paths) {
    std::vector<std::string> bridges;
    const std::filesystem::path all = paths.runtime / ".network";
    if (!sys::exists(all)) return bridges;
    for (const std::string& name : sys::list_dir(all)) {
        const BridgeFiles files = bridge_files(paths, name);
        if (sys::exists(files.made()) || sys::exists(files.up())) bridges.push_back(name);
    }
    return bridges;
}

std::string bridge_of_host(const Paths& paths) {
    const std::vector<std::string> bridges = bridges_up(paths);
    return bridges.empty() ? load_bridge_config(paths).bridge : bridges.front();
}

} // namespace lxcpp
