# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# One container, seen by who has another runtime directory than the one who runs it: root, other logins of the same user.

# shellcheck source=tests/system/users.sh
source "$(dirname "${BASH_SOURCE[0]}")/users.sh"

anna() { expect 0 "${AS_ANNA[@]}" "$@"; }
make_for_anna() { anna lxcpp-create -n "$1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"; }
users_with_config() {
    need_tool busybox
    make_users
    mkdir -p "$SANDBOX/home/anna/.config/lxcpp"
    echo 'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed' >"$SANDBOX/home/anna/.config/lxcpp/default.conf"
    chown -R "$ANNA:$ANNA" "$SANDBOX/home/anna/.config"
    ANNAS="$SANDBOX/home/anna/.local/share/lxcpp"
}
other_login() { expect "$1" env "LXCPP_RUNTIME_DIR=$SANDBOX/other" "${@:2}"; }
inits_of_c1() { pgrep -c -f '^/sbin/init|^/init|testinit' || true; }

# What nobody else may do to a container that runs in $1's hands; the rest is the command prefix.
all_verbs_are_refused() {
    local who="$1" init="$2" verb
    shift 2
    for verb in "start" "stop -k" "stop" "freeze" "unfreeze" "destroy" "destroy -f" "attach -n $C1 -- id" "console" "execute -n $C1 -- id"; do
        # shellcheck disable=SC2086
        run "$@" lxcpp-${verb%% *} -n "$C1" ${VERB_PATH:-} ${verb#"${verb%% *}"}
        is $? 1 "exit code of $verb"
        err_is_one_line
        err_has "user $who runs it with the runtime directory"
        err_has "process $init"
        err_has ".running"
    done
    expect 0 "$@" lxcpp-ls ${VERB_PATH:-} -f -F name,state,pid
    out_matches "$C1 +RUNNING +$init"
    expect 0 "$@" lxcpp-ls ${VERB_PATH:-} --stopped
    out_is ""
    expect 0 "$@" lxcpp-info ${VERB_PATH:-} -n "$C1"
    out_has "user $who runs it"
    is "$("$@" lxcpp-info ${VERB_PATH:-} -n "$C1" -s -H)" RUNNING "state"
    expect 0 "$@" lxcpp-wait ${VERB_PATH:-} -n "$C1" -s RUNNING -t 2
    expect 1 "$@" lxcpp-wait ${VERB_PATH:-} -n "$C1" -s STOPPED -t 1
    [ -d "/proc/$init" ] || fail "its init is gone"
}

test_root_sees_a_users_container() {
    users_with_config
    make_for_anna "$C1"
    anna lxcpp-start -n "$C1" -p "$SANDBOX/home/anna/pid"
    local init VERB_PATH="-P $ANNAS"
    init=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
    is "$(stat -c %u:%a "$ANNAS/$C1/.running")" "$ANNA:600"
    all_verbs_are_refused "anna ($ANNA)" "$init" env
    expect 1 lxcpp-image publish "$C1" -P "$ANNAS" --alias mine
    err_is_one_line
    err_has "user anna ($ANNA) runs it"
    expect 1 lxcpp-create -n "$C1" -P "$ANNAS" --image none --replace
    err_is_one_line
    err_has "user anna ($ANNA) runs it"
    # Nobody supervises it any more; it runs all the same.
    kill -9 "$(cat "$SANDBOX/home/anna/pid")"
    expect 1 lxcpp-start -P "$ANNAS" -n "$C1"
    err_has "process $init"
    anna lxcpp-start -n "$C1" --adopt
    anna lxcpp-stop -r -n "$C1"
    init=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
    expect 1 lxcpp-destroy -f -P "$ANNAS" -n "$C1"
    err_has "process $init"
    anna lxcpp-stop -k -n "$C1"
    [ ! -e "$ANNAS/$C1/.running" ] || fail "the note stays: $(cat "$ANNAS/$C1/.running")"
    is "$(lxcpp-info -P "$ANNAS" -n "$C1" -s -H)" STOPPED
    anna lxcpp-destroy -n "$C1"
    forget_users
}

test_two_logins_of_a_user() {
    users_with_config
    make_for_anna "$C1"
    anna lxcpp-start -n "$C1"
    local init other=("${AS_ANNA[@]}" "XDG_RUNTIME_DIR=$SANDBOX/login")
    mkdir -m 0700 "$SANDBOX/login"
    chown $ANNA "$SANDBOX/login"
    init=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
    all_verbs_are_refused "anna ($ANNA)" "$init" "${other[@]}"
    run "${other[@]}" lxcpp-start -n "$C1"
    err_has "use LXCPP_RUNTIME_DIR"
    anna lxcpp-stop -k -n "$C1"
    expect 0 "${other[@]}" lxcpp-start -n "$C1"
    expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$C1"
    err_has "$SANDBOX/login"
    expect 0 "${other[@]}" lxcpp-destroy -f -n "$C1"
    forget_users
}

# Many of both at once: never two.
test_starts_of_two_logins_at_once() { # 300 s
    make_container "$C1"
    mkdir -m 0700 "$SANDBOX/other"
    local round count
    for round in {1..15}; do
        timeout 60 lxcpp-start -n "$C1" >"$SANDBOX/tmp/one" 2>&1 </dev/null &
        timeout 60 env "LXCPP_RUNTIME_DIR=$SANDBOX/other" lxcpp-start -n "$C1" >"$SANDBOX/tmp/two" 2>&1 </dev/null &
        wait
        count=$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c -x -E 'init|testinit')
        is "$count" 1 "containers after round $round"
        if [ "$(grep -c "runs it\|just now" "$SANDBOX/tmp/one" "$SANDBOX/tmp/two" | awk -F: '{n += $2} END {print n}')" != 1 ]; then
            fail "not one was refused: $(cat "$SANDBOX/tmp/one" "$SANDBOX/tmp/two")"
        fi
        run lxcpp-stop -k -n "$C1" || other_login 0 lxcpp-stop -k -n "$C1"
    done
    rmdir "$SANDBOX/other" 2>/dev/null || find "$SANDBOX/other"
}

