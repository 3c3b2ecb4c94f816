# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Replays of known attacks of a hostile process inside on whoever manages its container: B, C and D
# rows of the catalogue. What is proven elsewhere: B3 of start, D1 (test_isolation.sh), C1 of start
# (test_start.sh), D3 and most of D2, B1 (test_attach.sh), C3 (tests/root/monitor/test_hostile_clients.cpp).
# shellcheck source=tests/system/canary.sh
source "$(dirname "${BASH_SOURCE[0]}")/canary.sh"

arm() { install -m 0755 "$LXCPP_ATTACKER" "$LXCPATH/$1/rootfs/bin/attacker"; }

# CVE-2016-9962, CVE-2016-8649, CVE-2019-5736: what can be seen of a process on its way in. Of an
# unprivileged container: root of a privileged one has CAP_SYS_PTRACE over everything in its pid namespace.
test_b4_b6_joining_process_is_hunted() {
    local round hunter
    canary_make
    sha256sum "$(dirname "$(command -v lxcpp-attach)")"/lxcpp-* "$LXCPP_LIBEXEC_DIR"/* >"$SANDBOX/tmp/sums"
    make_container "$C1"
    arm "$C1"
    start "$C1"
    lxcpp-attach -n "$C1" -- /bin/attacker hunt /hunted </dev/null >"$SANDBOX/tmp/found" 2>&1 &
    hunter=$!
    # Directories of the host that the caller has open are among what it must not find.
    exec 9<"$CANARY" 8<"$CANARY/secret"
    for round in {1..16}; do expect 0 lxcpp-attach -n "$C1" -- /bin/true; done
    exec 9<&- 8<&-
    touch "$LXCPATH/$C1/rootfs/hunted"
    wait $hunter
    OUT=$(<"$SANDBOX/tmp/found")
    out_has looks
    is "$(grep -c -v '^looks' "$SANDBOX/tmp/found")" 0 "things of the host that were reached"
    sha256sum -c --quiet "$SANDBOX/tmp/sums" || fail "a program of ours changed"
}

# CVE-2019-5736: a program of the container that is our program again.
test_b6_interpreter_is_proc_self_exe() {
    local flavour verb root
    sha256sum "$(dirname "$(command -v lxcpp-attach)")"/lxcpp-* "$LXCPP_LIBEXEC_DIR"/* >"$SANDBOX/tmp/sums"
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1"
        root="$LXCPATH/$C1/rootfs"
        printf '#!/proc/self/exe\n' >"$root/bin/again" && chmod 0755 "$root/bin/again"
        ln -s /proc/self/exe "$root/bin/link"
        for verb in again link; do
            RUN_TIMEOUT=20 run lxcpp-start -n "$C1" -F -- /bin/$verb
            start "$C1"
            RUN_TIMEOUT=20 run lxcpp-attach -n "$C1" -- /bin/$verb --help
            # What an unprivileged container runs then it cannot write to.
            [[ -z "$flavour" || "$OUT$ERR" != *"Usage: lxcpp-"* ]] || fail "the container ran lxcpp-attach by $verb"
            stop "$C1"
            RUN_TIMEOUT=20 run lxcpp-execute -n "$C1" -- /bin/$verb --help
            [[ "$OUT$ERR" != *"Usage: lxcpp-"* ]] || fail "the container ran lxcpp-execute by $verb"
        done
        sha256sum -c --quiet "$SANDBOX/tmp/sums" || fail "$flavour: a program of ours changed"
        lxcpp-destroy -f -n "$C1"
    done
}

host_programs() { stat -L -c '%d:%i' "$(dirname "$(command -v lxcpp-attach)")"/lxcpp* "$LXCPP_LIBEXEC_DIR"/*; }

# CVE-2019-5736 by root of a privileged container, who may look into all that it sees.
test_b6_attach_to_a_privileged_container() {
    local path round seizer
    CREATE_OPTIONS=--privileged make_container "$C1"
    arm "$C1"
    start "$C1"
    lxcpp-attach -n "$C1" -- /bin/attacker seize /until </dev/null >"$SANDBOX/tmp/seized" 2>&1 &
    seizer=$!
    # Directories that are not there keep an attached process in sight for long before it runs its program.
    path=$(printf '/none/%s:' {1..5000})/bin
    for round in {1..40}; do expect 0 lxcpp-attach -n "$C1" -v "PATH=$path" -- true; done
    touch "$LXCPATH/$C1/rootfs/until"
    wait $seizer
    OUT=$(<"$SANDBOX/tmp/seized")
    out_has looks
    is "$(grep -c -x -F -f <(host_programs | sed 's/^/writable /') "$SANDBOX/tmp/seized")" 0 "programs of the host in reach"
}

# The process that becomes init waits for hooks of the container's, and its program may be /proc/self/exe.
test_b6_start_of_a_privileged_container() {
    CREATE_OPTIONS=--privileged make_container "$C1" 'lxc.hook.start = /bin/attacker init-exe /seen'
    arm "$C1"
    start "$C1"
    is "$(<"$LXCPATH/$C1/rootfs/seen")" EACCES "what a hook sees of the process that becomes init"
    stop "$C1"
    ln -s /proc/self/exe "$LXCPATH/$C1/rootfs/bin/link"
    RUN_TIMEOUT=60 run lxcpp-start -n "$C1" -F -- /bin/link --version
    [[ "$OUT$ERR" != *lxcpp-start* ]] || fail "the container ran a program of the host: $OUT$ERR"
    # Still told what is wrong.
    run lxcpp-start -n "$C1" -- /bin/none
    differs $? 0 "exit code of a start without a program"
    err_has "no such program in the container's root file system"
}

# CVE-2015-1334, -2019-16884, -2025-52881: a fake /proc does not loosen what attach applies.
test_b1_b2_fake_proc() {
    local before file
    make_busybox_container "$C1" 'lxc.cap.drop = sys_time' 'lxc.no_new_privs = 1'
    start "$C1"
    before=$(grep -E '^(Cap|NoNewPrivs|Seccomp:)' "/proc/$(init_pid "$C1")/status")
    attach "$C1" /bin/testinit status
    is "$(grep -E '^(Cap|NoNewPrivs|Seccomp:)' <<<"$OUT")" "$before" "restrictions of an attached program, as of init"
    # What attach could ask there, answered by the container; a link to another file of procfs among it.
    attach "$C1" /bin/sh -c 'mkdir /kept && mount -o bind /proc /kept && mount -t tmpfs none /proc && mkdir -p /proc/self/attr /proc/self/fd /proc/self/ns &&
        echo 9 >/proc/self/status && ln -s /kept/self/setgroups /proc/self/attr/exec && ln -s / /proc/self/fd/0 && ln -s /kept/1/ns/mnt /proc/self/ns/mnt'
    expect 0 lxcpp-attach -n "$C1" -- /bin/testinit cat /kept/self/status
    is "$(grep -E '^(Cap|NoNewPrivs|Seccomp:)' <<<"$OUT")" "$before" "restrictions with a fake /proc"
    expect 0 lxcpp-info -n "$C1"
    out_has RUNNING
}

# CVE-2019-14271, CVE-2022-1227: a process of ours that is inside loads and runs nothing of the container.
test_b5_nothing_of_the_container_is_loaded() {
    need_tool strace
    local user
    make_container "$C1"
    printf 'passwd: planted files\n' >"$LXCPATH/$C1/rootfs/etc/nsswitch.conf"
    RUN_TIMEOUT=60 run strace -f -o "$SANDBOX/tmp/trace" -e trace=execve,execveat lxcpp-start -F -n "$C1" -- /bin/testinit exit 0
    is $? 0 "exit code of start"
    is "$(grep -c 'execve("/bin/testinit"' "$SANDBOX/tmp/trace")" 1 "execs of init"
    is "$(grep -v -e '/bin/testinit"' -e "$LXCPP_TEST_STAGE" -e '^[0-9]* *[-+<]' "$SANDBOX/tmp/trace")" '' "programs that are neither ours nor init"
    start "$C1"
    for user in '' '-u 1000'; do
        # shellcheck disable=SC2086
        RUN_TIMEOUT=60 run strace -f -o "$SANDBOX/tmp/trace" -e trace=setns,open,openat,openat2,execve,execveat lxcpp-attach -n "$C1" $user -- /bin/testinit exit 0
        is $? 0 "exit code of attach $user"
        grep -q setns "$SANDBOX/tmp/trace" || fail "nothing was traced"
        # Whoever is not the tool itself, until the program.
        is "$(awk 'NR == 1 {tool = $1} $2 ~ /^execve/ && NR > 1 {program[$1] = 1} $1 != tool && !program[$1] && $2 ~ /^open/' "$SANDBOX/tmp/trace")" '' \
            "files that were opened inside"
    done
}

# CVE-2024-21626: a working directory that is not in the container's tree.
test_b3_attach_in_a_directory_of_the_host() {
    local flavour number reached
    canary_make
    # In a pid namespace of its own a container has no /proc/self for a process that is still joining.
    for flavour in '' --privileged 'lxc.namespace.keep = pid'; do
        CREATE_OPTIONS=${flavour:+--privileged} make_container "$C1" "${flavour##--privileged}"
        start "$C1"
        exec 9<"$CANARY/d"
        is "$(cd /proc/self/fd/9 && lxcpp-attach -n "$C1" -- /bin/testinit cwd 2>&1)" / "$flavour working directory of an attached program"
        # The same name exists inside, as a way out: through whatever is open in the joining process.
        mkdir -p "$LXCPATH/$C1/rootfs$(dirname "$CANARY")"
        reached=''
        for number in {3..20}; do
            ln -sfn "/proc/self/fd/$number" "$LXCPATH/$C1/rootfs$CANARY"
            # Where there is no path testinit has nothing to say.
            [ "$(cd "$CANARY" && lxcpp-attach -n "$C1" -- /bin/testinit cwd 2>&1)" = / ] || reached+="$number "
        done
        exec 9<&-
        is "$reached" '' "$flavour working directories that were reached through a descriptor"
        lxcpp-destroy -f -n "$C1"
    done
}

# The leak of runc's CVE-2024-21626, for every flavour of start and attach.
test_c1_no_descriptor_of_the_caller() {
    local number flavour verb
    canary_make
    make_container "$C1" 'lxc.init.cmd = /bin/testinit fds pause'
    for number in {10..49}; do eval "exec $number<'$CANARY'"; done
    start "$C1"
    is "$(find "/proc/$(init_pid "$C1")/fd" -type l -printf '%f\n' | sort -n | tr '\n' ' ')" "0 1 2 " "descriptors of init"
    for flavour in '' -e "-s MOUNT|PID" "-u 1000" --clear-env; do
        # shellcheck disable=SC2086
        expect 0 lxcpp-attach -n "$C1" $flavour -- /bin/testinit fds
        out_is '0 1 2 '
    done
    stop "$C1"
    for verb in "lxcpp-start -F -n" "lxcpp-execute -n"; do
        expect 0 $verb "$C1" -- /bin/testinit fds
        out_has '0 1 2'
        out_lacks ' 3'
    done
    for number in {10..49}; do eval "exec $number<&-"; done
}

# CVE-2020-15257, CVE-2015-8222: nobody but the owner reaches the command socket.
test_c2_h4_command_socket_is_no_ones() {
    need_tool setpriv
    local socket
    CREATE_OPTIONS=--privileged make_container "$C1" 'lxc.net.0.type = none'
    arm "$C1"
    start "$C1"
    socket=$(find "$LXCPP_RUNTIME_DIR" -name socket)
    [ -S "$socket" ] || fail "no command socket found"
    # With the host's network an abstract socket would be in reach; no socket of ours has such a name.
    is "$(awk '$8 ~ /^@/ && /lxc/' /proc/net/unix | grep -c -F "$CASE_ID")" 0 "abstract sockets"
    is "$(find "$LXCPP_RUNTIME_DIR" -type d ! -perm 0700 | wc -l)" 0 "runtime directories that others may enter"
    expect 0 setpriv --reuid 65534 --regid 65534 --clear-groups "$LXCPP_ATTACKER" connect "$socket"
    out_is ''
    attach "$C1" /bin/attacker connect "$socket"
    out_is ''
    # Where the directory does not protect it, the credentials of the peer do.
    chmod 0711 "$LXCPP_RUNTIME_DIR" "$(dirname "$(dirname "$socket")")" "$(dirname "$socket")"
    chmod 0777 "$socket"
    run setpriv --reuid 65534 --regid 65534 --clear-groups env LXCPP_STATE_DIR="$LXCPP_STATE_DIR" lxcpp-stop -k -n "$C1"
    differs $? 0 "exit code of nobody's stop"
    chmod 0700 "$LXCPP_RUNTIME_DIR" "$(dirname "$(dirname "$socket")")" "$(dirname "$socket")"
    is "$(state_of "$C1")" RUNNING "state after nobody's stop"
    chmod 0711 "$LXCPP_RUNTIME_DIR" "$(dirname "$(dirname "$socket")")" "$(dirname "$socket")"
    expect 0 setpriv --reuid 65534 --regid 65534 --clear-groups "$LXCPP_ATTACKER" hello "$socket"
    out_has "may not command this container"
    chmod 0700 "$LXCPP_RUNTIME_DIR" "$(dirname "$(dirname "$socket")")" "$(dirname "$socket")"
    # Whatever the caller's umask is.
    stop "$C1"
    (umask 0 && lxcpp-start -n "$C1") || fail "start"
    is "$(find "$LXCPP_RUNTIME_DIR" ! -type l -perm /077 ! -name 'lock' -printf '%P %m ')" '' "what others may touch below the runtime directory"
}

# CVE-2016-10124: keystrokes pushed into the administrator's shell.
test_c4_no_typing_into_the_callers_terminal() {
    need_tool script
    local flavour
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1"
        arm "$C1"
        start "$C1"
        # What is typed would be read by the shell that attach was called from.
        printf '#!/bin/bash\nlxcpp-attach -n %s -- /bin/attacker type $'"'"'touch %s\\n'"'"'\nread -r -t 0.2 line && echo "SHELL READ $line"\ntrue\n' \
            "$C1" "$SANDBOX/tmp/typed" >"$SANDBOX/tmp/shell"
        chmod 0755 "$SANDBOX/tmp/shell"
        timeout 30 script -qec "$SANDBOX/tmp/shell" /dev/null </dev/null >"$SANDBOX/tmp/typescript" 2>&1
        OUT=$(<"$SANDBOX/tmp/typescript")
        out_has "TIOCSTI E"
        out_lacks "SHELL READ"
        [ ! -e "$SANDBOX/tmp/typed" ] || fail "$flavour: a command was typed into the caller's shell"
        lxcpp-destroy -f -n "$C1"
    done
}

# Names that a container chooses, on the administrator's terminal.
test_c5_names_with_escapes() {
    local verb
    make_busybox_container "$C1"
    start "$C1"
    attach "$C1" /bin/sh -c "hostname \$(printf 'h\\033]0;x\\007\\302\\233')" 2>/dev/null
    printf 'lxc.group = g\033[2J\302\2332J\342\200\256x\n' >>"$LXCPATH/$C1/config"
    for verb in "ls -f" "ls -1" "ls -f --nesting" "info -n $C1" "inventory list"; do
        # shellcheck disable=SC2086
        run lxcpp-$verb
        [[ "$OUT$ERR" != *$'\033'* ]] || fail "lxcpp-$verb prints ESC"
        [[ "$OUT$ERR" != *$'\302\233'* ]] || fail "lxcpp-$verb prints a C1 control"
        [[ "$OUT$ERR" != *$'\342\200\256'* ]] || fail "lxcpp-$verb prints a bidirectional override"
    done
    # A value goes byte for byte into a pipe, but not onto a terminal; a message never quotes it raw.
    expect 0 lxcpp-config -n "$C1" get lxc.group
    out_is $'g\033[2J\302\2332J\342\200\256x'
    need_tool script
    printf 'lxc.no\033[2Jkey = 1\n' >"$SANDBOX/tmp/bad"
    for verb in "config -n $C1 get lxc.group" "config -n $C1 show" "config -n $C1 show --origin" "info -n $C1 -c lxc.group" \
        "start -n $C1 --print-plan" "start -n $C2 -f $SANDBOX/tmp/bad" "config -f $SANDBOX/tmp/bad lint"; do
        timeout 30 script -qec "lxcpp-$verb" /dev/null </dev/null >"$SANDBOX/tmp/typescript" 2>&1
        OUT=$(<"$SANDBOX/tmp/typescript")
        [ -n "$OUT" ] || fail "lxcpp-$verb prints nothing"
        [[ "$OUT" != *$'\033'* ]] || fail "lxcpp-$verb prints ESC on a terminal"
        [[ "$OUT" != *$'\302\233'* ]] || fail "lxcpp-$verb prints a C1 control on a terminal"
    done
}

# CVE-2022-2989 and others: exactly the groups that were asked for.
test_d2_groups_by_user_and_configuration() {
    need_tool setpriv
    local flavour groups user wanted
    for flavour in '' --privileged; do
        for groups in '' '29' '29,1000'; do
            CREATE_OPTIONS=$flavour make_container "$C1" ${groups:+"lxc.init.groups = $groups"} 'lxc.init.cmd = /bin/testinit pause'
            expect 0 setpriv --groups 4,24 lxcpp-start -n "$C1"
            wanted=$(tr ',' '\n' <<<"$groups" | awk -v base="$(awk '{print $2}' "/proc/$(init_pid "$C1")/gid_map")" 'NF {printf "%d ", $1 + base}')
            is "$(awk '/^Groups:/ {$1 = ""; print}' "/proc/$(init_pid "$C1")/status" | xargs)" "$(xargs <<<"$wanted")" "$flavour groups of init with '$groups'"
            for user in '' '-u 1000' '-u 1000 -g 1000'; do
                # shellcheck disable=SC2086
                expect 0 setpriv --groups 4,24 lxcpp-attach -n "$C1" $user -- /bin/testinit ids
                out_matches 'groups=$'
            done
            lxcpp-destroy -f -n "$C1"
        done
    done
}

# CVE-2026-30892, -2024-40635, -2016-3697: a user that is no number, or wraps, and is root in the image's /etc/passwd.
test_d3_user_ids_are_exact() {
    local user option verb
    local -a wrong=(0x0 0x1 ' 1' '1 ' +1 -0 -1 1: 1e0 1.5 4294967295 4294967296 4294967297 18446744073709551616 99999999999 user '')
    CREATE_OPTIONS=--privileged make_container "$C1"
    for user in "${wrong[@]}" 1; do printf '%s:x:0:0::/:/bin/sh\n' "$user" >>"$LXCPATH/$C1/rootfs/etc/passwd"; done
    sed 's/:0::.*/:/' "$LXCPATH/$C1/rootfs/etc/passwd" >"$LXCPATH/$C1/rootfs/etc/group"
    for verb in execute attach; do
        [ $verb = execute ] || start "$C1"
        for user in "${wrong[@]}"; do
            for option in -u -g; do
                run lxcpp-$verb -n "$C1" "$option" "$user" -- /bin/testinit ids
                differs $? 0 "exit code of lxcpp-$verb $option '$user'"
                out_lacks uid
            done
        done
        for user in 1 2147483648 4294967294; do
            expect 0 lxcpp-$verb -n "$C1" -u "$user" -- /bin/testinit ids
            out_has "uid=$user gid=0"
            expect 0 lxcpp-$verb -n "$C1" -g "$user" -- /bin/testinit ids
            out_has "uid=0 gid=$user"
        done
    done
}

