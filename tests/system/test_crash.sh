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
    events_have "start +RUNNING"
    events_have "stop +STOPPED"
    expect 0 lxcpp-inventory events
    out_has "$C1"
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

# New in every respect that the container or an administrator can see.
test_killed_monitor_is_replaced() {
    cat >"$SANDBOX/tmp/hook" <<H
#!/bin/sh
echo "\$3 \$#" >>$SANDBOX/tmp/hooks
H
    chmod +x "$SANDBOX/tmp/hook"
    need_tool script
    make_busybox_container "$C1" 'lxc.tty.max = 2' "lxc.hook.stop = $SANDBOX/tmp/hook" "lxc.hook.post-stop = $SANDBOX/tmp/hook"
    expect 0 lxcpp-start -n "$C1" -L "$SANDBOX/tmp/console.log"
    local init first second
    init=$(init_pid "$C1") first=$(monitor_of "$C1")
    expect 0 lxcpp-start -n "$C1" --adopt
    out_has "nothing to do"
    kill -9 "$first"
    timeout 20 tail --pid="$first" -f /dev/null
    expect 0 lxcpp-start -n "$C1" --adopt
    is "$(init_pid "$C1")" "$init" "process 1 of the container"
    second=$(owner_of "$C1")
    differs "$second" "$first" "monitors"
    [[ "$(tr '\0' ' ' <"/proc/$second/cmdline")" == "[lxcpp monitor] $LXCPATH $C1 "* ]] || fail "its title is another"
    # The console is a terminal again, and somebody reads it.
    attach "$C1" /bin/sh -c 'echo through the new console >/dev/console'
    { read -r -t 2 <> <(:); printf '\001q'; } | timeout 20 script -qec "lxcpp-console -n $C1 -t 2" /dev/null >"$SANDBOX/tmp/tty" 2>&1
    is "${PIPESTATUS[1]}" 0 "exit code of the console"
    lxcpp-wait -n "$C1" -s STOPPED -t 20 &
    local waiter=$!
    expect 0 lxcpp-stop -n "$C1" -t 20
    wait "$waiter" || fail "a waiter of the new monitor was not told"
    grep -q "through the new console" "$SANDBOX/tmp/console.log" || fail "the console log lacks what was printed after the adoption"
    # Namespaces for the stop hook: 8 words more.
    is "$(tr '\n' ' ' <"$SANDBOX/tmp/hooks")" "stop 11 post-stop 3 " "hooks at the end"
    expect 0 lxcpp-inventory events -n "$C1"
    out_has adopt
}

