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
1 lxcpp-wait -n @ -s RUNNING -t 0
1 lxcpp-wait -n @ -s NONSENSE
1 lxcpp-console -n @ -t 0
'
# Here stock LXC says 0: that what is not there is stopped.
UNDEFINED_UNLIKE_STOCK='
1 lxcpp-wait -n @ -s STOPPED
1 lxcpp-wait -n @ -s RUNNING|STOPPED -t 0
'

test_undefined_container() { check_table "$C1" <<<"$UNDEFINED$UNDEFINED_UNLIKE_STOCK"; }

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

test_command_lines_of_getopt() {
    make_container "$C1"
    check_table "$C1" <<'TABLE'
0 lxcpp-info @ -sH
0 lxcpp-info -sHn @
0 lxcpp-info --na @ --no-hum
1 lxcpp-info @ --st
1 lxcpp-info @ -n
1 lxcpp-info @ --state=yes
1 lxcpp-info @ -P /tmp -P /tmp
1 lxcpp-info -P
0 lxcpp-info -n nobody -n @
0 lxcpp-wait @ --st=STOPPED --time 0
0 lxcpp-ls --filter=[-a-z0-9]+ -1
0 lxcpp-config --list
1 lxcpp-config get @ lxc.uts.name --fix
TABLE
    expect 1 lxcpp-info -n "$C1" -P ""
    err_has "-P"
    expect 0 lxcpp-ls --filter='[!]' -1
    out_is ""
    expect 0 lxcpp-ls -1 --filter='[-a-z0-9,]+'
    out_is "$C1"
}