# What the note says is believed as far as the kernel confirms it.
test_notes_that_are_not_true() {
    make_container "$C1"
    local note="$LXCPATH/$C1/.running" init text verb
    start "$C1"
    init=$(init_pid "$C1")
    text=$(<"$note")
    stop "$C1"
    [ ! -e "$note" ] || fail "the note stays"
    # Of before the last boot, of a process that has gone, of a process of the same number, a copy of another container's.
    for verb in "s/ [0-9a-f]*-[0-9a-f-]*$/ 0b5d2a5c-0000-0000-0000-000000000000/" "" "s/^\(init\|owner\) [0-9]*/\1 $$/" "s/^directory .*/directory 1 2/"; do
        sed "$verb" <<<"$text" >"$note"
        is "$(state_of "$C1")" STOPPED "state by a note changed by '$verb'"
        start "$C1"
        is "$(state_of "$C1")" RUNNING
        stop "$C1"
    done
    for verb in "" "lxcpp-run 1" "init" "$(head -c 9000 /dev/zero | tr '\0' x)"; do
        echo "$verb" >"$note"
        is "$(state_of "$C1")" STOPPED "state by a note that is none"
        start "$C1"
        stop "$C1"
    done
    # Not what it must be: a link would be written through, a fifo would hang, and others may not say what runs.
    echo precious >"$SANDBOX/tmp/precious"
    ln -sf "$SANDBOX/tmp/precious" "$note"
    is "$(state_of "$C1")" STOPPED
    run lxcpp-start -n "$C1"
    is "$(<"$SANDBOX/tmp/precious")" precious "the target of a link"
    run lxcpp-stop -k -n "$C1"
    rm -f "$note"
    mkfifo "$note"
    is "$(state_of "$C1")" STOPPED
    run lxcpp-start -n "$C1"
    run lxcpp-stop -k -n "$C1"
    rm -f "$note"
    expect 0 lxcpp-destroy -n "$C1"
}