owner_of() { awk '{print $2}' "$LXCPP_RUNTIME_DIR"/*/"$1"/owner; }

# Who waits in the foreground goes on with the next monitor, and hears of the end from it.
test_foreground_outlives_its_monitor() {
    need_tool busybox
    make_busybox_container "$C1"
    mkfifo "$SANDBOX/tmp/fifo"
    lxcpp-execute -n "$C1" -- /bin/sh -c '/bin/busybox mkfifo /code; echo ready; read -r code </code; exit "$code"' </dev/null >"$SANDBOX/tmp/fifo" 2>"$SANDBOX/tmp/said" &
    local tool=$!
    read -r -t 60 _ <"$SANDBOX/tmp/fifo"
    wait_state "$C1" RUNNING
    kill -9 "$(monitor_of "$C1")"
    run lxcpp-attach -n "$C1" -- /bin/sh -c 'echo 7 >/code' # which the end of the container may overtake
    wait $tool
    is $? 7 "exit code"
    # A system container's console too.
    lxcpp-start -F -n "$C1" </dev/null >"$SANDBOX/tmp/console" 2>&1 &
    tool=$!
    wait_state "$C1" RUNNING
    kill -9 "$(monitor_of "$C1")"
    # Not before the tool has opened the new console is it shown there.
    local deadline=$((SECONDS + 30))
    while ! grep -q "through the next monitor" "$SANDBOX/tmp/console"; do
        [ $SECONDS -lt $deadline ] || { fail "the next console is not seen: $(<"$SANDBOX/tmp/console")"; break; }
        run lxcpp-attach -n "$C1" -- /bin/sh -c 'echo through the next monitor >/dev/console'
    done
    kill -TERM $tool
    wait $tool
    is $? 0 "exit code"
    is "$(state_of "$C1")" STOPPED
}

# 137 where the kernel tells how somebody else's child ended (Linux 6.15), else an error that says so.
test_foreground_of_a_killed_monitor_and_init() {
    make_container "$C1"
    lxcpp-execute -n "$C1" -- /bin/testinit pause </dev/null >/dev/null 2>"$SANDBOX/tmp/said" &
    local tool=$! code
    wait_state "$C1" RUNNING
    kill -9 "$(monitor_of "$C1")" "$(init_pid "$C1")"
    wait $tool
    code=$?
    [ $code = 137 ] || { is $code 1 "exit code"; grep -q "not known" "$SANDBOX/tmp/said" || fail "it does not say why"; }
    is "$(state_of "$C1")" STOPPED
}

# A signal that comes between two runs is for the next one.
test_signal_during_a_reboot() {
    need_tool busybox
    make_reboot_hook
    make_busybox_container "$C1" "lxc.hook.post-stop = $SANDBOX/tmp/hook" 'lxc.hook.version = 1'
    lxcpp-start -F -n "$C1" </dev/null >/dev/null 2>&1 &
    local tool=$!
    wait_state "$C1" RUNNING
    lxcpp-stop -r -n "$C1" -t 60 >/dev/null 2>&1 &
    read -r -t 60 _ <"$SANDBOX/tmp/rebooting"
    kill -TERM $tool
    echo >"$SANDBOX/tmp/go"
    wait $tool
    is $? 0 "exit code"
    is "$(state_of "$C1")" STOPPED
    wait
}

test_stopped_monitor_goes_on() {
    make_container "$C1"
    start "$C1"
    local command
    for command in "lxcpp-info -n $C1" "lxcpp-attach -n $C1 -- /bin/testinit exit 0" "lxcpp-stop -k -n $C1"; do
        kill -STOP "$(monitor_of "$C1")"
        # shellcheck disable=SC2086
        RUN_TIMEOUT=30 expect 0 $command
    done
    is "$(state_of "$C1")" STOPPED
}

test_reboot_under_a_replaced_monitor() {
    make_busybox_container "$C1"
    start "$C1"
    kill -9 "$(monitor_of "$C1")"
    expect 0 lxcpp-start -n "$C1" --adopt
    local init
    init=$(init_pid "$C1")
    expect 0 lxcpp-stop -r -n "$C1" -t 30
    differs "$(init_pid "$C1")" "$init" "processes 1"
    is "$(state_of "$C1")" RUNNING
}

# The exit status is known although the new monitor is not the parent (Linux 6.15 and later tell).
test_exit_status_under_a_replaced_monitor() {
    make_container "$C1"
    start "$C1"
    kill -9 "$(monitor_of "$C1")"
    expect 0 lxcpp-start -n "$C1" --adopt
    kill -9 "$(init_pid "$C1")"
    wait_state "$C1" STOPPED
    events_have "stop +STOPPED +0 +137"
}

test_every_command_adopts() {
    make_container "$C1"
    start "$C1"
    local command
    for command in "lxcpp-attach -n $C1 -- /bin/testinit exit 0" "lxcpp-freeze -n $C1" "lxcpp-unfreeze -n $C1" \
        "lxcpp-wait -n $C1 -s RUNNING" "lxcpp-start -n $C1"; do
        kill -9 "$(owner_of "$C1")"
        timeout 20 tail --pid="$(owner_of "$C1")" -f /dev/null
        expect 0 $command
        kill -0 "$(owner_of "$C1")" || fail "no monitor after $command"
    done
    # Ten at once make one.
    kill -9 "$(owner_of "$C1")"
    timeout 20 tail --pid="$(owner_of "$C1")" -f /dev/null
    local round
    for round in {1..10}; do lxcpp-attach -n "$C1" -- /bin/testinit exit 0 & done
    wait
    is "$(pgrep -c -f "^.lxcpp monitor. $LXCPATH $C1")" 1 "number of monitors"
}

# A monitor program of our own place, which can be exchanged under a running container.
own_libexec() {
    cp -a "$LXCPP_LIBEXEC_DIR" "$SANDBOX/libexec"
    export LXCPP_LIBEXEC_DIR="$SANDBOX/libexec"
}

test_monitor_is_upgraded_in_place() {
    own_libexec
    make_busybox_container "$C1" 'lxc.console.buffer.size = 64KB'
    start "$C1"
    attach "$C1" /bin/sh -c 'echo from before >/dev/console'
    local monitor init waiter
    monitor=$(owner_of "$C1") init=$(init_pid "$C1")
    lxcpp-wait -n "$C1" -s FROZEN -t 30 &
    waiter=$!
    mv "$SANDBOX/libexec/lxcpp-supervisor" "$SANDBOX/libexec/old"
    cp "$SANDBOX/libexec/old" "$SANDBOX/libexec/lxcpp-supervisor"
    expect 0 lxcpp-start -n "$C1" --upgrade-monitor
    out_has "$(lxcpp-start --version)"
    is "$(owner_of "$C1")" "$monitor" "process of the monitor"
    is "$(readlink "/proc/$monitor/exe")" "$SANDBOX/libexec/lxcpp-supervisor" "its program"
    is "$(init_pid "$C1")" "$init" "process 1 of the container"
    is "$(pgrep -c -f "^.lxcpp monitor. $LXCPATH $C1")" 1 "number of monitors"
    expect 0 lxcpp-freeze -n "$C1"
    wait "$waiter" || fail "who waited before was forgotten"
    # Twice, and with a state that is not RUNNING.
    expect 0 lxcpp-start -n "$C1" --upgrade-monitor
    is "$(state_of "$C1")" FROZEN
    expect 0 lxcpp-unfreeze -n "$C1"
    expect 0 lxcpp-stop -r -n "$C1" -t 30
    expect 0 lxcpp-stop -k -n "$C1"
}

test_start_without_a_monitor_program_is_refused() {
    own_libexec
    make_container "$C1"
    mv "$SANDBOX/libexec/lxcpp-supervisor" "$SANDBOX/libexec/old"
    expect 1 lxcpp-start -n "$C1"
    err_has "lxcpp-supervisor is missing"
    err_is_one_line
    is "$(state_of "$C1")" STOPPED
    mv "$SANDBOX/libexec/old" "$SANDBOX/libexec/lxcpp-supervisor"
    start "$C1"
}

test_failed_upgrade_is_rolled_back() {
    own_libexec
    make_container "$C1"
    start "$C1"
    local program init
    init=$(init_pid "$C1")
    mv "$SANDBOX/libexec/lxcpp-supervisor" "$SANDBOX/libexec/good"
    for program in '#!/bin/sh'$'\n''exit 0' '#!/bin/sh'$'\n''exec sleep 1000' 'no program at all'; do
        rm -f "$SANDBOX/libexec/lxcpp-supervisor"
        printf '%s\n' "$program" >"$SANDBOX/libexec/lxcpp-supervisor"
        chmod +x "$SANDBOX/libexec/lxcpp-supervisor"
        expect 1 lxcpp-start -n "$C1" --upgrade-monitor
        err_has "the old one goes on"
        err_is_one_line
        is "$(init_pid "$C1")" "$init" "process 1 of the container"
        is "$(state_of "$C1")" RUNNING
        expect 0 lxcpp-attach -n "$C1" -- /bin/testinit exit 0
        is "$(readlink "/proc/$(owner_of "$C1")/exe")" "$SANDBOX/libexec/good" "its program"
    done
    rm "$SANDBOX/libexec/lxcpp-supervisor"
    mv "$SANDBOX/libexec/good" "$SANDBOX/libexec/lxcpp-supervisor"
    expect 0 lxcpp-start -n "$C1" --upgrade-monitor
    expect 0 lxcpp-stop -n "$C1" -t 20
}

# What killed commands leave goes with the next create or destroy, of whatever container.
test_garbage_of_killed_commands_is_collected() {
    make_container "$C1"
    local gone=4194305 # above the largest pid there is
    local run
    start "$C1"
    run=$(dirname "$(find "$LXCPP_RUNTIME_DIR" -name "$C1" -type d)")
    mkdir -p "$LXCPATH/.trash-$C2-$gone/rootfs" "$LXCPATH/.create-$C2-$gone/rootfs" "$run/.gone-$C2-$gone"
    touch "$run/.$C2.lock" "$run/.gone-$C2-$gone/state"
    make_container "$C3"
    mv "$LXCPATH/$C3" "$LXCPATH/.trash-$C3-$gone" # a destroy that got no further
    expect 1 lxcpp-destroy -n "$C2"
    err_has "not defined"
    is "$(find "$LXCPATH" "$run" -name "*$C2*" -o -name "*$C3*")" "" "leftovers"
    expect 0 lxcpp-inventory check # no row without a container
    is "$(state_of "$C1")" RUNNING
    # What belongs to a live process stays.
    mkdir "$LXCPATH/.create-$C2-$$"
    run lxcpp-destroy -n "$C2"
    [ -d "$LXCPATH/.create-$C2-$$" ] || fail "the work of a running create was deleted"
    rmdir "$LXCPATH/.create-$C2-$$"
}
