// SPDX-License-Identifier: Apache-2.0
#include "debian/guest.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <array>
#include <dirent.h>
#include <fmt/core.h>

namespace lxcpp::debian {
namespace {

constexpr auto kInRoot = sys::Links::InRoot;

std::string format_hosts(std::string_view name) {
    return fmt::format("127.0.0.1\tlocalhost\n"
                       "127.0.1.1\t{}\n"
                       "::1\t\tlocalhost ip6-localhost ip6-loopback\n"
                       "ff02::1\t\tip6-allnodes\n"
                       "ff02::2\t\tip6-allrouters\n",
                       name);
}

// The pattern /eth0 means: only where there is such an interface (interfaces(5)), so that a
// container without a network boots without a failed unit.
constexpr std::string_view kInterfaces = "# See interfaces(5).\n"
                                         "source /etc/network/interfaces.d/*\n"
                                         "\n"
                                         "auto lo\n"
                                         "iface lo inet loopback\n"
                                         "\n"
                                         "auto /eth0\n"
                                         "iface eth0 inet dhcp\n";

constexpr std::string_view kNetwork = "[Match]\nName=eth0\n\n[Network]\nDHCP=yes\n";

// What installing leaves behind and nobody needs, or what tells of this build.
constexpr std::array<std::string_view, 10> kLeftovers{
    "var/log/dpkg.log",           "var/log/alternatives.log",   "var/log/bootstrap.log",
    "var/lib/dpkg/status-old",    "var/lib/dpkg/diversions-old", "var/lib/dpkg/statoverride-old",
    "var/cache/debconf/templates.dat-old", "var/cache/debconf/config.dat-old",
    "var/lib/systemd/random-seed", "etc/hostname"};

constexpr std::array<std::string_view, 4> kEmptied{"tmp", "run", "var/tmp", "var/log/journal"};

bool is_directory(const sys::RootedDir& root, std::string_view path) {
    const auto info = root.stat(path, kInRoot);
    return info && S_ISDIR(info->st_mode);
}

void write(const sys::RootedDir& root, std::string_view path, std::string_view text, mode_t mode = 0644) {
    root.make_dirs(path.substr(0, path.rfind('/')), 0755, kInRoot);
    root.write_file(path, text, mode, kInRoot);
}

void link(const sys::RootedDir& root, std::string_view target, std::string_view path) {
    root.make_dirs(path.substr(0, path.rfind('/')), 0755, kInRoot);
    root.remove(path, kInRoot);
    root.make_symlink(target, path, kInRoot);
}

// Empty: systemd makes a new id at the first boot and does not take it for the first of all boots.
void forget_machine_id(const sys::RootedDir& root) {
    write(root, "etc/machine-id", "", 0444);
    const auto dbus = root.stat("var/lib/dbus/machine-id", kInRoot);
    if (dbus && S_ISREG(dbus->st_mode)) link(root, "/etc/machine-id", "var/lib/dbus/machine-id");
}

void remove_ssh_keys(const sys::RootedDir& root) {
    if (!is_directory(root, "etc/ssh")) return;
    for (const sys::DirEntry& entry : root.list("etc/ssh", kInRoot)) {
        if (entry.name.starts_with("ssh_host_")) root.remove("etc/ssh/" + entry.name, kInRoot);
    }
}

void set_locale(const sys::RootedDir& root) {
    write(root, "etc/locale.conf", "LANG=C.UTF-8\n");
    link(root, "../locale.conf", "etc/default/locale"); // where PAM looks
}

// False when there is no such unit.
bool enable_unit(const sys::RootedDir& root, std::string_view unit) {
    constexpr std::string_view kUnits = "lib/systemd/system"; // below /usr, or linked there
    if (!root.exists(fmt::format("{}/{}", kUnits, unit), kInRoot)) return false;
    link(root, fmt::format("/{}/{}", kUnits, unit), fmt::format("etc/systemd/system/multi-user.target.wants/{}", unit));
    return true;
}

// A container has no devices but its network interfaces; asking the kernel to announce the host's fails, or
// makes the host handle all of them again.
void limit_udev(const sys::RootedDir& root) {
    if (!root.exists("lib/systemd/system/systemd-udev-trigger.service", kInRoot)) return;
    write(root, "etc/systemd/system/systemd-udev-trigger.service.d/container.conf",
          "[Service]\nExecStart=\nExecStart=-udevadm trigger --subsystem-match=net --action=add\n");
}

// Where the network is the host's, its sysctls are read-only, and its interfaces are none of ours.
void run_in_own_network_only(const sys::RootedDir& root, std::string_view unit) {
    write(root, fmt::format("etc/systemd/system/{}.d/container.conf", unit),
          "[Unit]\nConditionPathIsReadWrite=/proc/sys/net\n");
}

void set_network(const sys::RootedDir& root) {
    if (is_directory(root, "etc/network/interfaces.d")) {
        write(root, "etc/network/interfaces", kInterfaces);
        run_in_own_network_only(root, "networking.service");
        return;
    }
    if (!enable_unit(root, "systemd-networkd.service")) return;
    run_in_own_network_only(root, "systemd-networkd.service");
    write(root, "etc/systemd/network/80-eth0.network", kNetwork);
    if (!enable_unit(root, "systemd-resolved.service")) return;
    link(root, "../run/systemd/resolve/stub-resolv.conf", "etc/resolv.conf");
}

} // namespace

void finish_base(const sys::RootedDir& root) {
    for (const std::string_view path : kLeftovers) root.remove(path, kInRoot);
    for (const std::string_view path : kEmptied) {
        if (is_directory(root, path)) root.remove_tree(path, true);
    }
    forget_machine_id(root);
    remove_ssh_keys(root);
    set_locale(root);
    set_network(root);
    limit_udev(root);
    write(root, "etc/fstab", "# File systems are mounted by the container's configuration.\n");
}

std::string format_sources(const GuestSources& sources) {
    const auto stanza = [&](std::string_view url, std::string_view suites) {
        return fmt::format("Types: deb\nURIs: {}\nSuites: {}\nComponents: {}\nSigned-By: {}\n{}", url, suites,
                           join(sources.components, " "), sources.signed_by,
                           sources.allow_expired ? "Check-Valid-Until: no\n" : "");
    };
    std::string suites = sources.codename;
    if (sources.updates) suites += fmt::format(" {}-updates", sources.codename);
    std::string text = stanza(sources.mirror, suites);
    if (sources.security) {
        text += '\n' + stanza(*sources.security, fmt::format("{}-security", sources.codename));
    }
    return text;
}

void personalize(const sys::RootedDir& root, const GuestSettings& settings) {
    write(root, "etc/hostname", settings.name + "\n");
    write(root, "etc/hosts", format_hosts(settings.name));
    root.remove("etc/apt/sources.list", kInRoot);
    GuestSources sources = settings.sources;
    if (settings.keyring) write(root, sources.signed_by, *settings.keyring);
    if (settings.auth_key && settings.auth_kind == KeyKind::OpenPgp) {
        const std::string path = fmt::format("/etc/apt/keyrings/auth-key.{}", key_suffix(*settings.auth_key));
        write(root, path, *settings.auth_key);
        sources.signed_by += "," + path;
    }
    if (settings.auth_key && settings.auth_kind == KeyKind::Ssh) {
        root.make_dirs("root/.ssh", 0700, kInRoot);
        write(root, "root/.ssh/authorized_keys", *settings.auth_key, 0600);
    }
    write(root, "etc/apt/sources.list.d/debian.sources", format_sources(sources));
}

void make_ssh_keys(const std::filesystem::path& rootfs, const sys::RootedDir& root,
                   const RunContained& run, const std::filesystem::path& log) {
    if (!root.exists("usr/sbin/sshd", kInRoot)) return;
    const int status = run({rootfs, {"/usr/bin/ssh-keygen", "-A"}, {"PATH=/usr/bin:/bin", "HOME=/root"}, log});
    if (status != 0) throw Error(fmt::format("ssh-keygen -A in the container failed with exit status {}", status));
}

} // namespace lxcpp::debian