# Where the running container has all that the tool needs, the file must at least be a good one.
test_rcfile_is_read() {
    make_container "$C1"
    start "$C1"
    printf 'lxc.uts.name = other\n' >"$SANDBOX/tmp/good.conf"
    printf 'lxc.no.such = other\n' >"$SANDBOX/tmp/bad.conf"
    local tool
    for tool in info freeze unfreeze "wait -s RUNNING" "cgroup memory.nothing" "console -t 0" destroy stop; do
        # shellcheck disable=SC2086
        expect 1 lxcpp-${tool%% *} -n "$C1" --rcfile /no/such/file ${tool#"${tool%% *}"}
        err_has /no/such/file
        # shellcheck disable=SC2086
        expect 1 lxcpp-${tool%% *} -n "$C1" --rcfile "$SANDBOX/tmp/bad.conf" ${tool#"${tool%% *}"}
        err_has lxc.no.such
    done
    expect 0 lxcpp-info -n "$C1" --rcfile "$SANDBOX/tmp/good.conf" -H -c lxc.uts.name
    out_is other
    expect 0 lxcpp-info -n nobody --rcfile "$SANDBOX/tmp/good.conf" -s -H
    out_is STOPPED
    expect 0 lxcpp-stop -k -n "$C1" --rcfile "$SANDBOX/tmp/good.conf"
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

test_lost_output_is_an_error() {
    make_container "$C1"
    local tool
    for tool in "ls" "ls -f" "ls --format json" "info $C1" "info $C1 --format yaml" "config -l" "config show $C1" \
        "start $C1 --print-plan" "checkconfig" "ls --version"; do
        # shellcheck disable=SC2086
        lxcpp-$tool </dev/null >/dev/full 2>"$SANDBOX/err"
        is $? 1 "exit code of lxcpp-$tool into a full device"
        ERR=$(<"$SANDBOX/err")
        err_has "No space left on device"
    done
    lxcpp help >/dev/full 2>/dev/null
    is $? 1 "exit code of lxcpp help into a full device"
}

# Files that the tool opens must not become its standard output.
test_closed_standard_streams() {
    local tool
    for tool in "create -n $C1 -f $SANDBOX/tmp/c.conf -t $(support template-testinit) -- --testinit $LXCPP_TESTINIT" \
        "ls" "start $C1" "attach $C1 -- /bin/testinit exit 0" "info $C1" "freeze $C1" "unfreeze $C1" "stop -k $C1" \
        "start -F $C1 -- /bin/testinit exit 0" "execute $C1 -- /bin/testinit exit 0" "destroy -f $C1"; do
        printf 'lxc.net.0.type = empty\n' >"$SANDBOX/tmp/c.conf"
        # shellcheck disable=SC2086
        timeout 60 lxcpp-$tool <&- >&- 2>&- || fail "exit code $? with closed streams: lxcpp-$tool"
    done
    expect 0 lxcpp-inventory check
}

test_log_file_in_a_missing_directory() {
    make_container "$C1"
    expect 0 lxcpp-info -n "$C1" -s -o "$SANDBOX/tmp/new/deep/log"
    [ -f "$SANDBOX/tmp/new/deep/log" ] || fail "there is no log file"
    (cd "$SANDBOX/tmp" && lxcpp-info -n "$C1" -s -o here.log) >/dev/null
    [ -f "$SANDBOX/tmp/here.log" ] || fail "there is no log file in the working directory"
    expect 1 lxcpp-info -n "$C1" -s -o /proc/none/log
    err_has /proc/none
    err_is_one_line
}

# An id is a decimal number of 32 bits and never anything else.
test_ids_are_exact() {
    make_container "$C1"
    start "$C1"
    local option id
    for option in -u -g; do
        for id in 0x0 ' 1' '1 ' 1: -1 +1 '' 1.0 1e1 4294967296 99999999999 18446744073709551617 root; do
            expect 1 lxcpp-attach -n "$C1" "$option" "$id" -- /bin/testinit ids
            out_is ""
            err_has "expected a number"
            expect 1 lxcpp-execute -n "$C2" -f "$LXCPATH/$C1/config" "$option" "$id" -- /bin/testinit ids
            out_is ""
            err_has "expected a number"
        done
        # The kernel's "leave it as it is".
        expect 1 lxcpp-attach -n "$C1" "$option" 4294967295 -- /bin/testinit ids
        out_is ""
        err_is_one_line
        expect 1 lxcpp-execute -n "$C2" -f "$LXCPATH/$C1/config" "$option" 4294967295 -- /bin/testinit ids
        out_is ""
        err_is_one_line
    done
}



test_ordinary_user() {
    need_tool setpriv
    setpriv --reuid=65534 --regid=65534 --clear-groups -- lxcpp-ls --version >/dev/null 2>&1 || skip "this build is not readable for other users"
    make_container "$C1"
    start "$C1"
    local command
    for command in "info -n $C1" "info -n $C1 -s" "info -n $C1 -c lxc.uts.name" "wait -n $C1 -s RUNNING" "console -n $C1" \
        "cgroup -n $C1 memory.max" "monitor -P $LXCPATH" "ls" "ls -f" "ls --format json" "start -n $C1" "stop -n $C1" \
        "freeze -n $C1" "attach -n $C1 -- true" "destroy -n $C1"; do
        # shellcheck disable=SC2086
        run setpriv --reuid=65534 --regid=65534 --clear-groups -- lxcpp-$command
        differs $? 0 "exit code of $command"
        err_has "only root can"
        err_has "$LXCPATH"
        err_is_one_line
        out_is ""
    done
    chmod 0711 "$LXCPATH"
    expect 1 setpriv --reuid=65534 --regid=65534 --clear-groups -- lxcpp-ls
    err_has "list the containers of $LXCPATH: open $LXCPATH: Permission denied"
    err_is_one_line
    chmod 0755 "$LXCPATH"
}

# What cannot be said is lost; what was asked for is done all the same, and the exit code tells.
test_full_standard_error() {
    make_container "$C1"
    mkdir "$LXCPATH/$C2"
    echo nonsense >"$LXCPATH/$C2/config"
    local wanted command
    while read -r wanted command; do
        $command >"$SANDBOX/out" 2>/dev/full </dev/null
        is $? "$wanted" "exit code of: $command"
    done <<COMMANDS
0 lxcpp-ls -f
0 lxcpp-ls -1
1 lxcpp-info -n $C1-none
0 lxcpp-start -n $C1
0 lxcpp-start -n $C1
0 lxcpp-attach -n $C1 -- /bin/testinit exit 0
7 lxcpp-attach -n $C1 -- /bin/testinit exit 7
0 lxcpp-stop -k -n $C1
2 lxcpp-stop -n $C1
1 lxcpp-start --wrong
0 lxcpp-start --help
COMMANDS
    rm -r "${LXCPATH:?}/$C2"
}

# As after a deployment that replaced the directory one stands in.
test_from_a_directory_that_is_gone() {
    make_container "$C1"
    mkdir "$SANDBOX/tmp/gone"
    cd "$SANDBOX/tmp/gone" || exit 1
    rmdir "$SANDBOX/tmp/gone"
    expect 0 lxcpp-start -n "$C1"
    expect 0 lxcpp-attach -n "$C1" -- /bin/testinit exit 0
    expect 0 lxcpp-info -n "$C1"
    expect 0 lxcpp-ls -1
    expect 0 lxcpp-stop -k -n "$C1"
    expect 0 lxcpp-destroy -n "$C1"
}
