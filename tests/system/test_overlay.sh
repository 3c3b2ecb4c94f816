# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# A root file system that is an overlay: lxc.rootfs.path = overlay:LOWER[:LOWER...]:UPPER.

BASE='' # the lower directory, made once a test

make_base() {
    BASE="$SANDBOX/tmp/base"
    make_rootfs "$BASE"
    mkdir -p "$BASE/data/inner"
    echo lower >"$BASE/data/inner/file"
    chown 1000:1000 "$BASE/data/inner/file"
}

# A container as make_container, whose root then is an overlay on LOWERS.
stack() { # NAME LOWERS [CONFIG-LINE...]
    local name="$1" lowers="$2"
    shift 2
    make_container "$name" "$@"
    rm -r "$LXCPATH/$name/rootfs"
    mkdir -p "$LXCPATH/$name/overlay/upper"
    sed -i "s|^lxc.rootfs.path = .*|lxc.rootfs.path = overlay:$lowers:$LXCPATH/$name/overlay/upper|" "$LXCPATH/$name/config"
}
upper() { echo "$LXCPATH/$1/overlay/upper"; }
inside() { attach "$1" /bin/sh -c "$2"; }
# Every name, kind, owner and content below a directory.
fingerprint() { (cd "$1" && find . -printf '%p %y %U:%G %m %l\n' | sort && find . -type f -exec cat {} + | sha256sum); }

test_writes_go_to_the_upper_directory() {
    need_tool busybox
    make_base
    local before
    before=$(fingerprint "$BASE")
    stack "$C1" "$BASE"
    start "$C1"
    inside "$C1" 'cat /data/inner/file; stat -c "%u:%g" /data/inner/file; echo new >/etc/new; rm /etc/group; echo more >>/data/inner/file'
    out_is $'lower\n1000:1000'
    is "$(cat "$(upper "$C1")/etc/new")" new "file in the upper directory"
    is "$(stat -c '%u:%g' "$(upper "$C1")/etc/new")" 0:0 "owner of a new file on the disk"
    is "$(stat -c '%u:%g' "$(upper "$C1")/data/inner/file")" 1000:1000 "owner of a copied file on the disk"
    is "$(stat -c '%F' "$(upper "$C1")/etc/group")" "character special file" "what is removed"
    is "$(fingerprint "$BASE")" "$before" "the lower directory"
    expect 0 lxcpp-stop -r -n "$C1"
    wait_state "$C1" RUNNING
    inside "$C1" 'cat /etc/new /data/inner/file; ls /etc/group 2>/dev/null; echo end'
    out_is $'new\nlower\nmore\nend'
    stop "$C1"
    expect 0 lxcpp-destroy -n "$C1"
    [ ! -e "$LXCPATH/$C1" ] || fail "the container's directory is still there"
    is "$(fingerprint "$BASE")" "$before" "the lower directory after destroy"
}

# What a package manager does to a tree that came with the image.
test_changes_as_of_a_package_manager() {
    need_tool busybox
    make_base
    stack "$C1" "$BASE"
    start "$C1"
    inside "$C1" 'set -e
        /bin/busybox mv /data/inner /data/moved
        rm -r /var/log; mkdir /var/log; echo one >/var/log/one
        rm -r /usr; echo file >/usr
        /bin/busybox cp /etc/passwd /etc/passwd.dpkg-new; /bin/busybox mv /etc/passwd.dpkg-new /etc/passwd
        /bin/busybox ln /etc/passwd /etc/passwd-
        /bin/busybox chown 29:29 /tmp; /bin/busybox chmod 4755 /bin/busybox
        cat /data/moved/file /var/log/* /usr; ls /data; stat -c %h /etc/passwd'
    out_is $'lower\none\nfile\nmoved\n2'
    stop "$C1"
    start "$C1"
    inside "$C1" 'cat /data/moved/file /var/log/* /usr; ls /data; stat -c "%u %a" /tmp; stat -c %a /bin/busybox'
    out_is $'lower\none\nfile\nmoved\n29 1777\n4755'
    is "$(cat "$BASE/data/inner/file")" lower
}

test_privileged() {
    need_tool busybox
    make_base
    CREATE_OPTIONS=--privileged stack "$C1" "$BASE"
    start "$C1"
    inside "$C1" 'echo new >/etc/new; rm -r /data; mkdir /data; ls /data; cat /proc/self/uid_map'
    out_matches '^ *0 +0 +4294967295$'
    is "$(stat -c '%u' "$(upper "$C1")/etc/new")" 0
    # Readable by a container with a user namespace: no attributes of root's own.
    getfattr -h -m trusted -d "$(upper "$C1")/data" 2>/dev/null | grep -q trusted.overlay && fail "a trusted attribute was written"
    [ -e "$BASE/data/inner/file" ] || fail "the lower directory was changed"
}

test_containers_share_a_lower_directory() {
    need_tool busybox
    make_base
    stack "$C1" "$BASE"
    stack "$C2" "$BASE"
    CREATE_OPTIONS=--privileged stack "$C3" "$BASE"
    start "$C1"
    start "$C2"
    start "$C3"
    differs "$(awk '{print $2}' "/proc/$(init_pid "$C1")/uid_map")" "$(awk '{print $2}' "/proc/$(init_pid "$C2")/uid_map")" "ranges"
    local name
    for name in "$C1" "$C2" "$C3"; do
        inside "$name" "stat -c %u:%g /data/inner/file; echo $name >/data/inner/file; cat /data/inner/file"
        out_is "1000:1000"$'\n'"$name"
    done
    is "$(cat "$BASE/data/inner/file")" lower
}

# The layers are attached inside, where nobody sees them: not the host, and not the container.
test_mounts_stay_inside() {
    need_tool busybox
    make_base
    local before
    before=$(wc -l </proc/self/mountinfo)
    stack "$C1" "$BASE"
    start "$C1"
    is "$(wc -l </proc/self/mountinfo)" "$before" "mounts of the host"
    attach "$C1" /bin/cat /proc/self/mountinfo
    out_matches '(^|'$'\n'')[0-9]+ [0-9]+ [0-9:]+ / / rw[^'$'\n'']* - overlay overlay '
    out_has userxattr
    out_lacks "$SANDBOX"
    out_lacks ' layers '
    is "$(grep -c ' / / ' <<<"$OUT")" 1 "mounts of the root"
}

test_a_hundred_layers() {
    need_tool busybox
    make_base
    local lowers='' i
    for i in $(seq 100); do
        mkdir -p "$SANDBOX/tmp/layer,$i/data"
        echo "$i" >"$SANDBOX/tmp/layer,$i/data/top"
        echo "$i" >"$SANDBOX/tmp/layer,$i/data/$i"
        lowers="$SANDBOX/tmp/layer,$i:$lowers"
    done
    stack "$C1" "$lowers$BASE"
    start "$C1"
    inside "$C1" 'cat /data/top; ls /data | wc -l; echo changed >/data/top; cat /data/top'
    out_is $'100\n102\nchanged'
}

test_options_are_those_of_the_overlay() {
    need_tool busybox
    make_base
    stack "$C1" "$BASE"
    sed -i 's/^lxc.rootfs.options = .*/&,ro,nosuid/' "$LXCPATH/$C1/config"
    start "$C1"
    inside "$C1" 'touch /etc/new 2>/dev/null || echo refused'
    out_is refused
    attach "$C1" /bin/cat /proc/self/mountinfo
    out_matches ' / / ro,nosuid'
}

