# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

has_v1_memory() { grep -q ' cgroup .*\bmemory\b' /proc/mounts; }

test_value_in_and_out() {
    if has_v1_memory; then
        make_container "$C1" 'lxc.cgroup.memory.limit_in_bytes = 67108864'
        start "$C1"
        expect 0 lxcpp-cgroup -n "$C1" memory.limit_in_bytes
        out_is 67108864
        expect 0 lxcpp-cgroup -n "$C1" memory.limit_in_bytes 134217728
        expect 0 lxcpp-cgroup -n "$C1" memory.limit_in_bytes
        out_is 134217728
    else
        make_container "$C1" 'lxc.cgroup2.memory.max = 67108864'
        start "$C1"
        expect 0 lxcpp-cgroup -n "$C1" memory.max
        out_is 67108864
    fi
    expect 1 lxcpp-cgroup -n "$C1" no.such.file
    err_has no.such.file
    expect 1 lxcpp-cgroup -n "$C1" ../../cgroup.procs
}

test_setting_that_cannot_be_made_is_named() {
    has_v1_memory || skip "no v1 memory controller on this machine"
    make_container "$C1"
    expect 1 lxcpp-start -n "$C1" -s lxc.cgroup.memory.limit_in_bytes=nonsense
    err_has memory.limit_in_bytes
    is "$(state_of "$C1")" STOPPED
}

test_devices_are_denied() {
    CREATE_OPTIONS=--privileged make_container "$C1" \
        'lxc.cgroup.devices.deny = a' 'lxc.cgroup2.devices.deny = a' \
        'lxc.cgroup.devices.allow = c 1:3 rwm' 'lxc.cgroup2.devices.allow = c 1:3 rwm' \
        'lxc.cgroup.devices.allow = c *:* m' 'lxc.cgroup2.devices.allow = c *:* m' \
        'lxc.cgroup.devices.allow = c 5:* rwm' 'lxc.cgroup2.devices.allow = c 5:* rwm' \
        'lxc.cgroup.devices.allow = c 136:* rwm' 'lxc.cgroup2.devices.allow = c 136:* rwm'
    start "$C1"
    attach "$C1" /bin/testinit cat /dev/null
    run lxcpp-attach -n "$C1" -- /bin/sh -c 'head -c 1 /dev/urandom >/dev/null'
    differs $? 0 "exit code of reading a denied device"
    err_has "not permitted"
}

test_everything_is_inside_the_payload_cgroup() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit children 3 pause
    local pid
    pid=$(init_pid "$C1")
    is "$(grep -c "$C1" "/proc/$pid/cgroup")" "$(grep -c '' "/proc/$pid/cgroup")" "hierarchies that name the container"
}

test_cgroup_mount_is_read_only_outside_its_own() {
    # Left to the payload where a cgroup namespace and v1 hierarchies are; force mounts them here.
    make_container "$C1" 'lxc.mount.auto = cgroup:ro:force'
    start "$C1"
    attach "$C1" /bin/testinit mounts
    out_matches '/sys/fs/cgroup.* ro'
}

test_no_process_of_the_host_is_moved_in() {
    make_container "$C1"
    start "$C1"
    sleep 60 &
    expect 1 lxcpp-cgroup -n "$C1" cgroup.procs $!
    err_has lxcpp-attach
    grep -q "$C1" "/proc/$!/cgroup" && fail "a process of the host was moved into the container's cgroup"
    kill $!
}
