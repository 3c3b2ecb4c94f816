# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Mounts as the payload sees them: lxc.mount.auto, lxc.mount.entry, the root, and roots that attack.

inside() { attach "$C1" /bin/sh -c "$1"; }
# Options of the mount at a place, as the container's first process sees it: "ro,nosuid,... FSTYPE PROPAGATION".
mount_at() {
    awk -v at="$2" '$5 == at {split($0, halves, " - "); split(halves[2], tail, " "); print $6, tail[1], ($7 == "-" ? "private" : $7)}' \
        "/proc/$(init_pid "$1")/mountinfo" | tail -1
}
test_proc_mixed_and_rw() {
    local flavour
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1"
        start "$C1" -s lxc.mount.auto= -s lxc.mount.auto=proc:mixed
        [[ "$(mount_at "$C1" /proc)" == rw,nosuid,nodev,noexec,*proc* ]] || fail "/proc is $(mount_at "$C1" /proc)"
        [[ "$(mount_at "$C1" /proc/sys)" == ro,* ]] || fail "/proc/sys is $(mount_at "$C1" /proc/sys)"
        [[ "$(mount_at "$C1" /proc/sys/net)" == rw,* ]] || fail "/proc/sys/net is $(mount_at "$C1" /proc/sys/net)"
        [ ! -e /proc/sysrq-trigger ] || [[ "$(mount_at "$C1" /proc/sysrq-trigger)" == ro,* ]] || fail "/proc/sysrq-trigger is $(mount_at "$C1" /proc/sysrq-trigger)"
        inside 'echo 1 >/proc/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_forward'
        out_is 1
        run lxcpp-attach -n "$C1" -- /bin/sh -c 'echo 4096 >/proc/sys/kernel/msgmax'
        differs $? 0 "exit code of writing below /proc/sys"
        stop "$C1"
        start "$C1" -s lxc.mount.auto= -s lxc.mount.auto=proc:rw
        is "$(mount_at "$C1" /proc/sys)" "" "mount on /proc/sys"
        inside 'echo 4096 >/proc/sys/kernel/msgmax'
        lxcpp-destroy -f -n "$C1"
    done
}

test_sys_mixed_ro_and_rw() {
    local flavour
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1"
        start "$C1" -s lxc.mount.auto= -s lxc.mount.auto=proc -s lxc.mount.auto=sys:mixed
        [[ "$(mount_at "$C1" /sys)" == ro,nosuid,nodev,noexec,*sysfs* ]] || fail "/sys is $(mount_at "$C1" /sys)"
        [[ "$(mount_at "$C1" /sys/devices/virtual/net)" == rw,* ]] || fail "net is $(mount_at "$C1" /sys/devices/virtual/net)"
        stop "$C1"
        start "$C1" -s lxc.mount.auto= -s lxc.mount.auto=proc -s lxc.mount.auto=sys:ro
        [[ "$(mount_at "$C1" /sys)" == ro,* ]] || fail "/sys is $(mount_at "$C1" /sys)"
        is "$(mount_at "$C1" /sys/devices/virtual/net)" "" "mount on net"
        stop "$C1"
        start "$C1" -s lxc.mount.auto= -s lxc.mount.auto=proc -s lxc.mount.auto=sys:rw
        [[ "$(mount_at "$C1" /sys)" == rw,* ]] || fail "/sys is $(mount_at "$C1" /sys)"
        lxcpp-destroy -f -n "$C1"
    done
}

test_missing_proc_and_sys_directories_are_made() {
    make_container "$C1"
    rmdir "$LXCPATH/$C1/rootfs/proc" "$LXCPATH/$C1/rootfs/sys" "$LXCPATH/$C1/rootfs/dev"
    start "$C1"
    inside 'ls -d /proc/self /sys/class /dev/null'
}

