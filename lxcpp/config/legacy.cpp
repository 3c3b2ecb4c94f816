// SPDX-License-Identifier: Apache-2.0
#include "config/legacy.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace lxcpp {
namespace {

struct Rename {
    std::string_view old_name;
    std::string_view new_name;
};

constexpr std::array kRenames = {
    Rename{"lxc.aa_allow_incomplete", "lxc.apparmor.allow_incomplete"},
    Rename{"lxc.aa_profile", "lxc.apparmor.profile"},
    Rename{"lxc.console", "lxc.console.path"},
    Rename{"lxc.devttydir", "lxc.tty.dir"},
    Rename{"lxc.haltsignal", "lxc.signal.halt"},
    Rename{"lxc.id_map", "lxc.idmap"},
    Rename{"lxc.init_cmd", "lxc.init.cmd"},
    Rename{"lxc.init_gid", "lxc.init.gid"},
    Rename{"lxc.init_uid", "lxc.init.uid"},
    Rename{"lxc.kmsg", ""},
    Rename{"lxc.logfile", "lxc.log.file"},
    Rename{"lxc.loglevel", "lxc.log.level"},
    Rename{"lxc.mount", "lxc.mount.fstab"},
    Rename{"lxc.pivotdir", ""},
    Rename{"lxc.pts", "lxc.pty.max"},
    Rename{"lxc.rebootsignal", "lxc.signal.reboot"},
    Rename{"lxc.rootfs", "lxc.rootfs.path"},
    Rename{"lxc.rootfs.backend", ""},
    Rename{"lxc.se_context", "lxc.selinux.context"},
    Rename{"lxc.seccomp", "lxc.seccomp.profile"},
    Rename{"lxc.stopsignal", "lxc.signal.stop"},
    Rename{"lxc.syslog", "lxc.log.syslog"},
    Rename{"lxc.tty", "lxc.tty.max"},
    Rename{"lxc.utsname", "lxc.uts.name"},
};

std::string network_name(std::string_view rest, unsigned device) {
    constexpr std::array addresses = {
        Rename{"ipv4", "ipv4.address"},
        Rename{"ipv6", "ipv6.address"},
    };
    const bool numbered = std::isdigit(static_cast<unsigned char>(rest.front())) != 0;
    const auto dot = rest.find('.');
    const auto number = numbered ? std::string(rest.substr(0, dot)) : std::to_string(device);
    auto key = numbered ? (dot == rest.npos ? std::string_view{} : rest.substr(dot + 1)) : rest;
    const auto renamed = std::ranges::find(addresses, key, &Rename::old_name);
    if (renamed != addresses.end()) key = renamed->new_name;
    std::string name = "lxc.net." + number;
    return key.empty() ? name : name + "." + std::string(key);
}

} // namespace

std::optional<LegacyKey> find_legacy_key(std::string_view key, unsigned device) {
    constexpr std::string_view network = "lxc.network";
    constexpr std::string_view limit = "lxc.limit.";
    const auto row = std::ranges::find(kRenames, key, &Rename::old_name);
    if (row != kRenames.end()) return LegacyKey{std::string(row->new_name)};
    if (key.starts_with(limit))
        return LegacyKey{"lxc.prlimit." + std::string(key.substr(limit.size()))};
    if (key == network) return LegacyKey{"lxc.net"};
    if (key.starts_with(network) && key.size() > network.size() + 1 && key[network.size()] == '.')
        return LegacyKey{network_name(key.substr(network.size() + 1), device)};
    return std::nullopt;
}

} // namespace lxcpp
