# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# What a build ends in: images for LXC, Incus and OCI, read by our programs and by others, and the generator of systemd's units.

recipe() {
    cat >"$SANDBOX/recipe.yaml" <<'EOF'
image:
  distribution: busybox
  release: "1.0"
  serial: "20260101_0000"
  name: "{{ image.distribution }}-{{ image.release }}"
source:
  downloader: rootfs-http
  url: file:///nowhere
targets:
  lxc:
    create_message: made of {{ image.description }}
    config:
    - type: all
      content: |
        lxc.include = LXC_TEMPLATE_CONFIG/common.conf
    - type: user
      content: |
        lxc.include = LXC_TEMPLATE_CONFIG/userns.conf
  oci:
    labels:
      made: here
files:
- path: /etc/hostname
  generator: hostname
- path: /etc/motd
  generator: dump
  content: hello of the recipe
packages:
  manager: apk
EOF
}

write_output() { expect 0 "${LXCPP_WRITE_OUTPUT:-$(dirname "$LXCPP_TESTINIT")/write-output}" "$SANDBOX/recipe.yaml" "$@"; }

# A tree with one of each kind of file, which boots.
payload() {
    need_tool busybox
    recipe
    TREE="$SANDBOX/tree" TO="$SANDBOX/target"
    "$(support template-testinit)" --path="$SANDBOX/tmp" --name=payload --rootfs="$TREE" --testinit "$LXCPP_TESTINIT" --busybox-init
    mkdir -p "$TREE/dev" "$TREE/etc" "$TREE/srv" "$TO"
    echo old >"$TREE/etc/hostname"
    head -c 3000000 /dev/urandom >"$TREE/srv/random"
    ln "$TREE/srv/random" "$TREE/srv/twin"
    ln -s random "$TREE/srv/link"
    mkfifo "$TREE/srv/pipe"
    truncate -s 5M "$TREE/srv/holes"
    printf begin >"$TREE/srv/tail" && truncate -s 1M "$TREE/srv/tail"
    echo program >"$TREE/srv/capable"
    chown 12:34 "$TREE/srv/capable"
    chmod 4711 "$TREE/srv/capable"
    setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 "$TREE/srv/capable" 2>/dev/null
    touch -d @1500000000 "$TREE/srv/random"
}

describe() { (cd "$1" && find . -mindepth 1 -printf '%P %y %m %U:%G %l %n %s\n' | sed 's/\( d .*\) [0-9]* [0-9]*$/\1/' | LC_ALL=C sort); }

test_lxc_image_is_imported_and_starts() {
    payload
    write_output "$TREE" "$TO" generators-lxc lxc
    is "$(cd "$TO" && ls)" "meta.tar.xz
rootfs.tar.xz" "files"
    is "$(tar -tf "$TO/meta.tar.xz" | tr '\n' ' ')" "config config-user config-user.1 config-user.2 config-user.3 config-user.4 config.1 config.2 config.3 config.4 create-message excludes-user expiry templates " "members"
    expect 0 lxcpp-image import "$TO/meta.tar.xz" "$TO/rootfs.tar.xz" -d busybox -r 1.0 --alias made
    is "$OUT" "$(cat "$TO/meta.tar.xz" "$TO/rootfs.tar.xz" | sha256sum | cut -c1-64)" fingerprint
    local tree="$LXCPP_CACHE_DIR/images/trees/$OUT"
    is "$(describe "$tree")" "$(describe "$TREE")" "the tree"
    is "$(getfattr -d -m security.capability -e hex "$tree/srv/capable" 2>/dev/null | grep -c security)" "$(getfattr -d -m security.capability -e hex "$TREE/srv/capable" 2>/dev/null | grep -c security)" "capabilities"
    is "$(stat -c %Y "$tree/srv/random")" 1500000000 "an old time"
    is "$(stat -c %Y "$tree/etc/motd")" 1700000000 "a new time"
    expect 0 lxcpp-create -n "$C1" --image made
    err_has "made of Busybox 1.0"
    start "$C1"
    attach "$C1" cat /etc/motd
    out_is "hello of the recipe"
    attach "$C1" cat /etc/hostname
    out_is "$C1"
    stop "$C1"
    expect 0 bash -c "mkdir '$SANDBOX/gnu' && tar --numeric-owner --xattrs --xattrs-include='*' -xpf '$TO/rootfs.tar.xz' -C '$SANDBOX/gnu'"
    is "$(describe "$SANDBOX/gnu")" "$(describe "$TREE")" "the tree of GNU tar"
}

