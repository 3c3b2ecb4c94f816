# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Which devices a container can use when its configuration says nothing of them.

opens() { # CONTAINER NODE: what open(2) says, once the node is there
    run lxcpp-attach -n "$1" -- busybox dd if="$2" of=/dev/null count=0
    local code=$?
    [ $code = 0 ] && OUT=yes
    [[ "$ERR" == *"not permitted"* ]] && OUT=no
    return 0
}

test_only_the_usual_devices() {
    CREATE_OPTIONS=--privileged make_busybox_container "$C1"
    start "$C1"
    local node
    for node in null zero full random urandom ptmx; do
        opens "$C1" /dev/$node
        out_is yes
    done
    attach "$C1" busybox mknod /tmp/null c 1 3
    opens "$C1" /tmp/null
    out_is yes
    # /dev/mem, /dev/kmsg, tun, fuse, a loop device: not even a node can be made.
    for node in 'c 1 1' 'c 1 11' 'c 10 200' 'c 10 229' 'b 7 0'; do
        # shellcheck disable=SC2086 # words
        run lxcpp-attach -n "$C1" -- busybox mknod /tmp/node $node
        [ $? != 0 ] || fail "mknod $node"
        err_has "not permitted"
    done
    # A node that the image brings cannot be opened.
    mknod "$LXCPATH/$C1/rootfs/tmp/kmsg" c 1 11
    opens "$C1" /tmp/kmsg
    out_is no
}

# As the administrator's mount says; in a user namespace, too.
test_mounted_devices_are_usable() {
    [ -c /dev/autofs ] && [ "$(stat -c %A /dev/autofs | cut -c8)" = r ] || skip "no device of the host that everybody may open"
    make_busybox_container "$C1" 'lxc.mount.entry = /dev/autofs dev/autofs none bind,create=file 0 0'
    cp "$LXCPATH/$C1/config" "$SANDBOX/tmp/config"
    start "$C1"
    opens "$C1" /dev/autofs
    out_is yes
    stop "$C1"
    # Whole as it is, /dev says nothing of what is meant.
    { grep -v autofs "$SANDBOX/tmp/config"; echo 'lxc.mount.entry = /dev mnt none rbind,create=dir 0 0'; } >"$LXCPATH/$C1/config"
    start "$C1"
    opens "$C1" /mnt/autofs
    out_is no
    stop "$C1"
    start "$C1" -s 'lxc.cgroup.devices.allow=c 10:235 rwm' -s 'lxc.cgroup2.devices.allow=c 10:235 rwm'
    opens "$C1" /mnt/autofs
    out_is yes
    opens "$C1" /dev/null
    out_is yes
    stop "$C1"
    start "$C1" -s lxc.cgroup.devices.allow=a -s lxc.cgroup2.devices.allow=a
    opens "$C1" /mnt/autofs
    out_is yes
}

test_devices_in_a_mounted_directory_are_usable() {
    [ -c /dev/net/tun ] || skip "the host has no /dev/net/tun"
    CREATE_OPTIONS=--privileged make_busybox_container "$C1" 'lxc.mount.entry = /dev/net dev/net none bind,create=dir 0 0'
    start "$C1"
    opens "$C1" /dev/net/tun
    out_is yes
    stop "$C1"
    # A list of one's own is taken as it is.
    start "$C1" -s lxc.cgroup.devices.deny=a -s 'lxc.cgroup.devices.allow=c 1:3 rwm' -s 'lxc.cgroup.devices.allow=c 5:* rwm' \
        -s lxc.cgroup2.devices.deny=a -s 'lxc.cgroup2.devices.allow=c 1:3 rwm' -s 'lxc.cgroup2.devices.allow=c 5:* rwm'
    opens "$C1" /dev/net/tun
    out_is no
}
