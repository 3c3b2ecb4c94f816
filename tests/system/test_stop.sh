# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

test_graceful_uses_the_halt_signal() {
    make_container "$C1" 'lxc.signal.halt = SIGUSR1'
    start "$C1"
    expect 0 lxcpp-stop -n "$C1" -t 20
    is "$(state_of "$C1")" STOPPED
    is "$(<"$LXCPATH/$C1/rootfs/signals")" "signal 10" "signals that arrived"
}

test_default_halt_signal_is_sigpwr() {
    make_container "$C1"
    start "$C1"
    expect 0 lxcpp-stop -n "$C1" -t 20
    is "$(<"$LXCPATH/$C1/rootfs/signals")" "signal 30" "signals that arrived"
}

test_systemd_is_told_by_rtmin_3() {
    make_container "$C1"
    # What makes an init systemd is its name behind /sbin/init.
    mkdir -p "$LXCPATH/$C1/rootfs/lib/systemd"
    cp "$LXCPATH/$C1/rootfs/bin/testinit" "$LXCPATH/$C1/rootfs/lib/systemd/systemd"
    ln -sf /lib/systemd/systemd "$LXCPATH/$C1/rootfs/sbin/init"
    start "$C1"
    expect 0 lxcpp-stop -n "$C1" -t 20
    is "$(<"$LXCPATH/$C1/rootfs/signals")" "signal 37" "signals that arrived"
}

test_deaf_init_is_killed_after_the_timeout() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit pause-deaf
    local before=$SECONDS
    expect 0 lxcpp-stop -n "$C1" -t 2
    is "$(state_of "$C1")" STOPPED
    [ $((SECONDS - before)) -lt 15 ] || fail "it took $((SECONDS - before)) s"
}

test_nokill_gives_up() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit pause-deaf
    expect 1 lxcpp-stop -n "$C1" -t 1 --nokill
    err_is_one_line
    err_has "did not stop in time"
    is "$(state_of "$C1")" RUNNING
}

test_nowait_returns_at_once() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit pause-deaf
    local before=$SECONDS
    expect 0 lxcpp-stop -n "$C1" -W
    [ $((SECONDS - before)) -lt 5 ] || fail "it took $((SECONDS - before)) s"
    is "$(state_of "$C1")" RUNNING
}

test_kill_ends_every_process() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit children 20 pause-deaf
    expect 0 lxcpp-stop -k -n "$C1"
    is "$(state_of "$C1")" STOPPED
}

test_kill_without_the_lock() {
    make_container "$C1"
    start "$C1"
    expect 0 lxcpp-stop -k --nolock -n "$C1"
    is "$(state_of "$C1")" STOPPED
    start "$C1"
    run lxcpp-stop --nolock -n "$C1"
    [ $? -ne 0 ] || is "$(state_of "$C1")" STOPPED
}

test_frozen_container_stops() {
    make_container "$C1"
    start "$C1"
    expect 0 lxcpp-freeze -n "$C1"
    expect 0 lxcpp-stop -k -n "$C1"
    is "$(state_of "$C1")" STOPPED
}

# Its v1 freezer group is its own: what stands still in there does not even die.
test_container_that_froze_itself() {
    [ -e /sys/fs/cgroup/freezer/tasks ] || skip "no v1 freezer on this host"
    make_busybox_container "$C1" 'lxc.mount.auto = cgroup:rw:force'
    start "$C1"
    attach "$C1" /bin/sh -c 'cd /sys/fs/cgroup/freezer && mkdir -p a/b && echo 1 >a/b/tasks && echo FROZEN >a/freezer.state'
    RUN_TIMEOUT=30 run lxcpp-stop -k -n "$C1"
    is $? 0 "exit code of stop -k"
    # Should it be there still, then the end of this test must not wait for it.
    find /sys/fs/cgroup/freezer -path "*lxcpp.payload.$C1*" -name a -exec sh -c 'echo THAWED >"$1/freezer.state"' sh {} \; 2>/dev/null
    is "$(state_of "$C1")" STOPPED
}

test_reboot_by_signal() {
    make_container "$C1" 'lxc.signal.reboot = SIGINT'
    start "$C1"
    local before
    before=$(init_pid "$C1")
    expect 0 lxcpp-stop -r -n "$C1"
    wait_state "$C1" RUNNING
    differs "$(init_pid "$C1")" "$before" "pid of init"
    is "$(<"$LXCPATH/$C1/rootfs/signals")" "signal 2" "signals that arrived"
}

test_destroy() {
    make_container "$C1"
    start "$C1"
    expect 1 lxcpp-destroy -n "$C1"
    err_has running
    is "$(state_of "$C1")" RUNNING
    expect 0 lxcpp-destroy -f -n "$C1"
    [ ! -e "$LXCPATH/$C1" ] || fail "the directory is still there"
    expect 1 lxcpp-info -n "$C1"
}