test_nothing_of_the_host_is_mounted_inside() {
    local flavour
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1"
        start "$C1"
        # Everything hangs below the one root, and nothing below it is the host's but device nodes.
        OUT=$(awk '{split($0, halves, " - "); split(halves[2], tail, " "); print $5, tail[1], $4}' "/proc/$(init_pid "$C1")/mountinfo")
        is "$(grep -c '^/ ' <<<"$OUT")" 1 "mounts on /"
        is "$(grep -v -E '^/(proc|sys|dev)(/| )' <<<"$OUT" | wc -l)" 1 "mounts outside proc, sys and dev"
        out_lacks //deleted
        lxcpp-destroy -f -n "$C1"
    done
}

test_host_with_shared_mounts() {
    local flavour
    mount --make-rshared /
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1" 'lxc.mount.entry = tmpfs mnt tmpfs create=dir 0 0'
        start "$C1"
        # What is mounted inside stays inside, and what is below is no peer of the host's.
        inside 'mount -t tmpfs inside /tmp && mkdir /tmp/x && mount --bind /tmp/x /tmp/x' || fail "mount inside"
        grep -q "$LXCPATH/$C1/rootfs" /proc/self/mountinfo && fail "a mount of the container reached the host"
        grep -E ' / / .*shared:' "/proc/$(init_pid "$C1")/mountinfo" && fail "the root is a peer of the host's mount"
        lxcpp-destroy -f -n "$C1"
    done
    mount --make-rprivate /
}

test_rootfs_propagation() {
    local word flavour map
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1"
        [ -n "$flavour" ] && map='' || map=idmap=container,
        for word in shared rshared slave rslave private rprivate; do
            start "$C1" -s "lxc.rootfs.options=$map$word"
            case "$word" in
            *shared) [[ "$(mount_at "$C1" /)" == *shared:* ]] || fail "$flavour $word: root is $(mount_at "$C1" /)" ;;
            *) [[ "$(mount_at "$C1" /)" != *shared:* ]] || fail "$flavour $word: root is $(mount_at "$C1" /)" ;;
            esac
            stop "$C1"
        done
        lxcpp-destroy -f -n "$C1"
    done
}

test_rootfs_read_only() {
    make_container "$C1" 'lxc.mount.entry = tmpfs tmp tmpfs defaults 0 0' 'lxc.tty.max = 2'
    start "$C1" -s "lxc.rootfs.options=idmap=container,ro"
    run lxcpp-attach -n "$C1" -- /bin/touch /file
    differs $? 0 "exit code of writing into a read-only root"
    inside 'touch /tmp/file; echo x >/dev/null'
}