test_incus_images_are_imported() {
    payload
    need_tool unsquashfs
    write_output "$TREE" "$TO" generators-incus incus unified compression=zstd-3
    expect 0 lxcpp-image import "$TO/incus.tar.zst" "$TO/rootfs.squashfs" --alias split
    is "$OUT" "$(cat "$TO/incus.tar.zst" "$TO/rootfs.squashfs" | sha256sum | cut -c1-64)" "fingerprint of the split image"
    is "$(describe "$LXCPP_CACHE_DIR/images/trees/$OUT")" "$(describe "$TREE")" "the tree"
    expect 0 lxcpp-image import "$TO/busybox-1.0.tar.zst" --alias unified
    is "$OUT" "$(sha256sum "$TO/busybox-1.0.tar.zst" | cut -c1-64)" "fingerprint of the unified image"
    is "$(describe "$LXCPP_CACHE_DIR/images/trees/$OUT")" "$(describe "$TREE")" "the tree"
    expect 0 lxcpp-image info unified
    out_has 20260101_0000
    expect 0 unsquashfs -q -n -d "$SANDBOX/unsquashed" "$TO/rootfs.squashfs"
    is "$(describe "$SANDBOX/unsquashed")" "$(describe "$TREE")" "the tree of unsquashfs"
    expect 0 lxcpp-create -n "$C1" --image unified
    start "$C1"
    attach "$C1" cat /etc/hostname
    out_is "$C1"
    stop "$C1"
}

test_oci_images_are_read_by_others() {
    payload
    need_tool skopeo
    need_tool umoci
    write_output "$TREE" "$TO" generators-incus oci oci-layout
    expect 0 skopeo inspect --override-os linux "oci-archive:$TO/busybox-1.0.oci.tar:1.0"
    out_has '"made": "here"'
    expect 0 skopeo copy -q "oci:$TO/busybox-1.0.oci:1.0" "dir:$SANDBOX/copied"
    expect 0 umoci unpack --image "$TO/busybox-1.0.oci:1.0" "$SANDBOX/bundle"
    is "$(describe "$SANDBOX/bundle/rootfs")" "$(describe "$TREE")" "the tree of umoci"
    expect 1 lxcpp-image import "$TO/busybox-1.0.oci.tar"
    err_is_one_line
    err_has "is an OCI image, which is not imported: use lxcpp-image pull oci-archive:$TO/busybox-1.0.oci.tar, or lxcpp-create -t oci -- --url oci-archive:$TO/busybox-1.0.oci.tar"
    expect 1 lxcpp-image import "$TO/busybox-1.0.oci"
    err_has "lxcpp-create -t oci -- --url oci:$TO/busybox-1.0.oci"
    expect 0 lxcpp-create -n "$C1" -t oci -- --url "oci-archive:$TO/busybox-1.0.oci.tar"
    start "$C1"
    attach "$C1" cat /etc/motd
    out_is "hello of the recipe"
    stop "$C1"
}

