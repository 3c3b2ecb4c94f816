# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The harness itself: a leak meter or a check that cannot fail proves nothing.

test_leak_meter_sees_each_kind() {
    leak_reading >"$SANDBOX/self-before"
    sleep 300 &
    local sleeper=$!
    mkdir "$LXCPP_RUNTIME_DIR/left" "$LXCPATH/left"
    mkdir "$SANDBOX/mountpoint"
    mount -t tmpfs none "$SANDBOX/mountpoint"
    local seen
    seen=$(leak_check "$SANDBOX/self-before")
    for word in "process sleep 300" "mount $SANDBOX/mountpoint" "run $LXCPP_RUNTIME_DIR/left" "lxcpath $LXCPATH/left"; do
        [[ "$seen" == *"$word"* ]] || fail "the leak meter does not see: $word in: $seen"
    done
    kill $sleeper
    wait $sleeper 2>/dev/null
    umount "$SANDBOX/mountpoint"
    rmdir "$LXCPP_RUNTIME_DIR/left" "$LXCPATH/left"
    leak_check "$SANDBOX/self-before" || fail "the leak meter sees what is gone"
}

test_checks_can_fail() {
    local before=$FAILURES
    OUT=abc ERR=$'one\ntwo'
    {
        out_is abd
        out_has x
        out_matches '^b'
        err_is_one_line
        err_has three
        is a b
    } >/dev/null
    is $((FAILURES - before)) 6 "number of failed checks"
    local code=0
    (expect 0 false >/dev/null) || code=$?
    is $code 1 "expect ends the test"
    FAILURES=$((FAILURES > before + 6))
    OUT='' ERR=''
}

test_payload_is_exact() {
    expect 3 "$LXCPP_TESTINIT" echo hello exit 3
    out_is hello
    expect 98 "$LXCPP_TESTINIT" no-such-verb
    expect 0 "$LXCPP_TESTINIT" ids
    out_matches '^uid=0 gid=0 groups='
}
