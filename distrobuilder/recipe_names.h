// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

// The words that a recipe may use for its choices, each table sorted. Sources and package managers have more to say
// for each, in their own tables; a test compares the names.
namespace lxcpp::distro {

inline constexpr std::array<std::string_view, 28> kDownloaders{
    "almalinux-http", "alpaquita-http", "alpinelinux-http", "alt-http", "apertis-http", "archlinux-http",
    "busybox", "centos-http", "debootstrap", "docker-http", "fedora-http", "funtoo-http", "gentoo-http",
    "nixos-http", "openeuler-http", "opensuse-http", "openwrt-http", "oraclelinux-http", "plamolinux-http",
    "rockylinux-http", "rootfs-http", "rpmbootstrap", "sabayon-http", "slackware-http", "springdalelinux-http",
    "ubuntu-http", "voidlinux-http", "vyos-http",
};
inline constexpr std::array<std::string_view, 13> kManagers{"anise",  "apk",     "apt",      "dnf",    "egoportage", "equo", "opkg",
                                                            "pacman", "portage", "slackpkg", "xbps", "yum",        "zypper"};
inline constexpr std::array<std::string_view, 9> kGenerators{"cloud-init", "copy",  "dump",   "fstab",   "hostname",
                                                             "hosts",      "incus-agent", "remove", "template"};
inline constexpr std::array<std::string_view, 4> kTriggers{"post-files", "post-packages", "post-unpack", "post-update"};
inline constexpr std::array<std::string_view, 2> kSetActions{"install", "remove"};

} // namespace lxcpp::distro
