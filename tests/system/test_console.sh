# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

test_console_log_file() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -L "$SANDBOX/tmp/console.log" -- /bin/testinit echo "words on the console" pause
    wait_state "$C1" RUNNING
    stop "$C1"
    wait_state "$C1" STOPPED
    grep -q "words on the console" "$SANDBOX/tmp/console.log" || fail "not in the log: $(cat "$SANDBOX/tmp/console.log")"
}

test_console_shows_and_escapes() {
    need_tool script
    make_container "$C1" 'lxc.tty.max = 1'
    start "$C1"
    # ^a q leaves.
    { read -r -t 2 <> <(:); printf '\001q'; } | timeout 20 script -qec "lxcpp-console -n $C1 -t 1" /dev/null \
        >"$SANDBOX/tmp/typescript" 2>&1
    is "${PIPESTATUS[1]}" 0 "exit code of the console"
    is "$(state_of "$C1")" RUNNING
}

test_tty_that_does_not_exist() {
    make_container "$C1" 'lxc.tty.max = 1'
    start "$C1"
    expect 1 lxcpp-console -n "$C1" -t 7
    err_has 7
}