test_destroy_with_a_broken_config() {
    make_container "$C1"
    make_container "$C2"
    echo 'lxc.no.such.key = 1' >>"$LXCPATH/$C1/config"
    # The others are not disturbed.
    expect 0 lxcpp-ls -1
    out_is "$C1"$'\n'"$C2"
    start "$C2"
    expect 1 lxcpp-start -n "$C1"
    err_has lxc.no.such.key
    err_has config
    expect 0 lxcpp-destroy -n "$C1"
    [ ! -e "$LXCPATH/$C1" ] || fail "the directory is still there"
    is "$(state_of "$C2")" RUNNING
}

test_destroy_stays_inside_the_container() {
    make_container "$C1"
    mkdir "$SANDBOX/tmp/precious"
    touch "$SANDBOX/tmp/precious/file"
    ln -s "$SANDBOX/tmp/precious" "$LXCPATH/$C1/rootfs/link"
    ln -s "$SANDBOX/tmp/precious" "$LXCPATH/$C1/link"
    expect 0 lxcpp-destroy -n "$C1"
    [ -e "$SANDBOX/tmp/precious/file" ] || fail "a symbolic link was followed"
}

test_destroy_hook_runs() {
    printf '#!/bin/sh\necho "$1 $3" >"%s/tmp/destroyed"\n' "$SANDBOX" >"$SANDBOX/tmp/hook"
    chmod +x "$SANDBOX/tmp/hook"
    make_container "$C1" "lxc.hook.destroy = $SANDBOX/tmp/hook"
    expect 0 lxcpp-destroy -n "$C1"
    is "$(<"$SANDBOX/tmp/destroyed")" "$C1 destroy"
}

test_range_is_free_after_destroy() {
    make_container "$C1"
    local base
    base=$(awk '/^lxc.idmap *= *u/ {print $5}' "$LXCPATH/$C1/config")
    expect 0 lxcpp-destroy -n "$C1"
    expect 0 lxcpp-inventory check
    out_lacks "$base"
}

# The hook and its child are of the start's session and end with it.
hanging_hook() {
    cat >"$SANDBOX/tmp/hang" <<H
#!/bin/sh
echo \$\$ >>$SANDBOX/tmp/hooks
sleep 300 &
echo \$! >>$SANDBOX/tmp/hooks
wait
H
    chmod +x "$SANDBOX/tmp/hang"
}

hooks_are_gone() {
    local pid
    # They were sent SIGKILL; on a busy machine they take a moment to go, and process 1 to reap them.
    while read -r pid; do
        local tries=0
        while [ -d "/proc/$pid" ] && [ "$(awk '{print $3}' "/proc/$pid/stat" 2>/dev/null)" != Z ]; do
            [ $((tries++)) -lt 100 ] || { fail "process $pid of the hook is left"; break; }
            read -r -t 0.05 <> <(:) || true
        done
    done <"$SANDBOX/tmp/hooks"
    rm -f "$SANDBOX/tmp/hooks"
}

# Waits for what the hook has written: two lines.
hook_runs() {
    local tries=0
    until [ "$(wc -l 2>/dev/null <"$SANDBOX/tmp/hooks")" = 2 ]; do
        wait_state "$C1" STARTING
        [ $((tries++)) -lt 3000 ] || { fail "the hook does not come up"; exit 1; }
    done
} 2>/dev/null

test_start_that_hangs_in_a_hook_can_be_stopped() {
    hanging_hook
    make_container "$C1" "lxc.hook.pre-start = $SANDBOX/tmp/hang"
    local way
    for way in "lxcpp-stop -k -n $C1" "lxcpp-stop -n $C1" "lxcpp-destroy -f -n $C1"; do
        lxcpp-start -n "$C1" 2>/dev/null &
        wait_state "$C1" STARTING
        hook_runs
        expect 0 lxcpp-ls -f -F NAME,STATE
        out_has STARTING
        expect 1 lxcpp-attach -n "$C1" -- /bin/true
        expect 0 $way
        is "$(state_of "$C1")" "$([[ "$way" == *destroy* ]] || echo STOPPED)" "after $way"
        wait
        hooks_are_gone
    done
}

test_start_that_hangs_in_a_start_host_hook_can_be_stopped() {
    hanging_hook
    make_container "$C1" "lxc.hook.start-host = $SANDBOX/tmp/hang"
    lxcpp-start -n "$C1" 2>/dev/null &
    hook_runs
    expect 0 lxcpp-stop -k -n "$C1"
    wait
    hooks_are_gone
    is "$(find /sys/fs/cgroup -maxdepth 3 -name "lxcpp.payload.$C1*" 2>/dev/null)" "" "cgroups that stay"
}

