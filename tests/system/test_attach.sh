# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

test_standard_streams_are_byte_exact() {
    make_container "$C1"
    start "$C1"
    head -c 3000000 /dev/urandom >"$SANDBOX/tmp/in"
    timeout 30 lxcpp-attach -n "$C1" -- /bin/cat <"$SANDBOX/tmp/in" >"$SANDBOX/tmp/copy" || fail "exit code $?"
    cmp "$SANDBOX/tmp/in" "$SANDBOX/tmp/copy" || fail "bytes changed on the way"
    timeout 30 lxcpp-attach -n "$C1" -- /bin/sh -c 'echo out; echo err >&2' >"$SANDBOX/tmp/1" 2>"$SANDBOX/tmp/2" </dev/null
    is "$(<"$SANDBOX/tmp/1")" out
    is "$(<"$SANDBOX/tmp/2")" err
}

test_no_terminal_without_one() {
    make_container "$C1"
    start "$C1"
    attach "$C1" /bin/testinit ttys
    out_is "0=file 1=file 2=file "
}

test_terminal_is_a_new_pty() {
    need_tool script
    make_container "$C1"
    start "$C1"
    timeout 30 script -qec "lxcpp-attach -n $C1 -- /bin/testinit ttys" /dev/null </dev/null >"$SANDBOX/tmp/typescript" 2>&1
    OUT=$(<"$SANDBOX/tmp/typescript")
    out_has "0=tty 1=tty 2=tty"
}

test_inside_everything() {
    make_container "$C1"
    start "$C1"
    local name
    for name in user mnt pid uts ipc net cgroup; do
        attach "$C1" /bin/testinit namespace "$name"
        is "$OUT" "$(readlink "/proc/$(init_pid "$C1")/ns/$name")" "$name namespace"
    done
    attach "$C1" /bin/testinit ids
    out_matches '^uid=0 gid=0 '
    # In the container's cgroup: seen from inside it is the root or below.
    attach "$C1" /bin/testinit cgroup
    out_lacks "/../"
}

test_environment() {
    make_container "$C1" 'lxc.environment = FROM=config'
    start "$C1"
    export KEEP_ME=kept
    attach "$C1" /bin/testinit env
    out_has KEEP_ME=kept
    out_has container=lxc
    out_has FROM=config
    expect 0 lxcpp-attach -n "$C1" --clear-env -- /bin/testinit env
    out_lacks KEEP_ME
    out_has container=lxc
    out_has PATH=
    expect 0 lxcpp-attach -n "$C1" --clear-env --keep-var KEEP_ME -v NEW=1 -- /bin/testinit env
    out_has KEEP_ME=kept
    out_has NEW=1
    expect 0 lxcpp-attach -n "$C1" --clear-env -v NEW=1 -- /bin/testinit env
    is "$(sort <<<"$OUT" | cut -d= -f1 | tr '\n' ' ')" "FROM NEW PATH container " "variables"
}

test_user_and_group() {
    make_container "$C1"
    start "$C1"
    expect 0 lxcpp-attach -n "$C1" -u 1000 -g 1000 -- /bin/testinit ids
    out_matches '^uid=1000 gid=1000 '
    expect 1 lxcpp-attach -n "$C1" -u 70000 -- /bin/testinit ids
    err_has 70000
}