# A second copy of the tree, made in another order, gives the same bytes; and so do other times of what the build made.
test_the_same_tree_gives_the_same_bytes() {
    payload
    cp -a "$TREE" "$SANDBOX/again"
    find "$TREE" "$SANDBOX/again" -newermt @1600000000 -exec touch -h -d @1800000000 {} +
    find "$SANDBOX/again" -exec touch -h -c -r "$SANDBOX" {} +
    find "$TREE" -exec touch -h -c -d @1900000000 {} +
    local what
    for what in lxc incus unified oci manifest; do
        write_output "$TREE" "$TO" "$what" compression=zstd-3
        local first="$OUT"
        write_output "$SANDBOX/again" "$TO" "$what" compression=zstd-3
        is "$OUT" "$first" "$what of the same tree"
    done
}

test_a_full_disk_leaves_the_old_image() {
    payload
    mkdir "$SANDBOX/small"
    mount -t tmpfs -o size=1m small "$SANDBOX/small" || skip "no tmpfs"
    echo old >"$SANDBOX/small/meta.tar.xz"
    expect 1 "${LXCPP_WRITE_OUTPUT:-$(dirname "$LXCPP_TESTINIT")/write-output}" "$SANDBOX/recipe.yaml" "$TREE" "$SANDBOX/small" lxc compression=none
    err_has "small/rootfs.tar: write the archive: No space left on device"
    is "$(ls -A "$SANDBOX/small")" meta.tar.xz "what is left"
    is "$(cat "$SANDBOX/small/meta.tar.xz")" old "the old image"
    umount "$SANDBOX/small"
}

# A root file system for the generator: its own /proc, a systemd of this version, and a shell.
generator_root() {
    ROOT="$SANDBOX/generator-$1-$2-$3"
    mkdir -p "$ROOT"/{bin,sbin,dev,etc/systemd,etc/udev,proc/1,proc/self,run,tmp,usr/lib/systemd/system,sys/class/net/eth0}
    cp "$(command -v busybox)" "$ROOT/bin/busybox"
    chroot "$ROOT" /bin/busybox --install -s /bin
    ln -sf busybox "$ROOT/bin/udevadm"
    rm -f "$ROOT/bin/ip" "$ROOT/sbin/ip"
    if [ -n "${4:-}" ]; then
        # shellcheck disable=SC2046
        cp --parents $(ldd /bin/dash | grep -o '/[^ ]*') "$ROOT"
        cp --remove-destination /bin/dash "$ROOT/bin/sh"
    fi
    printf '#!/bin/sh\necho "systemd %s (%s-1)"\n' "$1" "$1" >"$ROOT/usr/lib/systemd/systemd"
    chmod +x "$ROOT/usr/lib/systemd/systemd"
    touch "$ROOT/usr/lib/systemd/systemd-sysctl" "$ROOT/usr/lib/systemd/system/some.service"
    printf 'PATH=/bin\0container=%s\0HOME=/\0' "$2" >"$ROOT/proc/1/environ"
    printf '         0          0 %s\n' "$3" >"$ROOT/proc/self/uid_map"
    write_output "$ROOT" "$SANDBOX" systemd
    is "$(stat -c %a "$ROOT/etc/systemd/system-generators/lxc")" 755 "mode of the generator"
    expect 0 chroot "$ROOT" /etc/systemd/system-generators/lxc /tmp /tmp /tmp
    out_is ""
    is "$ERR" "" "errors of the generator"
}

