# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The same machine seen with one cgroup2 hierarchy only, and with what it has.

unified_view() {
    umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup || skip "no cgroup2 here"
}
groups_of() { find /sys/fs/cgroup -type d -name "*$1*" -o -type d -path "*$1*" 2>/dev/null; }
own_group() { echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(init_pid "$1")/cgroup")"; }

test_life_cycle() {
    unified_view
    local flavour
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1"
        start "$C1"
        is "$(own_group "$C1" | grep -c "$C1")" 1 "group that names the container"
        attach "$C1" /bin/testinit cgroup
        out_has '0::/'
        out_lacks "$C1"
        attach "$C1" /bin/testinit mounts
        out_matches '/sys/fs/cgroup rw,nosuid,nodev,noexec.* cgroup2'
        expect 0 lxcpp-freeze -n "$C1"
        is "$(state_of "$C1")" FROZEN
        is "$(<"$(own_group "$C1")/cgroup.freeze")" 1 cgroup.freeze
        expect 0 lxcpp-unfreeze -n "$C1"
        attach "$C1" /bin/true
        stop "$C1"
        wait_state "$C1" STOPPED
        OUT=$(groups_of "$C1")
        out_is ''
        [ ! -e /sys/fs/cgroup/.lxcpp ] || fail "a group is left in the root group"
        lxcpp-destroy -n "$C1"
    done
}

# The container's root makes groups below its own and gives them processes; its own limits are the host's.
test_delegation() {
    unified_view
    make_container "$C1" 'lxc.cgroup2.cgroup.max.descendants = 20'
    start "$C1"
    local group
    group=$(own_group "$C1")
    attach "$C1" /bin/sh -c 'cd /sys/fs/cgroup && mkdir sub sub/deep && echo $$ >sub/deep/cgroup.procs && grep ^0: /proc/self/cgroup && stat -c %u . cgroup.procs cgroup.subtree_control'
    out_is $'0::/sub/deep\n0\n0\n0'
    [ -d "$group/sub/deep" ] || fail "no group was made"
    run lxcpp-attach -n "$C1" -- /bin/sh -c 'echo max >/sys/fs/cgroup/cgroup.max.descendants'
    differs $? 0 "exit code of raising its own limit"
    is "$(<"$group/cgroup.max.descendants")" 20 "limit"
    run lxcpp-attach -n "$C1" -- /bin/sh -c 'echo $$ >/sys/fs/cgroup/../cgroup.procs'
    attach "$C1" /bin/testinit cgroup
    out_lacks '/../'
    # Init's own group becomes an inner one; an attach must still find a place.
    attach "$C1" /bin/sh -c 'cd /sys/fs/cgroup && mkdir init && for p in $(cat cgroup.procs); do echo $p >init/cgroup.procs; done; for c in $(cat cgroup.controllers); do echo +$c >cgroup.subtree_control; done; cat cgroup.subtree_control'
    attach "$C1" /bin/testinit cgroup
    out_has '0::/'
    stop "$C1"
    wait_state "$C1" STOPPED
    OUT=$(groups_of "$C1")
    out_is ''
}

device() { # NAME TYPE MAJOR MINOR: what mknod(1) and opening say inside
    lxcpp-attach -n "$C1" -- /bin/sh -c "rm -f /tmp/d; mknod /tmp/d $1 $2 $3 && head -c 1 /tmp/d >/dev/null" >/dev/null 2>&1 </dev/null && echo yes || echo no
}