# crun#1357, podman#20765: what protects the monitor does not reach the container, after a reboot either.
test_d5_oom_score_and_limits_after_a_reboot() {
    make_container "$C1" 'lxc.proc.oom_score_adj = 300'
    (ulimit -n 512 && umask 077 && lxcpp-start -n "$C1" -- /bin/testinit reboot-once /rebooted touch /second pause) || fail "start"
    until [ -e "$LXCPATH/$C1/rootfs/second" ]; do wait_state "$C1" 'RUNNING|STARTING|STOPPING'; done
    wait_state "$C1" RUNNING
    is "$(<"/proc/$(init_pid "$C1")/oom_score_adj")" 300 "oom_score_adj after a reboot"
    is "$(awk '/^Umask:/ {print $2}' "/proc/$(init_pid "$C1")/status")" 0022 "umask after a reboot"
}

# A program that attach starts is held by the container's limits.
test_d6_attached_program_is_capped() {
    local group
    make_busybox_container "$C1" 'lxc.cgroup.pids.max = 20' 'lxc.cgroup2.pids.max = 20'
    start "$C1"
    run lxcpp-attach -n "$C1" -- /bin/sh -c 'i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done; ls -d /proc/[0-9]* | wc -l'
    [[ "$OUT$ERR" == *[Cc]an?t\ fork* || "$OUT$ERR" == *Resource* ]] || fail "40 programs ran in a group of 20"
    group=$(lxcpp-cgroup -n "$C1" pids.max)
    is "$group" 20 pids.max
}
