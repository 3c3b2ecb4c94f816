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

# Own cgroups below a tmpfs; what is around them is out of sight or read-only.
test_mounts_in_the_hosts_cgroup_namespace() {
    local flavour mode memory=/sys/fs/cgroup/memory column=memory own
    has_v1_memory || memory=/sys/fs/cgroup column=
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1" 'lxc.namespace.keep = cgroup'
        for mode in cgroup cgroup:mixed cgroup:rw; do
            start "$C1" -s lxc.mount.auto= -s lxc.mount.auto=proc -s lxc.mount.auto=sys -s "lxc.mount.auto=$mode"
            own="$memory$(sed -n "s/^[0-9]*:$column://p" "/proc/$(init_pid "$C1")/cgroup")"
            attach "$C1" /bin/sh -c "mkdir $own/sub && ls ${own%/*}"
            out_is "lxcpp.payload.$C1"
            run lxcpp-attach -n "$C1" -- /bin/mkdir "$memory/other"
            [ $mode = cgroup:rw ] && is $? 0 "exit code of writing beside it with $mode" || is $? 1 "exit code of writing beside it with $mode"
            stop "$C1"
        done
        start "$C1" -s lxc.mount.auto= -s lxc.mount.auto=proc -s lxc.mount.auto=sys -s lxc.mount.auto=cgroup:ro
        expect 1 lxcpp-attach -n "$C1" -- /bin/mkdir "$own/sub"
        err_has "Read-only"
        stop "$C1"
        start "$C1" -s lxc.mount.auto= -s lxc.mount.auto=proc -s lxc.mount.auto=sys -s lxc.mount.auto=cgroup-full
        attach "$C1" /bin/sh -c "test -e $memory/tasks -o -e $memory/cgroup.procs && mkdir $own/sub"
        expect 1 lxcpp-attach -n "$C1" -- /bin/mkdir "$memory/other"
        err_has "Read-only"
        lxcpp-destroy -f -n "$C1"
    done
}

test_mounts_for_a_payload_that_may_not_mount() {
    make_container "$C1" 'lxc.cap.drop = sys_admin'
    start "$C1"
    attach "$C1" /bin/testinit mounts
    out_matches '/sys/fs/cgroup/[^ ]+ rw.* cgroup'
    stop "$C1"
    start "$C1" -s lxc.cap.drop=
    attach "$C1" /bin/testinit mounts
    out_lacks '- cgroup '
}

paths_of() { sed 's/^[0-9]*:[^:]*://' "/proc/$1/cgroup"; }

test_below_the_caller_and_by_pattern() {
    make_container "$C1"
    start "$C1" -s lxc.cgroup.relative=1
    is "$(paths_of "$(init_pid "$C1")")" "$(paths_of self | sed "s,/*\$,/lxcpp.payload.$C1,")" "groups with lxc.cgroup.relative"
    stop "$C1"
    wait_state "$C1" STOPPED
    echo "lxc.cgroup.pattern = $CASE_ID/%n" >"$LXCPP_CONFIG_DIR/lxcpp.conf"
    start "$C1"
    paths_of "$(init_pid "$C1")" | grep -v "/$CASE_ID/$C1/payload\$" && fail "a group outside of the pattern"
    stop "$C1"
    wait_state "$C1" STOPPED
    OUT=$(find /sys/fs/cgroup -type d -name "*$CASE_ID*")
    out_is ''
    echo 'lxc.cgroup.pattern = nothing' >"$LXCPP_CONFIG_DIR/lxcpp.conf"
    expect 1 lxcpp-start -n "$C1"
    err_has lxc.cgroup.pattern
    err_is_one_line
}

# Limits on the outer group, which is the host's; the payload lives in, and owns, the inner one.
test_inner_group() {
    local dir line init
    dir="$CASE_ID/outer"
    make_container "$C1" "lxc.cgroup.dir.container = $dir" 'lxc.cgroup.dir.container.inner = inner' "lxc.cgroup.dir.monitor = $CASE_ID/monitor"
    start "$C1"
    init=$(init_pid "$C1")
    while read -r line; do
        case "$line" in
        *:devices:*) [[ "$line" == *"/$dir" ]] || fail "init is in $line" ;;
        *) [[ "$line" == *"/$dir/inner" ]] || fail "init is in $line" ;;
        esac
    done <"/proc/$init/cgroup"
    attach "$C1" /bin/testinit cgroup
    out_lacks ..
    is "$(find /sys/fs/cgroup -type d -path "*/$dir" -uid 0 | wc -l)" "$(grep -c -v :devices: "/proc/$init/cgroup")" "outer groups of the host"
    stop "$C1"
    wait_state "$C1" STOPPED
    OUT=$(find /sys/fs/cgroup -type d -name "*$CASE_ID*")
    out_is ''
}

# Its own groups are the container's to divide, its own limits are not.
test_delegation() {
    has_v1_memory || skip "no v1 memory controller on this machine"
    make_container "$C1" 'lxc.cgroup.memory.limit_in_bytes = 67108864' 'lxc.mount.auto = cgroup:rw:force'
    start "$C1"
    attach "$C1" /bin/sh -c 'cd /sys/fs/cgroup/memory && mkdir sub && echo $$ >sub/tasks && echo 1048576 >sub/memory.limit_in_bytes && grep memory /proc/self/cgroup'
    out_matches ':memory:/sub$'
    run lxcpp-attach -n "$C1" -- /bin/sh -c 'echo -1 >/sys/fs/cgroup/memory/memory.limit_in_bytes'
    differs $? 0 "exit code of raising its own limit"
    expect 0 lxcpp-cgroup -n "$C1" memory.limit_in_bytes
    out_is 67108864
    # release_agent is for the root of the hierarchy, and not for a container (CVE-2022-0492).
    run lxcpp-attach -n "$C1" -- /bin/sh -c 'for f in /sys/fs/cgroup/*/release_agent; do echo /x >$f; done; ls /sys/fs/cgroup/*/release_agent'
    differs $? 0 "exit code of setting a release agent"
}

test_only_the_controllers_that_are_used() {
    [ -d /sys/fs/cgroup/pids ] && [ -d /sys/fs/cgroup/memory ] || skip "no cgroup v1 hierarchies pids and memory"
    printf 'lxc.cgroup.use = memory, freezer,devices\n' >"$LXCPP_CONFIG_DIR/lxcpp.conf"
    make_container "$C1"
    start "$C1"
    differs "$(find /sys/fs/cgroup/memory -name "lxcpp.payload.$C1*")" "" "group for memory"
    is "$(find /sys/fs/cgroup/pids -name "lxcpp.payload.$C1*")" "" "group for pids, which is not used"
    expect 0 lxcpp-freeze -n "$C1"
    expect 0 lxcpp-unfreeze -n "$C1"
    stop "$C1"
}
