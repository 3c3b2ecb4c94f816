// SPDX-License-Identifier: Apache-2.0
#include "network/forwarding.h"

#include "base/strings.h"
#include "sys/file.h"

#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <vector>

namespace lxcpp {
namespace {

const std::filesystem::path kIpv4 = "/proc/sys/net/ipv4";
const std::filesystem::path kIpv6 = "/proc/sys/net/ipv6/conf";

std::optional<std::string> read(const std::filesystem::path& path) {
    const auto text = sys::read_file_if_exists(path);
    if (!text) return std::nullopt;
    return std::string(trim(*text));
}

void write_if_other(const std::filesystem::path& path, std::string_view value) {
    const auto now = read(path);
    if (now && *now != value) sys::write_existing(path, value);
}

// PATH OLD NEW, a line each; what is noted already was changed by us before.
void set_noted(const std::filesystem::path& path, std::string_view value,
               const std::filesystem::path& notes) {
    const auto now = read(path);
    if (!now || *now == value) return;
    std::string text = sys::read_file_if_exists(notes).value_or("");
    if (text.find(path.string() + " ") == text.npos) {
        text += fmt::format("{} {} {}\n", path.string(), *now, value);
        sys::write_file_atomic(notes, text, 0600);
    }
    sys::write_existing(path, value);
}

// An interface that forwards ignores routers, and the kernel forgets what they told when forwarding
// begins, except where accept_ra is 2.
struct Listener {
    std::filesystem::path interface;
};

std::vector<Listener> listeners_to_routers(const std::string& bridge) {
    std::vector<Listener> found;
    for (const std::string& name : sys::list_dir(kIpv6)) {
        if (name == "all" || name == "default" || name == "lo" || name == bridge) continue;
        const std::filesystem::path interface = kIpv6 / name;
        if (read(interface / "accept_ra") == "1" && read(interface / "forwarding") == "0")
            found.push_back({interface});
    }
    return found;
}

void forward_ipv6(const BridgeSettings& settings, const std::filesystem::path& notes) {
    const std::filesystem::path all = kIpv6 / "all/forwarding";
    if (read(all) != "0") return;
    const auto listeners = listeners_to_routers(settings.bridge);
    for (const Listener& listener : listeners)
        (void)sys::try_write_existing(listener.interface / "accept_ra", "2");
    set_noted(all, "1", notes);
    for (const Listener& listener : listeners) {
        // Whether packets pass is said by "all" alone; what remains of the interface's own is
        // whether it listens.
        (void)sys::try_write_existing(listener.interface / "forwarding", "0");
        (void)sys::try_write_existing(listener.interface / "accept_ra", "1");
    }
}

// The routes may lead out through any interface, and change, where none is named.
std::filesystem::path ipv4_switch(const BridgeSettings& settings) {
    if (settings.uplink.empty()) return kIpv4 / "ip_forward";
    return kIpv4 / "conf" / settings.uplink / "forwarding";
}

void forward_ipv4(const BridgeSettings& settings, const std::filesystem::path& notes) {
    write_if_other(kIpv4 / "conf" / settings.bridge / "forwarding", "1");
    set_noted(ipv4_switch(settings), "1", notes);
}

} // namespace

void quiet_bridge(const BridgeSettings& settings) {
    const std::filesystem::path own = kIpv6 / settings.bridge;
    if (!sys::exists(own)) return;
    write_if_other(own / "accept_ra", "0");
    write_if_other(own / "autoconf", "0");
    write_if_other(own / "accept_dad", "0"); // its address is used before there is a port
    if (settings.ipv6) write_if_other(own / "disable_ipv6", "0"); // on a host that is without by default
}

void enable_forwarding(const BridgeSettings& settings, const std::filesystem::path& notes) {
    if (settings.ipv4) forward_ipv4(settings, notes);
    if (settings.ipv6 && sys::exists(kIpv6)) forward_ipv6(settings, notes);
}

std::vector<std::string> forwarding_problems(const BridgeSettings& settings) {
    std::vector<std::string> problems;
    const auto look = [&](const std::filesystem::path& path) {
        if (read(path) == "0")
            problems.push_back(fmt::format("the host does not forward: {} is 0", path.string()));
    };
    if (settings.ipv4) {
        look(kIpv4 / "conf" / settings.bridge / "forwarding");
        look(ipv4_switch(settings));
    }
    if (settings.ipv6) look(kIpv6 / "all/forwarding");
    return problems;
}

void restore_forwarding(const std::filesystem::path& notes, bool keep) {
    const std::string text = sys::read_file_if_exists(notes).value_or("");
    for (const std::string_view line : split_lines(text)) {
        const auto words = split_words(line);
        if (keep || words.size() != 3) continue;
        const std::filesystem::path path = words[0];
        if (read(path) == words[2]) (void)sys::try_write_existing(path, words[1]);
    }
    sys::remove_file(notes);
}

void allow_published_loopback(const std::string& bridge) {
    write_if_other(kIpv4 / "conf" / bridge / "route_localnet", "1");
}

} // namespace lxcpp
