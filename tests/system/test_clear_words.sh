# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# What is not there, or not for the caller to see, is said to be that, and never taken for something else.

# shellcheck source=tests/system/users.sh
source "$(dirname "${BASH_SOURCE[0]}")/users.sh"

test_wait_for_what_is_not_there() {
    expect 1 lxcpp-wait -n "$C1" -s STOPPED -t 1
    err_is_one_line
    err_has "there is no such container in $LXCPATH"
    expect 1 lxcpp-wait -n "$C1" -s 'RUNNING|STOPPED' -t 1
    err_has "there is no such container"
    # One that is made later can be waited for.
    timeout 60 lxcpp-wait -n "$C1" -s RUNNING </dev/null 2>"$SANDBOX/tmp/words" &
    local waiter=$!
    make_container "$C1"
    start "$C1"
    wait $waiter
    is $? 0 "exit code of who waits for a container that is made later"
    # The twin: one that is there, and is removed while it is waited for.
    lxcpp-wait -n "$C1" -s STOPPED -t 60 </dev/null &
    waiter=$!
    until ls -l /proc/$waiter/fd 2>/dev/null | grep -q socket; do kill -0 $waiter || break; done
    expect 0 lxcpp-destroy -f -n "$C1"
    wait $waiter
    is $? 0 "exit code of who waits for one that is destroyed"
    if [ -n "$LXC_PEER" ]; then expect 0 lxc-wait -n "$C1" -s STOPPED -t 1; fi # the peer takes it for stopped
}

test_events_and_changes_of_what_is_not_there() {
    expect 1 lxcpp-inventory events -n "$C1"
    err_is_one_line
    err_has "there is no such container in $LXCPATH, and nothing is noted of one"
    expect 1 lxcpp-inventory events -P "$SANDBOX/absent"
    err_has "there is no such directory"
    expect 1 lxcpp-monitor -P "$SANDBOX/absent"
    err_is_one_line
    err_has "there is no such directory"
    make_container "$C1"
    expect 0 lxcpp-inventory events -n "$C1"
    out_has create
    expect 0 lxcpp-inventory events -P "$LXCPATH/" -n "$C1"
    out_has create
    expect 0 lxcpp-destroy -n "$C1"
    expect 0 lxcpp-inventory events -n "$C1"
    out_has destroy
}

test_what_others_may_not_see() {
    make_users
    make_container "$C1"
    chmod 0700 "$LXCPATH"
    local words
    for words in "wait -s STOPPED -t 1 -n $C1" "wait -s STOPPED -t 1 -n $C2" "inventory events -n $C1" "monitor" "info -n $C1" "ls"; do
        # shellcheck disable=SC2086
        expect 1 "${AS_ANNA[@]}" lxcpp-${words%% *} -P "$LXCPATH" ${words#"${words%% *}"}
        err_is_one_line
        err_has "only root can"
    done
    chmod 0755 "$LXCPATH"
    forget_users
}

test_one_closed_directory_hides_no_other() {
    make_users
    need_tool busybox
    local home="$SANDBOX/home/anna/.local/share/lxcpp" name
    for name in "$C1" "$C2"; do
        expect 0 "${AS_ANNA[@]}" lxcpp-create -n "$name" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    done
    chmod 0 "$home/$C1"
    expect 0 "${AS_ANNA[@]}" lxcpp-ls -1
    out_is "$C1"$'\n'"$C2"
    err_is_one_line
    err_has "lxcpp-ls: $C1: $home/$C1 cannot be looked into"
    expect 0 "${AS_ANNA[@]}" lxcpp-ls -f
    out_matches "$C2 +STOPPED"
    err_is_one_line
    expect 0 "${AS_ANNA[@]}" lxcpp-ls -q
    is "$ERR" ""
    expect 1 "${AS_ANNA[@]}" lxcpp-wait -n "$C1" -s STOPPED -t 1
    err_is_one_line
    expect 0 "${AS_ANNA[@]}" lxcpp-inventory rebuild
    expect 0 "${AS_ANNA[@]}" lxcpp-info -n "$C2" -s -H
    out_is STOPPED
    # The lxcpath itself: there is nothing to list.
    chmod 0 "$home"
    expect 1 "${AS_ANNA[@]}" lxcpp-ls -1
    err_is_one_line
    chmod 0700 "$home" "$home/$C1"
    for name in "$C1" "$C2"; do expect 0 "${AS_ANNA[@]}" lxcpp-destroy -n "$name"; done
    forget_users
}

# Who interrupts the tool means the program; it would stay inside for ever.
test_signals_end_what_attach_runs() {
    make_users
    need_tool busybox
    local signal tool form deadline=$((SECONDS + 20))
    expect 0 "${AS_ANNA[@]}" lxcpp-create -n "$C1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    expect 0 "${AS_ANNA[@]}" lxcpp-start -n "$C1" -s lxc.mount.auto=proc
    local root="$SANDBOX/home/anna/.local/share/lxcpp/$C1/rootfs"
    for signal in INT TERM HUP; do
        for form in 'exec sleep 600' 'sleep 600; true'; do
            # A shell without job control would have "&" ignore SIGINT and SIGQUIT.
            "${AS_ANNA[@]}" env --default-signal=INT,QUIT lxcpp-attach -n "$C1" -- /bin/sh -c "touch /tmp/waiting; $form" </dev/null >/dev/null 2>&1 &
            tool=$!
            until [ -e "$root/tmp/waiting" ]; do kill -0 $tool || break; done
            kill -$signal $tool
            wait $tool
            is $? $((128 + $(kill -l $signal))) "exit code after SIG$signal of '$form'"
            rm "$root/tmp/waiting"
            # What was killed takes a moment to end.
            until expect 0 "${AS_ANNA[@]}" lxcpp-attach -n "$C1" -- /bin/sh -c 'cat /proc/[0-9]*/comm' && [[ "$OUT" != *sleep* ]]; do
                [ $SECONDS -lt $deadline ] || break
            done
            out_lacks sleep
        done
    done
    # What the tool was told to ignore is not passed on.
    "${AS_ANNA[@]}" env --ignore-signal=HUP lxcpp-attach -n "$C1" -- /bin/sh -c 'touch /tmp/waiting; read -r line </tmp/go; exit 5' </dev/null >/dev/null 2>&1 &
    tool=$!
    mkfifo -m 0666 "$root/tmp/go"
    chown $FIRST:$FIRST "$root/tmp/go"
    until [ -e "$root/tmp/waiting" ]; do kill -0 $tool || break; done
    kill -HUP $tool
    echo >"$root/tmp/go"
    wait $tool
    is $? 5 "exit code of a program whose tool ignores SIGHUP"
    expect 0 "${AS_ANNA[@]}" lxcpp-destroy -f -n "$C1"
    forget_users
}

test_publish_of_what_cannot_stand_still() {
    make_users
    need_tool busybox
    expect 0 "${AS_ANNA[@]}" lxcpp-create -n "$C1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    expect 0 "${AS_ANNA[@]}" lxcpp-start -n "$C1"
    expect 1 "${AS_ANNA[@]}" lxcpp-image publish "$C1" --alias mine
    err_is_one_line
    err_has "stop it first"
    expect 0 "${AS_ANNA[@]}" lxcpp-stop -k -n "$C1"
    expect 0 "${AS_ANNA[@]}" lxcpp-image publish "$C1" --alias mine
    expect 0 "${AS_ANNA[@]}" lxcpp-image delete mine
    expect 0 "${AS_ANNA[@]}" lxcpp-destroy -n "$C1"
    forget_users
}