test_systemd_generator() {
    need_tool busybox
    recipe
    generator_root 252 other 65536
    is "$(ls -A "$ROOT/run")" "" "what it does elsewhere"
    local shell
    for shell in "" dash; do
        [ -z "$shell" ] || need_tool dash
        rm -rf "$SANDBOX"/generator-*
        generator_root 252 lxc 65536 $shell
        local units="$ROOT/run/systemd/system"
        is "$(cat "$units/service.d/zzz-lxc-service.conf")" "[Service]
ProtectControlGroups=no
ProtectKernelTunables=no
NoNewPrivileges=no
ProcSubset=all
ProtectProc=default
LoadCredential=" "settings of systemd 252"
        is "$(cat "$units/systemd-networkd.service.d/zzz-lxc-ropath.conf")" "[Service]
BindReadOnlyPaths=/sys" "networkd"
        is "$(grep -c '^ExecStart=-/bin/udevadm trigger' "$units/systemd-udev-trigger.service.d/zzz-lxc-override.conf")" 2 "udev"
        is "$(readlink "$units/systemd-binfmt.service")" /dev/null "a masked unit"
        is "$(find "$units" -type l | wc -l)" 14 "number of masked units"
        is "$(ls "$ROOT/run/udev/rules.d")" 90-lxc-net.rules "rules"
        generator_root 240 lxc 65536 $shell
        is "$(cat "$ROOT/run/systemd/system/some.service.d/zzz-lxc-service.conf")" "[Service]
ProtectControlGroups=no
ProtectKernelTunables=no
NoNewPrivileges=no" "settings of systemd 240"
        is "$(ls "$ROOT/run/systemd/system/service.d" 2>/dev/null)" "" "drop-ins for all of them"
        generator_root 247 lxc 4294967295 $shell
        is "$(cat "$ROOT/run/systemd/system/service.d/zzz-lxc-service.conf" | tr '\n' ' ')" "[Service] ProtectControlGroups=no ProtectKernelTunables=no NoNewPrivileges=no ProcSubset=all ProtectProc=default ProtectHome=no ProtectSystem=no PrivateDevices=no PrivateTmp=no ReadWritePaths= ReadOnlyPaths= ProtectKernelModules=no ProtectKernelLogs=no " "a privileged container"
        is "$(ls "$ROOT/run/systemd/system" | grep -c networkd)" 0 "networkd of a privileged container"
        generator_root 258~rc1 lxc 65536 $shell
        is "$(grep -c '^ImportCredential=$' "$ROOT/run/systemd/system/service.d/zzz-lxc-service.conf")" 1 "credentials of 258"
        is "$(grep -F -c -- "-o '-- \\\\u'" "$ROOT/run/systemd/system/console-getty.service.d/zzz-lxc-override.conf")" 1 "the getty of 258"
    done
}

test_systemd_generator_for_network_manager() {
    need_tool busybox
    recipe
    generator_root 252 lxc 65536
    is "$(ls "$ROOT/run/systemd/system" | grep -c network-device-down)" 0 "without NetworkManager"
    touch "$ROOT/bin/NetworkManager" "$ROOT/sbin/ip"
    expect 0 chroot "$ROOT" /etc/systemd/system-generators/lxc
    is "$(readlink "$ROOT/run/systemd/system/default.target.wants/network-device-down.service")" /run/systemd/system/network-device-down.service "link"
    is "$(grep -c '^ExecStart=-/sbin/ip link set eth0 down$' "$ROOT/run/systemd/system/network-device-down.service")" 1 "command"
    rm -rf "$ROOT/run/systemd"
    ln -s /dev/null "$ROOT/usr/lib/systemd/system/network-device-down.service"
    expect 0 chroot "$ROOT" /etc/systemd/system-generators/lxc
    is "$(ls "$ROOT/run/systemd/system" | grep -c network-device-down)" 0 "when it is masked"
    mkdir -p "$ROOT/etc/dbus-1/system.d" "$ROOT/sys/kernel/security/apparmor"
    touch "$ROOT/sys/kernel/security/apparmor/.access"
    expect 0 chroot "$ROOT" /etc/systemd/system-generators/lxc
    is "$(ls "$ROOT/etc/dbus-1/system.d")" "" "dbus of a container whose AppArmor it is"
    chattr +i "$ROOT/sys/kernel/security/apparmor/.access" 2>/dev/null || return 0
    expect 0 chroot "$ROOT" /etc/systemd/system-generators/lxc
    chattr -i "$ROOT/sys/kernel/security/apparmor/.access"
    is "$(grep -c 'mode="disabled"' "$ROOT/etc/dbus-1/system.d/zzz-lxc-disable-apparmor.conf")" 1 "dbus of another"
}