test_bind_options_hold() {
    mkdir -p "$SANDBOX/tmp/a/sub" "$SANDBOX/tmp/plain" && chmod -R 0755 "$SANDBOX/tmp/a" "$SANDBOX/tmp/plain"
    mount -t tmpfs -o nosuid,nodev,noexec,mode=0755 guarded "$SANDBOX/tmp/a/sub"
    touch "$SANDBOX/tmp/a/sub/file"
    local flavour
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1" \
            "lxc.mount.entry = $SANDBOX/tmp/a/sub mnt/keeps none bind,ro,create=dir 0 0" \
            "lxc.mount.entry = $SANDBOX/tmp/a mnt/deep none rbind,ro,create=dir 0 0" \
            "lxc.mount.entry = $SANDBOX/tmp/plain mnt/flat none bind,create=dir,nosymfollow 0 0" \
            "lxc.mount.entry = $SANDBOX/tmp/a/sub mnt/two none bind,create=dir 0 0" \
            "lxc.mount.entry = $SANDBOX/tmp/a/sub mnt/two none bind,remount,ro 0 0" \
            "lxc.mount.entry = $SANDBOX/tmp/a/sub mnt/rw none bind,rw,suid,dev,exec,create=dir 0 0" \
            "lxc.mount.entry = $SANDBOX/tmp/a/sub/file mnt/file none bind,optional,create=file 0 0" \
            "lxc.mount.entry = $SANDBOX/tmp/none mnt/nofile none bind,optional,create=file 0 0"
        start "$C1"
        [[ "$(mount_at "$C1" /mnt/keeps)" == ro,nosuid,nodev,noexec,* ]] || fail "keeps: $(mount_at "$C1" /mnt/keeps)"
        [[ "$(mount_at "$C1" /mnt/deep/sub)" == ro,nosuid,nodev,noexec,* ]] || fail "deep: $(mount_at "$C1" /mnt/deep/sub)"
        [[ "$(mount_at "$C1" /mnt/flat)" == *nosymfollow* ]] || fail "flat: $(mount_at "$C1" /mnt/flat)"
        [[ "$(mount_at "$C1" /mnt/two)" == ro,* ]] || fail "two: $(mount_at "$C1" /mnt/two)"
        [[ "$(mount_at "$C1" /mnt/rw)" == rw,* ]] || fail "rw: $(mount_at "$C1" /mnt/rw)"
        inside 'ls -d /mnt/file; test ! -e /mnt/nofile'
        stop "$C1"
        # A plain bind shows what a mount below it covers; that is not for a user namespace to see.
        if [ -n "$flavour" ]; then
            start "$C1" -s "lxc.mount.entry=$SANDBOX/tmp/a mnt/bare none bind,create=dir 0 0"
            inside 'ls /mnt/bare/sub'
            out_is ''
        else
            expect 1 lxcpp-start -n "$C1" -s "lxc.mount.entry=$SANDBOX/tmp/a mnt/bare none bind,create=dir 0 0"
            err_has rbind
            err_is_one_line
        fi
        lxcpp-destroy -f -n "$C1"
    done
    umount "$SANDBOX/tmp/a/sub"
}

test_relative_move_idmap_and_tmpfs() {
    mkdir -p "$SANDBOX/tmp/owned" && chmod 0755 "$SANDBOX/tmp/owned" && touch "$SANDBOX/tmp/owned/of-root"
    make_container "$C1" 'lxc.mount.entry = etc mnt/etc none bind,relative,create=dir,ro 0 0' \
        'lxc.mount.entry = tmpfs mnt/t tmpfs size=64k,mode=1777,nosuid,nodev,noexec,nr_inodes=10,create=dir 0 0' \
        "lxc.mount.entry = $SANDBOX/tmp/owned mnt/o none bind,idmap=container,create=dir 0 0" \
        "lxc.mount.entry = $SANDBOX/tmp/owned mnt/p none bind,create=dir 0 0"
    start "$C1"
    inside 'grep -c root /mnt/etc/passwd; stat -c %a /mnt/t; stat -c %u /mnt/o/of-root; stat -c %u /mnt/p/of-root; touch /mnt/o/new'
    out_is $'1\n1777\n0\n65534'
    is "$(stat -c %u "$SANDBOX/tmp/owned/new")" 0 "owner on the host of a file made through idmap="
    [[ "$(mount_at "$C1" /mnt/t)" == rw,nosuid,nodev,noexec,* ]] || fail "t: $(mount_at "$C1" /mnt/t)"
    run lxcpp-attach -n "$C1" -- /bin/dd if=/dev/zero of=/mnt/t/f bs=1k count=100
    differs $? 0 "exit code of writing more than size="
}

test_fstab_file() {
    mkdir -p "$SANDBOX/tmp/with blank" && chmod 0755 "$SANDBOX/tmp/with blank" && echo here >"$SANDBOX/tmp/with blank/file"
    printf '# a comment\n\n%s mnt/b none bind,create=dir 0 0\ntmpfs mnt/t tmpfs create=dir\n' "$SANDBOX/tmp/with\\040blank" >"$SANDBOX/tmp/fstab"
    make_container "$C1" "lxc.mount.fstab = $SANDBOX/tmp/fstab"
    start "$C1"
    inside 'cat /mnt/b/file; touch /mnt/t/x'
    out_is here
    stop "$C1"
    echo 'tmpfs ../x tmpfs create=dir' >>"$SANDBOX/tmp/fstab"
    expect 1 lxcpp-start -n "$C1"
    err_has '..'
    rm "$SANDBOX/tmp/fstab"
    expect 1 lxcpp-start -n "$C1"
    err_has "$SANDBOX/tmp/fstab"
}

