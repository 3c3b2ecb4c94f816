// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/systemd_generator.h"

#include "distrobuilder/output.h"
#include "distrobuilder/tree_files.h"
#include "sys/file.h"
#include "sys/file_meta.h"

#include <string>

namespace lxcpp::distro {
namespace {

constexpr auto kPlace = "/etc/systemd/system-generators/lxc"; // distrobuilder's: whoever masks that one masks ours

// Settings by the version of systemd that brought them: units of older ones would complain.
constexpr std::string_view kScript = R"script(#!/bin/sh
# Run by systemd before it loads its units. In a container of LXC or Incus some of them cannot do what they do on a machine:
# this relaxes them, for as long as the container runs (all but one file are below /run).
# To do without, make this file a link to /dev/null; for a single unit say otherwise in /etc/systemd/system.
set -u
export LC_ALL=C
umask 022
units=/run/systemd/system

newline='
'
case "$newline$(tr '\0' '\n' </proc/1/environ 2>/dev/null)$newline" in
*"${newline}container=lxc$newline"*) ;;
*) exit 0 ;;
esac

# The version of systemd, as far as it is a number: "252" of 252.6-1, "258" of 258~rc1.
version=
for program in /usr/lib/systemd/systemd /lib/systemd/systemd /run/current-system/sw/lib/systemd/systemd; do
    [ -x "$program" ] || continue
    version=$("$program" --version 2>/dev/null)
    version=${version#systemd }
    version=${version#v}
    version=${version%%[!0-9]*}
    break
done
: "${version:=0}"

# Root of the machine itself is root here when all ids are mapped.
privileged=no
read -r _ _ ids </proc/self/uid_map && [ "$ids" = 4294967295 ] && privileged=yes

# drop_in UNIT NAME: standard input becomes a drop-in of the unit.
drop_in() {
    mkdir -p "$units/$1.d" && cat >"$units/$1.d/zzz-lxc-$2.conf"
}

mask() {
    mkdir -p "$units"
    for unit; do ln -sf /dev/null "$units/$unit"; done
}

# since VERSION SETTING [BEFORE]
since() {
    if [ "$version" -ge "$1" ] && [ "$version" -lt "${3:-100000}" ]; then echo "$2"; fi
}

relaxed_service() {
    echo "[Service]"
    since 232 ProtectControlGroups=no
    since 232 ProtectKernelTunables=no
    since 239 NoNewPrivileges=no
    since 247 ProcSubset=all
    since 247 ProtectProc=default
    since 249 LoadCredential=
    since 254 PrivateNetwork=no
    since 256 ImportCredential=
    [ "$privileged" = yes ] || return 0
    since 0 ProtectHome=no
    since 0 ProtectSystem=no
    since 0 PrivateDevices=no
    since 0 PrivateTmp=no
    since 231 ReadWritePaths=
    since 231 ReadOnlyPaths=
    since 232 ProtectKernelModules=no
    since 244 ProtectKernelLogs=no
    since 254 ImportCredential= 256
}

relax_services() {
    if [ "$version" -ge 244 ]; then # from then on there are drop-ins for all services
        relaxed_service | drop_in service service
        return
    fi
    for file in /lib/systemd/system/*.service /usr/lib/systemd/system/*.service /etc/systemd/system/*.service; do
        if [ -f "$file" ] && [ ! -L "$file" ]; then relaxed_service | drop_in "${file##*/}" service; fi
    done
}

# /sys is writable without being ours: services that look for a machine there must not try.
protect_sys() {
    for unit; do
        drop_in "$unit" ropath <<EOF
[Service]
BindReadOnlyPaths=/sys
EOF
    done
}

# Failures of these two say nothing here: newer versions of systemd do not mind them either.
ignore_failures() {
    for program in /usr/bin/udevadm /sbin/udevadm /bin/udevadm; do
        [ -f "$program" ] || continue
        drop_in systemd-udev-trigger.service override <<EOF
[Service]
ExecStart=
ExecStart=-$program trigger --type=subsystems --action=add
ExecStart=-$program trigger --type=devices --action=add
EOF
        break
    done
    for program in /usr/lib/systemd/systemd-sysctl /lib/systemd/systemd-sysctl; do
        [ -e "$program" ] || continue
        drop_in systemd-sysctl.service override <<EOF
[Service]
ExecStart=
ExecStart=-$program
EOF
        break
    done
}

# NetworkManager leaves a veth alone, as something that others look after, and a link that is up as one that was configured.
# One with a route to 169.254.0.1 was: Incus gives containers such "routed" ones.
let_network_manager_work() {
    if [ -d /etc/udev ]; then
        mkdir -p /run/udev/rules.d
        echo 'ACTION=="add|change|move", ENV{ID_NET_DRIVER}=="veth", ENV{INTERFACE}=="eth[0-9]*", ENV{NM_UNMANAGED}="0"' \
            >/run/udev/rules.d/90-lxc-net.rules
    fi
    manager=
    for directory in /usr/sbin /usr/bin /sbin /bin /usr/local/sbin /usr/local/bin; do
        [ ! -e "$directory/NetworkManager" ] || manager=yes
    done
    ip=/sbin/ip
    [ -f "$ip" ] || ip=/bin/ip
    unit=network-device-down.service
    if [ -z "$manager" ] || [ ! -e /sys/class/net/eth0 ] || [ ! -f "$ip" ]; then return; fi
    for directory in /usr/lib/systemd/system /lib/systemd/system; do
        if [ -L "$directory/$unit" ]; then return; fi # masked
    done
    mkdir -p "$units/default.target.wants"
    cat >"$units/$unit" <<EOF
[Unit]
Description=Take eth0 down for NetworkManager
Before=NetworkManager.service systemd-networkd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecCondition=/bin/sh -c '! grep -qs 00000000.0100FEA9 /proc/net/route'
ExecStart=-$ip link set eth0 down
EOF
    ln -sf "$units/$unit" "$units/default.target.wants/$unit"
}

# dbus must not ask an AppArmor whose policy is not this container's.
let_dbus_work() {
    file=/etc/dbus-1/system.d/zzz-lxc-disable-apparmor.conf
    access=/sys/kernel/security/apparmor/.access
    rm -f "$file" 2>/dev/null
    if [ ! -d /etc/dbus-1/system.d ] || [ ! -e "$access" ]; then return; fi
    if (: >>"$access") 2>/dev/null; then return; fi
    {
        cat <<EOF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <apparmor mode="disabled"/>
</busconfig>
EOF
    } 2>/dev/null >"$file"
}

# From systemd 258 on agetty has to open the console itself.
let_console_log_in() {
    if [ "$version" -lt 258 ]; then return; fi
    drop_in console-getty.service override <<'EOF'
[Service]
ExecStart=
ExecStart=-/sbin/agetty -o '-- \\u' --noreset --noclear --keep-baud 115200,57600,38400,9600 console
StandardInput=null
StandardOutput=null
EOF
}

relax_services
[ "$privileged" = yes ] || protect_sys systemd-networkd.service systemd-resolved.service
ignore_failures
drop_in systemd-nsresourced.service rorun <<EOF
[Service]
ReadWritePaths=/run
EOF
mask auditd.service colord.service dev-hugepages.mount mdmonitor.service run-ribchester-general.mount \
    systemd-binfmt.service systemd-firstboot.service systemd-hwdb-update.service systemd-journald-audit.socket \
    systemd-modules-load.service systemd-pstore.service ua-messaging.service xfs_healer@-.service
[ -e /dev/tty1 ] || mask vconsole-setup-kludge@tty1.service
let_network_manager_work
let_dbus_work
let_console_log_in
exit 0
)script";

} // namespace

std::string_view systemd_generator_script() noexcept { return kScript; }

void install_systemd_generator(const sys::RootedDir& root) {
    const auto there = root.stat("etc/systemd", sys::Links::InRoot);
    if (!there || !S_ISDIR(there->st_mode)) return;
    if (root.read_link(kPlace, sys::Links::InRoot) == "/dev/null") return; // the image wants none
    const Fd file = create_file(root, kPlace, 0755);
    sys::write_all(file, kScript, kPlace);
    sys::set_mode(file, 0755, kPlace); // whatever the umask, and the file that was there
}

} // namespace lxcpp::distro
