# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# kill -9 at the worst moment: nothing is lost, nothing lies.

monitor_of() { awk '{print $4}' "/proc/$(init_pid "$1")/stat"; }

test_killed_monitor_does_not_kill_the_container() {
    make_container "$C1"
    start "$C1"
    local init
    init=$(init_pid "$C1")
    kill -9 "$(monitor_of "$C1")"
    [ -d "/proc/$init" ] || fail "init died with its monitor"
    is "$(state_of "$C1")" RUNNING
    is "$(init_pid "$C1")" "$init"
    attach "$C1" /bin/testinit echo alive
    out_is alive
    expect 0 lxcpp-ls --running -1
    out_is "$C1"
    expect 0 lxcpp-stop -n "$C1" -t 20
    is "$(state_of "$C1")" STOPPED
    # And the next start is as the first.
    start "$C1"
}

test_killed_monitor_and_init() {
    make_container "$C1"
    start "$C1"
    local init monitor
    init=$(init_pid "$C1")
    monitor=$(monitor_of "$C1")
    kill -9 "$monitor" "$init"
    wait_state "$C1" STOPPED
    is "$(state_of "$C1")" STOPPED
    start "$C1"
    attach "$C1" /bin/testinit exit 0
}

test_killed_init_is_noticed() {
    make_container "$C1"
    start "$C1"
    kill -9 "$(init_pid "$C1")"
    wait_state "$C1" STOPPED
}

test_killed_start_leaves_nothing() {
    make_container "$C1"
    local number
    for number in 1 2 3 4 5 6 7 8; do
        timeout -s KILL "0.00$number" lxcpp-start -n "$C1" </dev/null >/dev/null 2>&1
        # Whatever came of it, it can be told and ended.
        run lxcpp-stop -k -n "$C1"
        case $? in 0 | 2) ;; *) fail "stop after a killed start" ;; esac
    done
    start "$C1"
    attach "$C1" /bin/testinit exit 0
}

test_stale_runtime_files_are_no_state() {
    make_container "$C1"
    start "$C1"
    cp -a "$LXCPP_RUNTIME_DIR" "$SANDBOX/tmp/run-before"
    local monitor
    monitor=$(monitor_of "$C1")
    stop "$C1"
    wait_state "$C1" STOPPED
    timeout 20 tail --pid="$monitor" -f /dev/null # it says the last word before it exits
    # As after a power failure: the files say running, no process does.
    cp -a "$SANDBOX/tmp/run-before/." "$LXCPP_RUNTIME_DIR/"
    is "$(state_of "$C1")" STOPPED
    start "$C1"
    attach "$C1" /bin/testinit exit 0
}

test_lost_inventory_is_rebuilt() {
    make_container "$C1"
    make_container "$C2"
    start "$C2"
    rm -f "$LXCPP_STATE_DIR"/inventory.db*
    expect 0 lxcpp-inventory rebuild
    expect 0 lxcpp-ls -1
    out_is "$C1"$'\n'"$C2"
    is "$(state_of "$C2")" RUNNING
    make_container "$C3"
    start "$C3"
    start "$C1"
    # The old ranges are known again: the new one is a third.
    is "$(cat "$LXCPATH"/*/config | awk '/^lxc.idmap *= *u/ {print $5}' | sort -u | wc -l)" 3 "different ranges"
}

test_damaged_inventory_is_told() {
    make_container "$C1"
    printf 'this is no database, and long enough to be looked at by SQLite itself\n%.0s' {1..60} >"$LXCPP_STATE_DIR/inventory.db"
    rm -f "$LXCPP_STATE_DIR"/inventory.db-*
    run lxcpp-ls -1
    [[ "$ERR" == *rebuild* ]] || out_has "$C1"
    expect 0 lxcpp-inventory rebuild
    expect 0 lxcpp-ls -1
    out_is "$C1"
}

test_events_are_recorded() {
    make_container "$C1"
    start "$C1"
    stop "$C1"
    wait_state "$C1" STOPPED
    expect 0 lxcpp-inventory events
    out_has "$C1"
    out_has STOPPED
    expect 0 lxcpp-inventory check
}

test_stop_cleans_up_for_a_dead_monitor() {
    make_container "$C1"
    start "$C1"
    kill -9 "$(monitor_of "$C1")"
    expect 0 lxcpp-stop -k -n "$C1"
    is "$(find /sys/fs/cgroup -maxdepth 3 -name "lxcpp.payload.$C1*" 2>/dev/null)" "" "cgroups that stay"
    is "$(find "$LXCPP_RUNTIME_DIR" -name "$C1")" "" "runtime directory"
}

test_start_waits_for_a_stop() {
    make_container "$C1"
    local round
    for round in 1 2 3 4 5; do
        start "$C1"
        lxcpp-stop -k -n "$C1" &
        wait_state "$C1" STOPPED &
        wait
        start "$C1"
        is "$(state_of "$C1")" RUNNING "round $round"
        expect 0 lxcpp-stop -k -n "$C1"
    done
}