# Every place that we mount on, as something that leads elsewhere or is no directory.
test_hostile_rootfs() {
    local place kind root flavour
    mkdir -p "$SANDBOX/tmp/outside" && chmod 0777 "$SANDBOX/tmp/outside"
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1" 'lxc.mount.entry = tmpfs mnt/deep tmpfs create=dir 0 0'
        root="$LXCPATH/$C1/rootfs"
        mkdir -p "$root/mnt"
        for place in dev proc sys mnt; do
            for kind in symlink dangling fifo file parent; do
                mv "$root/$place" "$root/$place.real"
                case $kind in
                symlink) ln -s "$SANDBOX/tmp/outside" "$root/$place" ;;
                dangling) ln -s /no/such/place "$root/$place" ;;
                parent) ln -s ../../../../../../../../tmp "$root/$place" ;;
                fifo) mkfifo "$root/$place" ;;
                file) touch "$root/$place" ;;
                esac
                run lxcpp-start -n "$C1"
                is $? 1 "$flavour exit code with $place as $kind"
                err_is_one_line
                [[ "$ERR" == *"$place"* ]] || fail "$kind: the message does not name $place: $ERR"
                is "$(find "$SANDBOX/tmp/outside" -mindepth 1 | wc -l)" 0 "files made outside through $place as $kind"
                rm -f "$root/$place"
                mv "$root/$place.real" "$root/$place"
            done
        done
        start "$C1"
        lxcpp-destroy -f -n "$C1"
    done
}

test_image_without_fresh_dev() {
    local flavour
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1" 'lxc.autodev = 0' 'lxc.tty.max = 1'
        touch "$LXCPATH/$C1/rootfs/dev/ptmx"
        start "$C1"
        inside 'ls -l /dev/console /dev/tty1 /dev/ptmx; tty </dev/console'
        out_has /dev/console
        is "$(mount_at "$C1" /dev)" "" "mount on /dev"
        [[ "$(mount_at "$C1" /dev/ptmx)" == *devpts* ]] || fail "/dev/ptmx: $(mount_at "$C1" /dev/ptmx)"
        lxcpp-destroy -f -n "$C1"
    done
}

test_dev_size_and_terminals() {
    make_container "$C1" 'lxc.autodev.tmpfs.size = 65536' 'lxc.tty.max = 2' 'lxc.tty.dir = lxc' 'lxc.pty.max = 4'
    start "$C1"
    inside 'readlink /dev/tty1; test -c /dev/lxc/tty2 && stat -c "%a %t" /dev/pts/ptmx; grep " /dev/pts " /proc/mounts'
    out_has lxc/tty1
    out_has 'max=10' # 4, and room for the console and ttys twice
    run lxcpp-attach -n "$C1" -- /bin/dd if=/dev/zero of=/dev/big bs=1k count=100
    differs $? 0 "exit code of writing more than the size of /dev"
}

test_hidden_umask_of_the_caller() {
    make_container "$C1" 'lxc.tty.max = 1' 'lxc.mount.entry = tmpfs mnt/made tmpfs create=dir 0 0'
    (umask 0777 && lxcpp-start -n "$C1") || fail "start with umask 0777"
    is "$(stat -c %a "$LXCPATH/$C1/rootfs/mnt")" 755 "mode of a directory that was made"
    inside 'stat -c %a /dev /dev/pts; umask'
    out_has $'755\n755'
}