# A forged note makes root's verbs refuse, and tells what to do; it does nothing to the process that it names.
test_a_forged_note() {
    need_tool python3
    users_with_config
    make_for_anna "$C1"
    sleep 600 &
    local victim=$! note="$ANNAS/$C1/.running" boot
    boot=$(</proc/sys/kernel/random/boot_id)
    printf '%s\n' "lxcpp-run 1" "init $victim $(awk '{print $22}' /proc/$victim/stat) $boot" "owner $victim $(awk '{print $22}' /proc/$victim/stat) $boot" \
        "user 0" "directory $(stat -c '%d %i' "$ANNAS/$C1")" "runtime /run/$(printf '\033')[31mx" >"$note"
    chown $ANNA "$note"
    chmod 600 "$note"
    local verb
    for verb in start "stop -k" "destroy -f" freeze; do
        # shellcheck disable=SC2086
        expect 1 lxcpp-${verb%% *} -P "$ANNAS" -n "$C1" ${verb#"${verb%% *}"}
        err_is_one_line
        err_has "should that be wrong, remove $note"
        [[ "$ERR" != *$'\033'* ]] || fail "an escape sequence reaches the terminal"
    done
    kill -0 $victim || fail "a process that a forged note names was killed"
    # The twin: written by somebody who does not have the directory, it is not believed.
    chown $BERT "$note"
    is "$(lxcpp-info -P "$ANNAS" -n "$C1" -s -H 2>/dev/null)" STOPPED
    chown $ANNA "$note"
    chmod 666 "$note"
    is "$(lxcpp-info -P "$ANNAS" -n "$C1" -s -H 2>/dev/null)" STOPPED
    kill $victim
    wait $victim 2>/dev/null
    # A lock that is never let go is waited for a moment, and then told.
    rm "$note"
    "${AS_ANNA[@]}" python3 -c 'import fcntl, sys, time
note = open(sys.argv[1], "w")
fcntl.lockf(note, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(600)' "$note" >"$SANDBOX/tmp/locked" &
    victim=$!
    until [ -s "$SANDBOX/tmp/locked" ]; do kill -0 $victim || break; done
    for verb in start "destroy -f"; do
        # shellcheck disable=SC2086
        RUN_TIMEOUT=15 expect 1 lxcpp-${verb%% *} -P "$ANNAS" -n "$C1" ${verb#"${verb%% *}"}
        err_is_one_line
        err_has "just now: repeat; should that be wrong, remove $note"
    done
    kill $victim
    wait $victim 2>/dev/null
    rm "$note"
    anna lxcpp-destroy -n "$C1"
    forget_users
}

# Where no note can be kept the container starts, and the start says what that means.
test_read_only_lxcpath() {
    make_container "$C1"
    mkdir "$SANDBOX/root"
    cp -a "$LXCPATH/$C1/rootfs/." "$SANDBOX/root"
    expect 0 lxcpp-config -n "$C1" set lxc.rootfs.path "dir:$SANDBOX/root"
    local options
    options=$(lxcpp-config -n "$C1" get lxc.rootfs.options)
    mount --bind "$LXCPATH/$C1" "$LXCPATH/$C1"
    mount -o remount,bind,ro "$LXCPATH/$C1"
    start "$C1"
    err_has "nobody with another runtime directory will see that it runs"
    is "$(state_of "$C1")" RUNNING "with $options"
    stop "$C1"
    umount "$LXCPATH/$C1"
    expect 0 lxcpp-destroy -n "$C1"
    rm -rf "$SANDBOX/root"
}

# Killed when init runs and nothing but the notes tells of it: the next command ends that, and does not take it for
# somebody else's.
test_a_start_of_our_own_that_was_killed_is_no_others() {
    local runtime init monitor
    make_container "$C1"
    start "$C1"
    init=$(init_pid "$C1")
    runtime=$(dirname "$(find "$LXCPP_RUNTIME_DIR" -path "*/$C1/state")")
    read -r _ monitor _ <"$runtime/owner"
    kill -9 "$monitor" || fail "nothing was killed"
    until [ ! -e "/proc/$monitor" ] || grep -q '^State:.[ZX]' "/proc/$monitor/status" 2>/dev/null; do read -r -t 0.01 <> <(:) || true; done
    rm "$runtime/state"
    is "$(state_of "$C1")" STOPPED
    expect 0 lxcpp-destroy -n "$C1"
    ! grep -q '^State:.[RSD]' "/proc/$init/status" 2>/dev/null || fail "its init lives"
}
