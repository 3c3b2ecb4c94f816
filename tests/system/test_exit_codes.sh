# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# One line a command: exit code, then the command with @ for the container's name. What stock LXC
# returns for the same words is compared where it is installed and right.

check_table() { # NAME, table on standard input
    local name="$1" wanted line
    while read -r wanted line; do
        [ -z "$wanted" ] || [ "${wanted:0:1}" = '#' ] && continue
        # shellcheck disable=SC2086 # the table's words are the arguments
        run ${line//@/$name}
        local code=$?
        [ "$code" = "$wanted" ] || fail "exit code $code instead of $wanted: $line"
    done
}

UNDEFINED='
1 lxcpp-start -n @
1 lxcpp-start @
2 lxcpp-stop -n @
2 lxcpp-stop -k -n @
2 lxcpp-stop -r -n @
1 lxcpp-info -n @
1 lxcpp-destroy -n @
1 lxcpp-destroy -f -n @
1 lxcpp-freeze -n @
1 lxcpp-unfreeze -n @
1 lxcpp-attach -n @ -- /bin/true
1 lxcpp-cgroup -n @ memory.limit_in_bytes
0 lxcpp-wait -n @ -s STOPPED
0 lxcpp-wait -n @ -s RUNNING|STOPPED -t 0
1 lxcpp-wait -n @ -s RUNNING -t 0
1 lxcpp-wait -n @ -s NONSENSE
1 lxcpp-console -n @ -t 0
'

test_undefined_container() { check_table "$C1" <<<"$UNDEFINED"; }

test_undefined_container_as_stock_lxc() {
    [ -n "$LXC_PEER" ] || skip "lxc is not installed"
    mkdir "$SANDBOX/peer"
    local wanted line code
    while read -r wanted line; do
        [ -n "$wanted" ] || continue
        line=${line//@/$CASE_ID-p}
        # shellcheck disable=SC2086
        set -- ${line/#lxcpp-/lxc-}
        local tool="$1"
        shift
        timeout 20 "$tool" -P "$SANDBOX/peer" "$@" </dev/null >/dev/null 2>&1
        code=$?
        [ "$code" = "$wanted" ] || fail "stock LXC returns $code, our table says $wanted: $tool $*"
    done <<<"$UNDEFINED"
}

test_stopped_container() {
    make_container "$C1"
    check_table "$C1" <<'TABLE'
2 lxcpp-stop -n @
2 lxcpp-stop -k -n @
0 lxcpp-info -n @
0 lxcpp-info @
1 lxcpp-freeze -n @
1 lxcpp-unfreeze -n @
1 lxcpp-attach -n @ -- /bin/true
1 lxcpp-create -n @ -t none
0 lxcpp-wait -n @ -s STOPPED
1 lxcpp-wait -n @ -s RUNNING -t 0
TABLE
}

test_running_container() {
    make_container "$C1"
    start "$C1"
    check_table "$C1" <<'TABLE'
0 lxcpp-start -n @
0 lxcpp-info -n @
1 lxcpp-destroy -n @
0 lxcpp-wait -n @ -s RUNNING
0 lxcpp-wait -n @ -s STOPPED|RUNNING
1 lxcpp-wait -n @ -s STOPPED -t 0
0 lxcpp-attach -n @ -- /bin/testinit exit 0
7 lxcpp-attach -n @ -- /bin/testinit exit 7
127 lxcpp-attach -n @ -- /no/such/program
126 lxcpp-attach -n @ -- /etc/passwd
137 lxcpp-attach -n @ -- /bin/testinit kill 9
143 lxcpp-attach -n @ -- /bin/testinit kill 15
0 lxcpp-freeze -n @
0 lxcpp-info -n @ -s
0 lxcpp-wait -n @ -s FROZEN
0 lxcpp-unfreeze -n @
0 lxcpp-stop -k -n @
2 lxcpp-stop -k -n @
TABLE
}

test_common_options() {
    local tool
    for tool in create start attach stop destroy ls info freeze unfreeze wait console execute monitor cgroup; do
        expect 0 "lxcpp-$tool" --help
        [ -n "$OUT$ERR" ] || fail "lxcpp-$tool --help prints nothing"
        expect 0 "lxcpp-$tool" --version
        out_matches '^[0-9]+\.[0-9]+\.[0-9]+$'
        expect 1 "lxcpp-$tool" --no-such-option
        err_has "no-such-option"
    done
    for tool in start attach stop destroy info freeze unfreeze wait console cgroup; do
        expect 1 "lxcpp-$tool"
        err_has "name"
    done
}

test_front_program() {
    make_container "$C1"
    expect 0 lxcpp ls -1
    out_is "$C1"
    expect 0 lxcpp info -n "$C1" -s -H
    out_is STOPPED
    expect 2 lxcpp stop -n "$C1"
    expect 0 lxcpp help
    out_has " start"
    expect 0 lxcpp --version
    expect 1 lxcpp
    expect 1 lxcpp strat -n "$C1"
    err_has "did you mean 'start'?"
    expect 1 lxcpp ../../bin/true
    err_has "unknown verb"
}
