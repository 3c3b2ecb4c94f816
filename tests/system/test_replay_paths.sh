# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Replays of known attacks that make a manager follow a path of the container: A rows of the
# catalogue (CVE numbers beside them). See also test_mounts.sh (hostile_rootfs) and test_start.sh.
# shellcheck source=tests/system/canary.sh
source "$(dirname "${BASH_SOURCE[0]}")/canary.sh"

# Runs a start that may end either way, but soon, and undoes it.
start_either_way() {
    RUN_TIMEOUT=20 run lxcpp-start -n "$C1" "$@"
    local code=$?
    case $code in
    0)
        # Without a /dev of ours the terminal is bound into the image's: on that file, on no other.
        # The name is still being exchanged: one of many looks meets the file.
        if [[ $WHAT == *dev/console* ]]; then
            local look major='' init
            init=$(init_pid "$C1")
            for look in {1..200}; do major=$(stat -c %t "/proc/$init/root/dev/console" 2>&1) && [ "$major" = 88 ] && break; done
            is "$major" 88 "$WHAT: major number of the console after $look looks (0x88: a pty)"
        fi
        lxcpp-stop -k -n "$C1" || fail "stop"
        ;;
    1) err_is_one_line ;;
    *) fail "start ended with $code: $WHAT" ;;
    esac
    return $code
}

# CVE-2026-41579, CVE-2026-47766: parents of what start makes, as links of the image.
test_a3_dev_is_a_symlink() {
    local flavour place kind root
    canary_make
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1" 'lxc.tty.max = 2' 'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed' \
            'lxc.mount.entry = tmpfs run tmpfs create=dir 0 0' 'lxc.mount.entry = tmpfs tmp/deep tmpfs create=dir 0 0' \
            'lxc.mount.entry = tmpfs etc/made tmpfs create=dir 0 0' 'lxc.mount.entry = /dev/zero etc/zero none bind,create=file 0 0'
        root="$LXCPATH/$C1/rootfs"
        for place in dev proc sys run etc tmp; do
            cp -a "$root" "$SANDBOX/tmp/kept"
            for kind in link-to-directory ${flavour:-link-upwards dangling}; do
                [[ $kind != --* ]] || continue # one kind is enough for the other flavour
                plant $kind "$root/$place"
                WHAT="$flavour $place as $kind"
                expect 1 lxcpp-start -n "$C1"
                err_is_one_line
                err_has "$place"
                canary_intact "$WHAT"
            done
            rm -rf "$root/$place" && mv "$SANDBOX/tmp/kept/$place" "$root/" && rm -rf "$SANDBOX/tmp/kept"
        done
        start "$C1"
        lxcpp-destroy -f -n "$C1"
    done
}

# The same below a /dev of the image, where device nodes, terminals and /dev/pts are put into it.
test_a3_places_in_the_images_own_dev() {
    local flavour place kind root
    canary_make
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1" 'lxc.autodev = 0' 'lxc.tty.max = 1' 'lxc.pty.max = 4' \
            'lxc.mount.entry = tmpfs dev/shm tmpfs create=dir 0 0'
        root="$LXCPATH/$C1/rootfs"
        for place in dev/pts dev/shm dev/console dev/tty1 dev/ptmx; do
            for kind in link-to-directory link-to-file ${flavour:-dangling fifo}; do
                [[ $kind != --* ]] || continue
                plant $kind "$root/$place"
                WHAT="$flavour $place as $kind"
                start_either_way
                canary_intact "$WHAT"
                rm -rf "${root:?}/$place"
            done
        done
        start "$C1"
        lxcpp-destroy -f -n "$C1"
    done
}

# CVE-2025-31133: what is masked is covered by an inode of the host, not by the image's /dev/null.
test_a4_mask_does_not_come_from_the_image() {
    local flavour kind
    canary_make
    for flavour in '' --privileged; do
        for kind in link-to-file fifo; do
            CREATE_OPTIONS=$flavour make_container "$C1" 'lxc.autodev = 0'
            plant $kind "$LXCPATH/$C1/rootfs/dev/null"
            start "$C1"
            # Every cover on a file of /proc is a character device 1:3 (or a mount of procfs itself).
            nsenter -t "$(init_pid "$C1")" -m -p awk '$5 ~ /^\/proc\// && !/ - (proc|tmpfs) / {print $5}' /proc/self/mountinfo >"$SANDBOX/tmp/covers"
            while read -r place; do
                is "$(stat -L -c '%t:%T' "/proc/$(init_pid "$C1")/root$place")" 1:3 "$flavour $kind: what covers $place"
            done <"$SANDBOX/tmp/covers"
            canary_intact "$flavour /dev/null as $kind"
            lxcpp-destroy -f -n "$C1"
        done
    done
}