test_interrupted_start_undoes_itself() {
    hanging_hook
    make_container "$C1" "lxc.hook.pre-start = $SANDBOX/tmp/hang"
    # Job control gives it a group of its own, and signals that a background job does not ignore.
    bash -c 'set -m; lxcpp-start -n "$1" 2>/dev/null & echo $! >"$2"; wait $!; echo $? >"$3"' - \
        "$C1" "$SANDBOX/tmp/starting" "$SANDBOX/tmp/code" &
    hook_runs
    kill -INT "$(<"$SANDBOX/tmp/starting")"
    wait
    is "$(<"$SANDBOX/tmp/code")" 1 "exit code of the start"
    is "$(state_of "$C1")" STOPPED "after an interrupted start"
    hooks_are_gone
    # The next one is not in its way.
    expect 0 lxcpp-start -n "$C1" -s 'lxc.hook.pre-start='
}

test_questions_do_not_change_a_start() {
    hanging_hook
    make_container "$C1" "lxc.hook.pre-start = $SANDBOX/tmp/hang"
    lxcpp-start -n "$C1" 2>/dev/null &
    hook_runs
    local round
    for round in {1..200}; do is "$(state_of "$C1")" STARTING "question $round"; done
    expect 1 lxcpp-wait -n "$C1" -s RUNNING -t 1
    expect 0 lxcpp-stop -k -n "$C1"
    wait
    hooks_are_gone
}

# The second start of one monitor can hang as well.
test_reboot_that_hangs_in_a_hook_can_be_stopped() {
    hanging_hook
    cat >"$SANDBOX/tmp/hang-at-reboot" <<H
#!/bin/sh
[ "\$LXC_TARGET" = reboot ] && exec $SANDBOX/tmp/hang
exit 0
H
    chmod +x "$SANDBOX/tmp/hang-at-reboot"
    make_container "$C1" "lxc.hook.pre-start = $SANDBOX/tmp/hang-at-reboot"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit reboot-once /rebooted pause
    hook_runs
    is "$(state_of "$C1")" STARTING
    expect 0 lxcpp-stop -k -n "$C1"
    is "$(state_of "$C1")" STOPPED
    hooks_are_gone
}

test_stop_waits_for_a_stop() {
    hanging_hook
    make_container "$C1" "lxc.hook.post-stop = $SANDBOX/tmp/hang"
    start "$C1"
    lxcpp-stop -k -n "$C1" &
    wait_state "$C1" STOPPING
    expect 0 lxcpp-ls -f -F NAME,STATE
    out_has STOPPING
    expect 1 lxcpp-stop -n "$C1" -t 1 --nokill
    # Whoever ends the hook lets both go on.
    local tries=0
    until [ -s "$SANDBOX/tmp/hooks" ] || [ $((tries++)) -gt 3000 ]; do wait_state "$C1" STOPPING; done
    lxcpp-stop -n "$C1" &
    while read -r pid; do kill -9 "$pid"; done <"$SANDBOX/tmp/hooks"
    wait_state "$C1" STOPPED
    wait
}

# Its reboot has come to the hooks of the first run when somebody wants it stopped.
test_stop_of_what_is_rebooting() {
    make_reboot_hook
    make_container "$C1" "lxc.hook.post-stop = $SANDBOX/tmp/hook" 'lxc.hook.version = 1'
    start "$C1"
    lxcpp-stop -r -n "$C1" -t 60 >/dev/null 2>&1 &
    read -r -t 60 _ <"$SANDBOX/tmp/rebooting"
    is "$(state_of "$C1")" STOPPING
    # When it is seen is up to it: before the hook ends it waits, afterwards it finds a container that runs.
    timeout 120 lxcpp-stop -k -n "$C1" &
    local stop=$!
    echo >"$SANDBOX/tmp/go"
    wait $stop
    is $? 0 "exit code of the stop"
    is "$(state_of "$C1")" STOPPED
    wait
}

# What a template left under names of ours makes no container immortal.
test_destroy_whatever_stands_at_our_names() {
    local plant
    for plant in 'mkdir lxc_snapshots' 'ln -s lxc_snapshots lxc_snapshots' 'mkfifo lxc_snapshots' \
        'mkfifo snaps' 'ln -s / snaps' 'ln -s snaps snaps'; do
        make_container "$C1"
        (cd "$LXCPATH/$C1" && $plant)
        expect 0 lxcpp-destroy -n "$C1"
    done
    # The twin: what is really ours counts.
    make_container "$C1"
    mkdir -p "$LXCPATH/$C1/snaps/snap0"
    expect 1 lxcpp-destroy -n "$C1"
    err_has snapshots
    expect 0 lxcpp-destroy -s -n "$C1"
}

test_config_that_is_a_pipe_is_refused() {
    make_container "$C1"
    rm "$LXCPATH/$C1/config"
    mkfifo "$LXCPATH/$C1/config"
    RUN_TIMEOUT=10 expect 1 lxcpp-start -n "$C1"
    err_has "named pipe"
    RUN_TIMEOUT=10 expect 0 lxcpp-ls -f
    out_has "$C1"
    RUN_TIMEOUT=10 expect 0 lxcpp-destroy -n "$C1"
}
