# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

test_waits_for_a_later_start() {
    make_container "$C1"
    timeout 30 lxcpp-wait -n "$C1" -s RUNNING </dev/null &
    local waiter=$!
    start "$C1"
    wait $waiter
    is $? 0 "exit code of the waiter"
}

test_waits_for_the_end() {
    make_container "$C1"
    start "$C1"
    timeout 30 lxcpp-wait -n "$C1" -s STOPPED </dev/null &
    local waiter=$!
    stop "$C1"
    wait $waiter
    is $? 0 "exit code of the waiter"
}

test_timeout() {
    make_container "$C1"
    local before=$SECONDS
    expect 1 lxcpp-wait -n "$C1" -s RUNNING -t 2
    [ $((SECONDS - before)) -ge 1 ] || fail "it did not wait"
}

test_freeze() {
    make_container "$C1"
    start "$C1"
    local pid
    pid=$(init_pid "$C1")
    expect 0 lxcpp-freeze -n "$C1"
    is "$(state_of "$C1")" FROZEN
    is "$(init_pid "$C1")" "$pid"
    expect 0 lxcpp-wait -n "$C1" -s FROZEN -t 5
    expect 0 lxcpp-freeze -n "$C1"
    expect 0 lxcpp-unfreeze -n "$C1"
    is "$(state_of "$C1")" RUNNING
}

test_monitor_prints_changes() {
    make_container "$C1"
    lxcpp-monitor -n "$C1" >"$SANDBOX/tmp/monitor.log" 2>&1 </dev/null &
    local monitor=$!
    # It is listening once a first change is seen.
    local tries=0
    until grep -q RUNNING "$SANDBOX/tmp/monitor.log" || [ $((tries++)) -gt 20 ]; do
        start "$C1"
        stop "$C1"
    done
    start "$C1"
    stop "$C1"
    wait_state "$C1" STOPPED
    kill $monitor
    wait $monitor 2>/dev/null
    OUT=$(<"$SANDBOX/tmp/monitor.log")
    out_has "'$C1' changed state to [RUNNING]"
    out_has "'$C1' changed state to [STOPPED]"
}

test_parallel_life_cycles() { # 300 s
    local number pids=()
    for number in 1 2 3 4; do make_container "$CASE_ID-$number"; done
    for number in 1 2 3 4; do
        (
            for _ in 1 2 3 4 5; do
                timeout 60 lxcpp-start -n "$CASE_ID-$number" </dev/null || exit 1
                timeout 60 lxcpp-attach -n "$CASE_ID-$number" -- /bin/testinit exit 0 </dev/null || exit 2
                timeout 60 lxcpp-stop -k -n "$CASE_ID-$number" </dev/null || exit 3
            done
        ) >"$SANDBOX/tmp/log.$number" 2>&1 &
        pids+=($!)
    done
    for number in "${pids[@]}"; do wait "$number" || fail "a life cycle failed ($?): $(cat "$SANDBOX"/tmp/log.*)"; done
}

test_one_start_of_many_wins() {
    make_container "$C1"
    local number pids=()
    for number in 1 2 3 4 5 6; do
        timeout 60 lxcpp-start -n "$C1" </dev/null >"$SANDBOX/tmp/log.$number" 2>&1 &
        pids+=($!)
    done
    # Already running is LXC's success.
    for number in "${pids[@]}"; do wait "$number" || fail "exit code $?: $(cat "$SANDBOX"/tmp/log.*)"; done
    is "$(state_of "$C1")" RUNNING
    is "$(pgrep -c -x -f /sbin/init)" 1 "number of inits"
}

test_monitor_of_several_directories() {
    local other="$SANDBOX/other" monitor
    make_container "$C1"
    make_container "$C2"
    mkdir "$other"
    mv "$LXCPATH/$C2" "$other/"
    sed -i "s:$LXCPATH/$C2:$other/$C2:" "$other/$C2/config"
    expect 0 lxcpp-inventory rebuild
    mkfifo "$SANDBOX/tmp/fifo"
    lxcpp-monitor -P "$LXCPATH" -P "$other" >"$SANDBOX/tmp/fifo" 2>&1 </dev/null &
    monitor=$!
    exec 7<"$SANDBOX/tmp/fifo"
    start "$C1"
    expect 0 lxcpp-start -P "$other" -n "$C2"
    until_line "'$C1' changed state to [RUNNING]" "'$C2' changed state to [RUNNING]"
    stop "$C1"
    expect 0 lxcpp-stop -k -P "$other" -n "$C2"
    until_line "'$C1' exited with status [137]" "'$C2' exited with status [137]"
    kill $monitor
    wait $monitor
    is $? 0 "exit code of the monitor"
    expect 0 lxcpp-destroy -P "$other" -n "$C2"
}

# Reads what the monitor prints until each of these lines came.
until_line() {
    local line wanted=("$@") index
    while [ ${#wanted[@]} -gt 0 ]; do
        read -r -t 20 -u 7 line || { fail "not printed: ${wanted[*]}"; return; }
        for index in "${!wanted[@]}"; do
            [ "$line" = "${wanted[index]}" ] && unset "wanted[index]"
        done
    done
}