# CVE-2021-30465, -2024-45310, -2025-52565: targets that are exchanged while they are used.
test_a2_a5_a6_targets_are_exchanged() { # 240 s
    local flavour round place root swapper ok=0 failed=0
    canary_make
    mkdir -m 0777 "$SANDBOX/tmp/volume"
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1" 'lxc.autodev = 0' 'lxc.tty.max = 1' \
            'lxc.mount.entry = tmpfs mnt/a tmpfs create=dir 0 0' 'lxc.mount.entry = tmpfs mnt/a/b/c tmpfs create=dir,optional 0 0' \
            'lxc.mount.entry = /dev/zero srv/a/f none bind,create=file,optional 0 0'
        root="$LXCPATH/$C1/rootfs"
        mkdir -p "$root"/{mnt,srv} "$root/dev/pts"
        touch "$root/dev/console"
        for place in mnt srv dev/pts dev/console dev proc; do
            ln -s "$CANARY/d" "$root/$place.swap"
            "$LXCPP_ATTACKER" swap "$root/$place" "$root/$place.swap" &
            swapper=$!
            for round in {1..3}; do
                WHAT="$flavour $place round $round"
                if start_either_way; then ok=$((ok + 1)); else failed=$((failed + 1)); fi
            done
            kill $swapper
            wait $swapper 2>/dev/null
            [ ! -L "$root/$place" ] || mv -T "$root/$place.swap" "$root/$place.kept"
            [ ! -L "$root/$place" ] || { rm "$root/$place" && mv -T "$root/$place.kept" "$root/$place"; }
            rm -rf "$root/$place.swap"
            canary_intact "$flavour $place"
        done
        lxcpp-destroy -f -n "$C1"
    done
    [ $failed -gt 0 ] || fail "no start met an exchanged target ($ok did not): the race is not there"
}

# CVE-2026-48749: the image's root itself is something else.
test_a9_rootfs_is_no_directory() {
    local flavour kind
    canary_make
    hostile_template >/dev/null
    for flavour in '' --privileged; do
        for kind in link-to-directory dangling fifo file; do
            # Made by the template: the create fails and nothing is left.
            RUN_TIMEOUT=20 run lxcpp-create -n "$C1" $flavour -t "$(support template-hostile)" -- --testinit "$LXCPP_TESTINIT" \
                --plant "$(declare -f plant); CANARY=$CANARY; plant $kind \$PWD/rootfs"
            is $? 1 "$flavour exit code of a create whose template left rootfs as $kind"
            err_is_one_line
            err_has rootfs
            [ ! -e "$LXCPATH/$C1" ] || { fail "$kind: the container was made"; lxcpp-destroy -f -n "$C1"; }
            canary_intact "create, $flavour rootfs as $kind"
        done
    done
    # Exchanged afterwards: the start refuses, and destroy removes the link only.
    for kind in link-to-directory link-upwards dangling fifo; do
        make_container "$C1"
        plant $kind "$LXCPATH/$C1/rootfs"
        RUN_TIMEOUT=20 expect 1 lxcpp-start -n "$C1"
        err_is_one_line
        canary_intact "start, rootfs as $kind"
        expect 0 lxcpp-destroy -n "$C1"
        canary_intact "destroy, rootfs as $kind"
    done
}

# CVE-2026-48750, -48752, -63125, -63343, -23954: names beside the root that belong to the manager.
test_a10_names_of_the_manager_are_planted() { # 180 s
    local name kind
    canary_make
    hostile_template >/dev/null
    for name in config lxc_snapshots snaps; do
        for kind in link-to-directory link-to-file link-to-config dangling fifo directory; do
            WHAT="$name as $kind"
            RUN_TIMEOUT=20 run lxcpp-create -n "$C1" -t "$(support template-hostile)" -- --testinit "$LXCPP_TESTINIT" \
                --plant "$(declare -f plant); CANARY=$CANARY; plant $kind \$PWD/$name"
            is $? "$([ $name = config ] && echo 1 || echo 0)" "exit code of the create with $WHAT"
            canary_intact "create: $WHAT"
            [ -d "$LXCPATH/$C1" ] || continue
            RUN_TIMEOUT=20 expect 0 lxcpp-destroy -s -n "$C1"
            canary_intact "destroy: $WHAT"
        done
    done
}