test_restrictions_are_the_containers() {
    make_container "$C1" 'lxc.cap.drop = sys_module sys_admin' 'lxc.no_new_privs = 1'
    start "$C1"
    attach "$C1" /bin/testinit caps no-new-privs
    [[ "$OUT" =~ CapBnd:[[:space:]]*([0-9a-f]+) ]] || fail "no CapBnd"
    is $((16#${BASH_REMATCH[1]} >> 21 & 1)) 0 "CAP_SYS_ADMIN"
    [[ "$OUT" == *$'\n1' ]] || fail "no_new_privs is not set"
    expect 0 lxcpp-attach -n "$C1" -e -- /bin/testinit caps
    [[ "$OUT" =~ CapBnd:[[:space:]]*([0-9a-f]+) ]] || fail "no CapBnd"
    is $((16#${BASH_REMATCH[1]} >> 21 & 1)) 1 "CAP_SYS_ADMIN with -e"
}

test_seccomp_is_the_containers() {
    printf '2\ndenylist\nsched_yield errno 42\n' >"$SANDBOX/tmp/policy"
    make_container "$C1" "lxc.seccomp.profile = $SANDBOX/tmp/policy"
    start "$C1"
    attach "$C1" /bin/testinit syscall 24
    out_is ENOMSG
    is "$(awk '/^Seccomp:/ {print $2}' "/proc/$(init_pid "$C1")/status")" 2 "seccomp mode of init"
}

test_chosen_namespaces() {
    make_container "$C1" 'lxc.uts.name = guest'
    start "$C1"
    expect 0 lxcpp-attach -n "$C1" -s UTSNAME -- "$LXCPP_TESTINIT" hostname
    out_is guest
    expect 0 lxcpp-attach -n "$C1" -s 'NETWORK|UTSNAME' -- "$LXCPP_TESTINIT" namespace mnt
    is "$OUT" "$(readlink /proc/self/ns/mnt)" "mount namespace"
    expect 1 lxcpp-attach -n "$C1" -s NONSENSE -- /bin/true
    err_has NONSENSE
}

test_remount_sys_proc() {
    make_container "$C1"
    start "$C1"
    expect 0 lxcpp-attach -n "$C1" -R -s 'PID|NETWORK' -- "$LXCPP_TESTINIT" cat /proc/1/comm
    is "$OUT" "$(<"/proc/$(init_pid "$C1")/comm")" "PID 1 in the remounted /proc"
}

test_options_without_effect_are_no_errors() {
    # As lxc-attach: with the container's mounts and the whole environment nothing is left to do.
    make_container "$C1"
    start "$C1"
    expect 0 lxcpp-attach -n "$C1" -R -- /bin/testinit exit 0
    expect 0 lxcpp-attach -n "$C1" -R -s MOUNT -- /bin/testinit exit 0
    export KEEP_ME=kept
    expect 0 lxcpp-attach -n "$C1" --keep-var KEEP_ME -- /bin/testinit env
    out_has KEEP_ME=kept
    expect 1 lxcpp-attach -n "$C1" -s "" -- /bin/testinit exit 0
    err_has "expected MOUNT"
    expect 127 lxcpp-attach -n "$C1" -- ""
}

test_rcfile() {
    make_container "$C1"
    start "$C1"
    printf 'lxc.environment = FROM=rcfile\n' >"$SANDBOX/tmp/rc"
    local option
    for option in "-f $SANDBOX/tmp/rc" "--rcfile=$SANDBOX/tmp/rc"; do
        # shellcheck disable=SC2086
        expect 0 lxcpp-attach -n "$C1" $option -- /bin/testinit env
        out_has FROM=rcfile
    done
    expect 1 lxcpp-attach -n "$C1" -f /no/such/file -- /bin/testinit exit 0
    err_has /no/such/file
}

test_default_shell() {
    make_container "$C1"
    start "$C1"
    echo 'echo shell runs as $(id -u)' >"$SANDBOX/tmp/in"
    timeout 20 lxcpp-attach -n "$C1" <"$SANDBOX/tmp/in" >"$SANDBOX/tmp/out" 2>"$SANDBOX/tmp/err" || fail "exit code $?"
    is "$(<"$SANDBOX/tmp/out")" "shell runs as 0"
}

test_signal_to_the_tool_ends_the_program() {
    make_container "$C1"
    start "$C1"
    lxcpp-attach -n "$C1" -- /bin/sh -c 'touch /waiting; exec sleep 600' </dev/null >/dev/null 2>&1 &
    local tool=$!
    until [ -e "$LXCPATH/$C1/rootfs/waiting" ]; do kill -0 $tool || break; done
    kill -TERM $tool
    wait $tool
    is $? 143 "exit code"
    attach "$C1" /bin/sh -c 'cat /proc/[0-9]*/comm'
    out_lacks sleep
    # One that handles the signal decides on its own.
    lxcpp-attach -n "$C1" -- /bin/sh -c 'trap "exit 9" TERM HUP; touch /trapped; while :; do sleep 0.1; done' </dev/null >/dev/null 2>&1 &
    tool=$!
    until [ -e "$LXCPATH/$C1/rootfs/trapped" ]; do kill -0 $tool || break; done
    kill -HUP $tool
    wait $tool
    is $? 9 "exit code of a program that handles the signal"
}

test_fifty_at_once() { # 300 s
    make_container "$C1"
    start "$C1"
    local number pids=() bad=0
    for number in {1..50}; do
        timeout 120 lxcpp-attach -n "$C1" -- /bin/testinit echo "number $number" exit $((number % 7)) \
            </dev/null >"$SANDBOX/tmp/out.$number" 2>&1 &
        pids+=($!)
    done
    for number in {1..50}; do
        wait "${pids[number - 1]}"
        [ $? = $((number % 7)) ] && [ "$(<"$SANDBOX/tmp/out.$number")" = "number $number" ] || bad=$((bad + 1))
    done
    is $bad 0 "attaches that went wrong"
}

test_fifty_at_once_carry_every_byte() { # 300 s
    need_tool busybox
    make_container "$C1"
    start "$C1"
    local number pids=() bad=0
    for number in {1..50}; do
        head -c 1048576 /dev/urandom >"$SANDBOX/tmp/in.$number"
    done
    for number in {1..50}; do
        timeout 200 lxcpp-attach -n "$C1" -- /bin/cat \
            <"$SANDBOX/tmp/in.$number" >"$SANDBOX/tmp/out.$number" 2>"$SANDBOX/tmp/err.$number" &
        pids+=($!)
    done
    for number in {1..50}; do
        wait "${pids[number - 1]}" && cmp -s "$SANDBOX/tmp/in.$number" "$SANDBOX/tmp/out.$number" &&
            [ ! -s "$SANDBOX/tmp/err.$number" ] || bad=$((bad + 1))
    done
    is $bad 0 "attaches that lost or changed something"
}

test_attach_works_while_frozen_is_thawed() {
    make_container "$C1"
    start "$C1"
    expect 0 lxcpp-freeze -n "$C1"
    is "$(state_of "$C1")" FROZEN
    expect 0 lxcpp-unfreeze -n "$C1"
    attach "$C1" /bin/testinit echo thawed
    out_is thawed
}

test_container_cannot_see_the_tool() {
    # The program that enters must not offer the container its own binary (CVE-2019-5736).
    make_container "$C1"
    start "$C1"
    cp "$(command -v busybox)" "$LXCPATH/$C1/rootfs/bin/probe" 2>/dev/null || skip "busybox is not installed"
    expect 0 lxcpp-attach -n "$C1" -- /bin/sh -c 'readlink /proc/self/exe'
    out_lacks lxcpp
    sha256sum "$(command -v lxcpp-attach)" >"$SANDBOX/tmp/sum"
    run lxcpp-attach -n "$C1" -- /proc/self/exe --help
    sha256sum -c --quiet "$SANDBOX/tmp/sum" || fail "the tool's binary changed"
}

test_frozen_container_is_told() {
    make_container "$C1"
    start "$C1"
    expect 0 lxcpp-freeze -n "$C1"
    expect 1 lxcpp-attach -n "$C1" -- /bin/testinit exit 0
    err_has lxcpp-unfreeze
    err_is_one_line
    # Outside its groups nothing stops it.
    expect 7 lxcpp-attach -n "$C1" --elevated-privileges=CGROUP -- /bin/testinit exit 7
    expect 0 lxcpp-unfreeze -n "$C1"
    attach "$C1" /bin/testinit exit 0
}

test_each_elevation() {
    printf '2\ndenylist\nsched_yield errno 42\n' >"$SANDBOX/tmp/policy"
    make_container "$C1" 'lxc.cap.drop = sys_admin' 'lxc.no_new_privs = 1' "lxc.seccomp.profile = $SANDBOX/tmp/policy"
    start "$C1"
    local words word own seccomp
    own=$(awk '/^Seccomp:/ {print $2}' /proc/self/status)
    for words in '' -e -eCAP -eCGROUP -eLSM '-eCAP|LSM' '-eCAP|CGROUP' '-eCGROUP|LSM'; do
        # shellcheck disable=SC2086
        expect 0 lxcpp-attach -n "$C1" $words -- /bin/testinit caps no-new-privs cgroup cat /proc/self/status
        [[ "$OUT" =~ CapBnd:[[:space:]]*([0-9a-f]+) ]] || fail "no CapBnd"
        word=no
        [[ "$words" == -e || "$words" == *CAP* ]] && word=yes
        is "$((16#${BASH_REMATCH[1]} >> 21 & 1))" $([ $word = yes ] && echo 1 || echo 0) "CAP_SYS_ADMIN with '$words'"
        word=no
        [[ "$words" == -e || "$words" == *CGROUP* ]] && word=yes
        [[ "$OUT" == *:/../* || "$OUT" == *:/..$'\n'* ]] && is $word yes "in the caller's cgroups with '$words'" || is $word no "in the container's cgroups with '$words'"
        [[ "$OUT" =~ Seccomp:[[:space:]]*([0-9]) ]] && seccomp=${BASH_REMATCH[1]}
        [[ "$OUT" =~ NoNewPrivs:[[:space:]]*([0-9]) ]]
        if [[ "$words" == -e || "$words" == *LSM* ]]; then
            is "$seccomp ${BASH_REMATCH[1]}" "$own 0" "seccomp and no_new_privs with '$words'"
        else
            is "$seccomp ${BASH_REMATCH[1]}" "2 1" "seccomp and no_new_privs with '$words'"
        fi
    done
    expect 1 lxcpp-attach -n "$C1" '-eCAP|NONE' -- /bin/true
    err_has NONE
}

test_in_the_payload_group_of_every_hierarchy() {
    make_container "$C1"
    start "$C1"
    lxcpp-attach -n "$C1" -- /bin/sh -c 'echo in >/tmp/in; exec sleep 600' </dev/null >/dev/null 2>&1 &
    local tool=$! child more
    until [ -e "$LXCPATH/$C1/rootfs/tmp/in" ]; do kill -0 $tool || break; done
    # The process that joined goes away beside the program that it has made.
    until read -r child more < <(cat "/proc/$tool/task/$tool/children"; echo) && [ -n "$child" ] && [ -z "$more" ]; do
        kill -0 $tool || break
    done
    is "$(<"/proc/$child/cgroup")" "$(<"/proc/$(init_pid "$C1")/cgroup")" "cgroups of the attached program"
    kill -TERM $tool
    wait $tool
}

test_supplementary_groups_do_not_come_along() {
    need_tool setpriv
    make_container "$C1"
    start "$C1"
    expect 0 setpriv --groups 4,24,27 lxcpp-attach -n "$C1" -- /bin/testinit ids
    out_is 'uid=0 gid=0 groups='
    expect 0 setpriv --groups 4,24,27 lxcpp-attach -n "$C1" -u 1000 -- /bin/testinit ids
    out_is 'uid=1000 gid=0 groups='
    local bad
    for bad in -1 2147483648 4294967295 4294967296 1: 99999999999 root; do
        run lxcpp-attach -n "$C1" -u "$bad" -- /bin/testinit ids
        is $? 1 "exit code with -u '$bad'"
        out_is ''
    done
}

test_proc_that_the_container_covers() {
    # Restrictions do not depend on what the container shows as /proc.
    make_busybox_container "$C1" 'lxc.cap.drop = sys_time' 'lxc.no_new_privs = 1'
    start "$C1"
    attach "$C1" /bin/sh -c 'mount -t tmpfs none /proc && mkdir -p /proc/self/attr /proc/self/ns && touch /proc/self/attr/exec'
    expect 0 lxcpp-attach -n "$C1" -- /bin/testinit no-new-privs ids
    out_is $'1\nuid=0 gid=0 groups='
}

# Redirected, it has no terminal: the caller's must not be one behind its back.
test_callers_terminal_is_out_of_reach() {
    need_tool script
    make_busybox_container "$C1"
    start "$C1"
    cat >"$SANDBOX/tmp/inner" <<I
lxcpp-attach -n $C1 -- /bin/sh -c 'echo typed >/dev/tty' </dev/null >$SANDBOX/tmp/seen 2>&1
echo "code \$?" >>$SANDBOX/tmp/seen
# The twin: without a container in between it is there.
sh -c 'echo here >/dev/tty' </dev/null >/dev/null 2>&1 && echo "twin" >>$SANDBOX/tmp/seen
I
    timeout 30 script -qec "sh $SANDBOX/tmp/inner" /dev/null >"$SANDBOX/tmp/typescript" 2>&1 </dev/null
    OUT=$(<"$SANDBOX/tmp/seen")
    out_has "code 1"
    out_has twin
    grep -q typed "$SANDBOX/tmp/typescript" && fail "the program wrote to the caller's terminal"
    return 0
}

# What a privileged container can see goes on as lxcpp-enter, which then has to do what the joining process would.
test_privileged_container_of_a_profile() {
    local before
    CREATE_OPTIONS=--privileged make_container "$C1" "lxc.seccomp.profile = $LXCPP_DATA_DIR/config/common.seccomp" \
        'lxc.cap.drop = sys_admin setuid setgid sys_ptrace' 'lxc.no_new_privs = 1'
    start "$C1"
    before=$(grep -E '^(Cap|NoNewPrivs|Seccomp:)' "/proc/$(init_pid "$C1")/status")
    attach "$C1" /bin/testinit status
    is "$(grep -E '^(Cap|NoNewPrivs|Seccomp:)' <<<"$OUT")" "$before" "restrictions of an attached program, as of init"
    expect 0 lxcpp-attach -n "$C1" -u 1000 -g 1001 -- /bin/testinit ids
    out_matches 'uid=1000.*gid=1001.*groups=$'
    attach "$C1" /bin/testinit fds
    out_is '0 1 2 '
    expect 7 lxcpp-attach -n "$C1" -- /bin/testinit exit 7
    expect 127 lxcpp-attach -n "$C1" -- /bin/none
    err_has "No such file or directory"
    expect 126 lxcpp-attach -n "$C1" -- /proc
    err_has "Permission denied"
    expect 127 lxcpp-attach -n "$C1" -- none-such
}