test_devices_by_ebpf() {
    unified_view
    CREATE_OPTIONS=--privileged make_container "$C1"
    cp "$(command -v busybox)" "$LXCPATH/$C1/rootfs/bin/mknod" 2>/dev/null || skip "busybox is not installed"
    cp "$(command -v busybox)" "$LXCPATH/$C1/rootfs/bin/rm"
    # An allow list.
    start "$C1" -s lxc.cgroup2.devices.deny=a -s 'lxc.cgroup2.devices.allow=c 1:5 rwm' -s 'lxc.cgroup2.devices.allow=c *:* m' \
        -s 'lxc.cgroup2.devices.allow=c 1:3 rwm' -s 'lxc.cgroup2.devices.allow=c 5:* rwm' -s 'lxc.cgroup2.devices.allow=c 136:* rwm'
    is "$(device c 1 5) $(device c 1 8) $(device b 7 0)" "yes no no" "allow list: zero, random, loop0"
    stop "$C1"
    # A deny list.
    start "$C1" -s lxc.cgroup2.devices.allow=a -s 'lxc.cgroup2.devices.deny=c 1:8 rwm'
    is "$(device c 1 5) $(device c 1 8)" "yes no" "deny list: zero, random"
    stop "$C1"
    # v1's words do where there is only v2.
    start "$C1" -s lxc.cgroup.devices.deny=a -s 'lxc.cgroup.devices.allow=c 1:5 rwm' -s 'lxc.cgroup.devices.allow=c 1:3 rwm'
    is "$(device c 1 5) $(device c 1 8)" "yes no" "v1 words: zero, random"
    stop "$C1"
    expect 1 lxcpp-start -n "$C1" -s 'lxc.cgroup2.devices.allow=c nonsense'
    err_is_one_line
    err_has nonsense
}

test_kill_of_everything() {
    unified_view
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit children 20 pause
    attach "$C1" /bin/sh -c 'mkdir -p /sys/fs/cgroup/a/b/c'
    kill -KILL "$(init_pid "$C1")"
    wait_state "$C1" STOPPED
    OUT=$(groups_of "$C1")
    out_is ''
}

test_directories_of_choice() {
    unified_view
    make_container "$C1"
    start "$C1" -s "lxc.cgroup.dir=$CASE_ID/dir"
    is "$(own_group "$C1")" "/sys/fs/cgroup/$CASE_ID/dir/lxcpp.payload.$C1" "payload with lxc.cgroup.dir"
    stop "$C1"
    wait_state "$C1" STOPPED
    start "$C1" -s "lxc.cgroup.dir.container=$CASE_ID/c" -s "lxc.cgroup.dir.monitor=$CASE_ID/m" -s lxc.cgroup.dir.container.inner=in \
        -s "lxc.cgroup.dir.monitor.pivot=$CASE_ID/p"
    is "$(own_group "$C1")" "/sys/fs/cgroup/$CASE_ID/c/in" "payload with dir.container"
    is "$(sed -n 's/^0:://p' "/proc/$(awk '{print $4}' "/proc/$(init_pid "$C1")/stat")/cgroup")" "/$CASE_ID/m" "monitor"
    is "$(stat -c %u "/sys/fs/cgroup/$CASE_ID/c" | grep -c '^0$')" 1 "outer group belongs to the host"
    differs "$(stat -c %u "/sys/fs/cgroup/$CASE_ID/c/in")" 0 "owner of the inner group"
    attach "$C1" /bin/sh -c 'grep ^0: /proc/self/cgroup'
    out_is '0::/'
    stop "$C1"
    wait_state "$C1" STOPPED
    OUT=$(groups_of "$CASE_ID")
    out_is ''
    local bad
    for bad in lxc.cgroup.dir=/abs lxc.cgroup.dir=../up lxc.cgroup.dir.container=only lxc.cgroup.dir.monitor=only; do
        expect 1 lxcpp-start -n "$C1" -s "$bad"
        err_is_one_line
        err_has "${bad%%=*}"
    done
}

test_equal_names_in_two_lxcpaths() {
    unified_view
    make_container "$C1"
    mkdir "$SANDBOX/other"
    chmod 0755 "$SANDBOX/other"
    expect 0 lxcpp-create -P "$SANDBOX/other" -n "$C1" -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    start "$C1"
    expect 0 lxcpp-start -P "$SANDBOX/other" -n "$C1"
    differs "$(own_group "$C1")" "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(lxcpp-info -P "$SANDBOX/other" -n "$C1" -p -H)/cgroup")" "groups"
    expect 0 lxcpp-destroy -f -P "$SANDBOX/other" -n "$C1"
    is "$(state_of "$C1")" RUNNING
}