# Planted after create, as a restored backup could hold it: no command hangs, and destroy still works.
test_a10_config_is_planted_later() {
    local verb kind code
    canary_make
    for kind in link-to-directory dangling loop fifo directory; do
        make_container "$C1"
        plant $kind "$LXCPATH/$C1/config"
        for verb in "ls -f" "info -n $C1" "config -n $C1 get lxc.uts.name" "start -n $C1" "config -n $C1 set lxc.group x" \
            "config -n $C1 unset lxc.group" "config -n $C1 lint" "config -n $C1 lint --fix"; do
            # shellcheck disable=SC2086
            RUN_TIMEOUT=20 run lxcpp-$verb
            code=$?
            # At a time-out the next verb would only wait, too.
            [ $code -lt 2 ] || { fail "lxcpp-$verb ended with $code: config as $kind"; return; }
        done
        expect 0 lxcpp-destroy -n "$C1"
        canary_intact "config as $kind"
    done
}

# Our own temporary names in the lxcpath, of a crash or planted: collected as themselves only.
test_a10_leftovers_that_are_links() {
    local kind name
    canary_make
    for name in .create-x-999999999 .trash-x-999999999; do
        for kind in link-to-directory dangling fifo; do
            mkdir -p "$LXCPATH"
            plant $kind "$LXCPATH/$name"
            RUN_TIMEOUT=20 make_container "$C1"
            expect 0 lxcpp-destroy -n "$C1"
            canary_intact "$name as $kind"
            rm -f "${LXCPATH:?}/$name"
        done
    done
}

# lxc#1051, lxc#3123: a destroy that takes more than create made.
test_a19_destroy_takes_only_what_create_made() {
    canary_make
    make_container "$C1"
    mkdir "$LXCPATH/$C1/rootfs/bound"
    mount --bind "$CANARY/d" "$LXCPATH/$C1/rootfs/bound"
    canary_reading >"$SANDBOX/canary.before"
    run lxcpp-destroy -n "$C1"
    is $? 1 "exit code with a mount left in the root"
    err_has "mounted"
    umount "$(find "$LXCPATH" -name bound)"
    awk '!/ bound|\/bound /' "$SANDBOX/canary.before" >"$SANDBOX/kept" && mv "$SANDBOX/kept" "$SANDBOX/canary.before"
    canary_intact "destroy with a bind mount inside"
    lxcpp-destroy -n "$C1" 2>/dev/null
    # --dir elsewhere, exchanged by a link or by another directory before the destroy.
    local kind
    for kind in link directory; do
        CREATE_OPTIONS="--dir $SANDBOX/tmp/elsewhere" make_container "$C1"
        mv "$SANDBOX/tmp/elsewhere" "$SANDBOX/tmp/moved"
        case $kind in
        link) ln -s "$CANARY/d" "$SANDBOX/tmp/elsewhere" ;;
        directory) mkdir "$SANDBOX/tmp/elsewhere" && echo mine >"$SANDBOX/tmp/elsewhere/file" ;;
        esac
        expect 0 lxcpp-destroy -n "$C1"
        canary_intact "destroy of a --dir that is a $kind"
        [ "$kind" = link ] || is "$(<"$SANDBOX/tmp/elsewhere/file")" mine "what is now at the place of --dir"
        rm -rf "$SANDBOX/tmp/elsewhere" "$SANDBOX/tmp/moved"
    done
}

# CVE-2015-1340: a removal goes by descriptors, which nobody can exchange, and changes nothing elsewhere.
test_a20_destroy_of_a_moving_tree() {
    canary_make
    local swapper round slowly=()
    # Between seeing a directory and opening it there is time then.
    ! command -v strace >/dev/null || slowly=(strace -o /dev/null -e trace=openat2 -e "inject=openat2:delay_enter=3000")
    for round in {1..6}; do
        make_container "$C1"
        mkdir -m 0777 "$LXCPATH/$C1/rootfs/srv"
        ln -s "$CANARY/d" "$LXCPATH/$C1/rootfs/srv.swap"
        # By relative names: the container's directory gets another one first.
        (cd "$LXCPATH/$C1/rootfs" && exec "$LXCPP_ATTACKER" swap srv srv.swap) &
        swapper=$!
        RUN_TIMEOUT=30 run "${slowly[@]}" lxcpp-destroy -n "$C1"
        # It may lose the race, not for ever and not in another place.
        [ $? -le 1 ] || fail "a destroy during exchanges did not end"
        kill $swapper 2>/dev/null
        wait $swapper 2>/dev/null
        canary_intact "destroy during exchanges"
    done
    make_container "$C1"
    expect 0 lxcpp-destroy -n "$C1"
    is "$(find "$LXCPATH" -mindepth 1 -maxdepth 1 ! -name 'inventory*')" '' "what is left in the lxcpath"
}
