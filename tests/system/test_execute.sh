# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

execute() {
    local wanted="$1"
    shift
    expect "$wanted" lxcpp-execute -n "$C1" -f "$SANDBOX/tmp/rc" -- "$@"
}

prepare() {
    make_rootfs "$SANDBOX/tmp/rootfs"
    printf '%s\n' "lxc.rootfs.path = dir:$SANDBOX/tmp/rootfs" 'lxc.net.0.type = empty' \
        'lxc.mount.auto = proc' "$@" >"$SANDBOX/tmp/rc"
}

test_exit_codes() {
    prepare
    execute 0 /bin/testinit exit 0
    execute 3 /bin/testinit exit 3
    execute 137 /bin/testinit kill 9
    execute 143 /bin/testinit kill 15
    execute 255 /no/such/program
    expect 1 lxcpp-execute -n "$C1" -f /no/such/config -- /bin/true
}

test_needs_a_configuration() {
    expect 1 lxcpp-execute -n "$C1" -- touch "$SANDBOX/tmp/reached"
    err_has "no configuration"
    err_is_one_line
    [ ! -e "$SANDBOX/tmp/reached" ] || fail "the command ran on the host's files"
}

test_output_and_init() {
    prepare
    execute 0 /bin/testinit echo hello pid
    is "$(head -1 <<<"$OUT")" hello
    differs "$(tail -1 <<<"$OUT")" 1 "pid of the command (our init is PID 1)"
}

test_own_init_reaps() {
    need_tool busybox
    prepare
    execute 0 /bin/sh -c '(sleep 0 &) ; exec sleep 0'
}

test_defined_container() {
    make_container "$C1"
    expect 5 lxcpp-execute -n "$C1" -- /bin/testinit exit 5
    is "$(state_of "$C1")" STOPPED
}

test_user_and_group() {
    prepare
    expect 0 lxcpp-execute -n "$C1" -f "$SANDBOX/tmp/rc" -u 1000 -g 1000 -- /bin/testinit ids
    out_matches 'uid=1000 gid=1000'
}

test_command_from_config() {
    prepare 'lxc.execute.cmd = /bin/testinit exit 9'
    expect 9 lxcpp-execute -n "$C1" -f "$SANDBOX/tmp/rc"
}

test_define() {
    prepare
    expect 0 lxcpp-execute -n "$C1" -f "$SANDBOX/tmp/rc" -s lxc.uts.name=there -- /bin/testinit hostname
    out_has there
}

test_as_stock_lxc() {
    [ -n "$LXC_PEER" ] || skip "lxc is not installed"
    [ -e /usr/sbin/init.lxc.static ] || skip "lxc's static init is not installed"
    prepare
    local command code wanted
    for command in "exit 0" "exit 3" "kill 15"; do
        # shellcheck disable=SC2086
        timeout 30 lxc-execute -P "$SANDBOX/tmp" -n "$CASE_ID-p" -f "$SANDBOX/tmp/rc" -- /bin/testinit $command \
            </dev/null >/dev/null 2>"$SANDBOX/tmp/peer"
        wanted=$?
        [ $wanted = 1 ] && skip "stock lxc-execute does not start here: $(tail -1 "$SANDBOX/tmp/peer")"
        # shellcheck disable=SC2086
        run lxcpp-execute -n "$C1" -f "$SANDBOX/tmp/rc" -- /bin/testinit $command
        code=$?
        is $code $wanted "exit code of $command"
    done
    # Stock LXC leaves its cgroups on a hybrid host.
    find /sys/fs/cgroup -depth -type d -name "lxc.monitor.$CASE_ID-p*" -exec rmdir {} + 2>/dev/null
    find /sys/fs/cgroup -depth -type d -name "lxc.payload.$CASE_ID-p*" -exec rmdir {} + 2>/dev/null
    return 0
}

test_short_command_on_a_terminal() {
    need_tool script
    make_container "$C1"
    local round
    for round in 1 2 3 4 5 6 7 8; do
        expect 7 script -qec "lxcpp-execute -n $C1 -- /bin/testinit exit 7" /dev/null
    done
}

# Starts a command that says when it is there, and kills the tool with the signal.
code_after() {
    local number="$1" tool
    rm -f "$SANDBOX/tmp/fifo"
    mkfifo "$SANDBOX/tmp/fifo"
    lxcpp-execute -n "$C1" -f "$SANDBOX/tmp/rc" -- /bin/sh -c "${2:-echo ready; exec sleep 1000}" \
        </dev/null >"$SANDBOX/tmp/fifo" 2>/dev/null &
    tool=$!
    read -r -t 20 _ <"$SANDBOX/tmp/fifo"
    wait_state "$C1" RUNNING # before that these signals undo the start
    kill -"$number" "$tool"
    wait "$tool"
}

test_every_signal_reaches_the_command() {
    need_tool busybox
    prepare 'lxc.prlimit.core = 0'
    local signal number
    for signal in HUP INT QUIT ABRT USR1 USR2 ALRM TERM STKFLT IO VTALRM PROF XCPU RTMIN; do
        number=$(kill -l $signal)
        code_after "$number"
        is $? $((128 + number)) "exit code after SIG$signal"
    done
    # One that the command handles ends neither it nor the tool.
    code_after 10 'trap "exit 7" USR1; echo ready; while :; do sleep 0.1; done'
    is $? 7 "exit code of a command with a handler"
}

# The tool begins with these signals blocked, and one of each already there.
with_waiting() {
    local wanted="$1" signals="$2"
    shift 2
    expect "$wanted" python3 -c '
import os, signal, sys
numbers = {int(word) for word in sys.argv[1].split()}
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
for number in numbers:
    os.kill(os.getpid(), number)
os.execvp(sys.argv[2], sys.argv[2:])' "$signals" "$@"
}

test_early_signals_are_not_lost() {
    need_tool python3
    need_tool busybox
    prepare
    local round
    for round in 1 2 3 4 5; do
        with_waiting 138 10 lxcpp-execute -n "$C1" -f "$SANDBOX/tmp/rc" -- /bin/sleep 1000
        with_waiting 1 2 lxcpp-execute -n "$C1" -f "$SANDBOX/tmp/rc" -- /bin/sleep 1000
        err_has "interrupted by SIGINT"
        # From the command itself, before or after the tool heard that it runs.
        # shellcheck disable=SC2016
        run bash -c 'exec lxcpp-execute -n "$1" -f "$2" --share-pid 1 -- /bin/sh -c "kill -INT $$; exec sleep 1000"' \
            sh "$C1" "$SANDBOX/tmp/rc"
        case $? in
        1 | 130) ;;
        *) fail "the signal was lost" ;;
        esac
        is "$(lxcpp-ls -1 --active)" ""
    done
}