test_hooks_see_the_root() {
    need_tool busybox
    make_base
    cat >"$SANDBOX/tmp/hook" <<'H'
#!/bin/sh
cat "$LXC_ROOTFS_MOUNT/data/inner/file" >"$LXC_ROOTFS_MOUNT/seen"
echo "$LXC_ROOTFS_PATH" >>"$LXC_ROOTFS_MOUNT/seen"
H
    chmod +x "$SANDBOX/tmp/hook"
    stack "$C1" "$BASE" "lxc.hook.mount = $SANDBOX/tmp/hook"
    start "$C1"
    inside "$C1" 'cat /seen'
    out_is $'lower\n'"$BASE:$(upper "$C1")"
}

test_what_is_missing_is_named() {
    make_base
    stack "$C1" "$SANDBOX/tmp/no-such:$BASE"
    expect 1 lxcpp-start -n "$C1"
    err_has "$SANDBOX/tmp/no-such does not exist"
    err_has "pull it again"
    err_has lxc.rootfs.path
    err_is_one_line
    ln -s "$BASE" "$SANDBOX/tmp/no-such"
    expect 1 lxcpp-start -n "$C1"
    err_has "$SANDBOX/tmp/no-such is a symbolic link, which is refused"
    rm "$SANDBOX/tmp/no-such"
    touch "$SANDBOX/tmp/no-such"
    expect 1 lxcpp-start -n "$C1"
    err_has "$SANDBOX/tmp/no-such is not a directory"
    rm "$SANDBOX/tmp/no-such"
    mkdir "$SANDBOX/tmp/no-such"
    rmdir "$(upper "$C1")"
    expect 1 lxcpp-start -n "$C1"
    err_has "$(upper "$C1") does not exist"
    expect 1 lxcpp-start -n "$C1" -s "lxc.rootfs.path=overlay:$BASE"
    err_has "has no UPPER"
    expect 1 lxcpp-start -n "$C1" -s "lxc.rootfs.path=overlay:$BASE:$BASE/data"
    err_has "$BASE/data lies in $BASE"
    mkdir "$(upper "$C1")"
    expect 0 lxcpp-start --print-plan -n "$C1"
    out_has "layer: $BASE"
    is "$(state_of "$C1")" STOPPED
}

# Where the overlay itself is refused the start fails as a whole, and works when the cause is gone.
test_refused_overlay_leaves_nothing() {
    need_tool busybox
    make_base
    stack "$C1" "$BASE"
    touch "$LXCPATH/$C1/overlay/work"
    expect 1 lxcpp-start -n "$C1"
    err_has "$LXCPATH/$C1/overlay/work, the work directory of the overlay, is not a directory"
    rm "$LXCPATH/$C1/overlay/work"
    # Without user extended attributes nothing can be written to it.
    mkdir "$SANDBOX/tmp/ram"
    mount -t ramfs ramfs "$SANDBOX/tmp/ram"
    mkdir "$SANDBOX/tmp/ram/upper"
    expect 1 lxcpp-start -n "$C1" -s "lxc.rootfs.path=overlay:$BASE:$SANDBOX/tmp/ram/upper"
    err_is_one_line
    umount "$SANDBOX/tmp/ram"
    is "$(state_of "$C1")" STOPPED
    start "$C1"
}

test_ephemeral_overlay_leaves_the_lower_directory() {
    need_tool busybox
    make_base
    stack "$C1" "$BASE" 'lxc.ephemeral = 1'
    start "$C1"
    inside "$C1" 'rm -r /data'
    stop "$C1"
    [ ! -e "$LXCPATH/$C1" ] || fail "the container is still there"
    is "$(cat "$BASE/data/inner/file")" lower
}
