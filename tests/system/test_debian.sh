# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# A whole distribution from a mirror, verified, booted with systemd. Needs the network.

# shellcheck source=tests/system/lives.sh
source "$(dirname "${BASH_SOURCE[0]}")/lives.sh"

needs_base() { # one cache for all releases
    needs_mirror
    export LXCPP_CACHE_DIR="$BASE_CACHE"
}

# Bookworm's two tests that need further packages share one base.
readonly BOOKWORM_PACKAGES=openssh-server,openssh-client,sudo,cron,podman,crun,uidmap

boots() { # RELEASE PACKAGES
    needs_base
    RUN_TIMEOUT=420 expect 0 lxcpp-create -n "$C1" -t debian -- -r "$1" --packages "$2"
    debian_lives
}

test_bookworm_lives() { boots bookworm $BOOKWORM_PACKAGES; } # 600 s
test_trixie_lives() { boots trixie openssh-server,openssh-client,sudo,cron; } # 600 s
test_sid_lives() { boots sid openssh-server,openssh-client,sudo,cron; } # 600 s

test_second_create_comes_from_the_cache() { # 600 s
    needs_base
    RUN_TIMEOUT=420 expect 0 lxcpp-create -n "$C1" -t debian -- -r bookworm
    local before=$SECONDS
    RUN_TIMEOUT=120 expect 0 lxcpp-create -n "$C2" -t debian -- -r bookworm
    [ $((SECONDS - before)) -lt 60 ] || fail "the second create took $((SECONDS - before)) s"
    # Each has its own name, and no identity that a first boot has yet to make.
    is "$(<"$LXCPATH/$C2/rootfs/etc/hostname")" "$C2" "hostname of the second"
    is "$(find "$LXCPATH/$C2/rootfs/etc/ssh" -name 'ssh_host_*' 2>/dev/null | wc -l)" 0 "copied ssh host keys"
}

# The interfaces of the host are not to be configured from inside, and its cgroups are not in the way.
test_lives_on_the_hosts_network() { # 600 s
    needs_base
    echo 'lxc.net.0.type = none' >"$SANDBOX/tmp/none.conf"
    RUN_TIMEOUT=420 expect 0 lxcpp-create -n "$C1" -f "$SANDBOX/tmp/none.conf" -t debian -- -r bookworm
    start "$C1"
    RUN_TIMEOUT=120
    systemd_is_running
    run lxcpp-attach -n "$C1" -- systemctl is-active networking.service
    out_is inactive
}

test_damaged_cache_is_noticed() { # 600 s
    needs_base
    RUN_TIMEOUT=420 expect 0 lxcpp-create -n "$C1" -t debian -- -r bookworm --variant minbase
    local tree
    tree=$(find "$LXCPP_CACHE_DIR/trees" -mindepth 1 -maxdepth 1 -name 'debian-bookworm-*-minbase-*')
    touch -r "$tree/etc/debian_version" "$SANDBOX/time"
    printf '13.0\n' >"$tree/etc/debian_version"
    touch -r "$SANDBOX/time" "$tree/etc/debian_version"
    RUN_TIMEOUT=420 expect 0 lxcpp-create -n "$C2" -t debian -- -r bookworm --variant minbase
    err_has "is damaged: /etc/debian_version is not what was stored; it is built anew"
    is "$(<"$LXCPATH/$C2/rootfs/etc/debian_version")" "$(<"$LXCPATH/$C1/rootfs/etc/debian_version")" "debian_version"
}

test_quiet_create_says_nothing() { # 600 s
    needs_base
    RUN_TIMEOUT=420 expect 0 lxcpp-create -q -n "$C1" -t debian -- -r bookworm --variant minbase
    out_is ""
    is "$ERR" "" "standard error"
}

test_another_architecture() { # 600 s
    needs_base
    [ "$(uname -m)" = x86_64 ] || skip "i386 is tried on amd64 machines"
    expect 1 lxcpp-create -n "$C1" -t debian -- -r bookworm -a s390x
    err_has "cannot run programs of that architecture"
    # Mirrors that are copies in parts may lack it; that is no fault of ours.
    RUN_TIMEOUT=420 run lxcpp-create -n "$C1" -t debian -- -r bookworm -a i386 --variant minbase
    [[ "$ERR" == *binary-i386* ]] && skip "the mirror has no whole i386"
    start "$C1"
    attach "$C1" dpkg --print-architecture
    out_is i386
}

test_wrong_release_is_refused_by_name() {
    needs_base
    expect 1 lxcpp-create -n "$C1" -t debian -- -r nosuchrelease
    err_has nosuchrelease
    [ ! -e "$LXCPATH/$C1" ] || fail "a container was left"
}

# nesting.conf is the one switch for podman inside, for root and for a user.
test_podman_runs_with_nesting() { # 900 s
    needs_base
    need_tool busybox
    # crun runs nothing where it sees cgroups of both versions.
    printf '%s\n' 'lxc.net.0.type = empty' "lxc.include = $LXCPP_DATA_DIR/config/nesting.conf" >"$SANDBOX/tmp/nesting.conf"
    RUN_TIMEOUT=420 expect 0 lxcpp-create -n "$C1" -f "$SANDBOX/tmp/nesting.conf" -t debian -- -r bookworm --packages $BOOKWORM_PACKAGES
    echo 'lxc.mount.auto = cgroup2:rw' >>"$LXCPATH/$C1/config"
    local root="$LXCPATH/$C1/rootfs"
    mkdir "$root/image"
    cp "$(command -v busybox)" "$root/image/busybox"
    printf '%s\n' 'FROM scratch' 'COPY busybox /bin/busybox' >"$root/image/Containerfile"
    start "$C1"
    RUN_TIMEOUT=120
    systemd_is_running
    attach "$C1" podman build -q -t small /image
    # Only controllers that the host has on v2 can be limited.
    attach "$C1" podman run --rm --pids-limit=0 --network none small /bin/busybox echo from the root of it
    out_has "from the root of it"
    attach "$C1" podman run --rm --pids-limit=0 small /bin/busybox grep Seccomp_filters /proc/self/status
    out_matches '[2-9]' # podman's is added to ours
    attach "$C1" useradd -m -s /bin/sh user
    # Of the ids that the container has.
    attach "$C1" sed -i 's/^user:.*/user:10000:50000/' /etc/subuid /etc/subgid
    attach "$C1" su - user -c 'podman --cgroup-manager=cgroupfs build -q -t small /image'
    attach "$C1" su - user -c 'podman --cgroup-manager=cgroupfs run --rm --network none small /bin/busybox echo from a user'
    out_has "from a user"
}
