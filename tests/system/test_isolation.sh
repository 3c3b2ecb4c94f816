# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# What holds a payload in, as seen by itself and by the host.

field() { awk -v name="$2:" '$1 == name {$1 = ""; print substr($0, 2)}' "/proc/$1/status"; }
bit() { echo $((16#$1 >> $2 & 1)); }

test_inheritable_capabilities_of_the_caller_stay_out() {
    need_tool capsh
    local flavour which
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1" 'lxc.cap.drop = sys_admin net_raw'
        expect 0 capsh --inh=cap_sys_admin,cap_net_raw,cap_chown --addamb=cap_net_raw -- -c "lxcpp-start -n $C1"
        for which in CapInh CapAmb; do
            is "$(field "$(init_pid "$C1")" $which)" 0000000000000000 "$flavour $which of init"
        done
        is "$(bit "$(field "$(init_pid "$C1")" CapEff)" 21)" 0 "$flavour CAP_SYS_ADMIN of init"
        is "$(bit "$(field "$(init_pid "$C1")" CapPrm)" 13)" 0 "$flavour CAP_NET_RAW of init"
        for which in '' -e; do
            # shellcheck disable=SC2086
            expect 0 capsh --inh=cap_sys_admin,cap_net_raw,cap_chown --addamb=cap_net_raw -- -c "lxcpp-attach $which -n $C1 -- /bin/testinit caps"
            out_matches $'CapInh:\t0000000000000000'
            out_matches $'CapAmb:\t0000000000000000'
        done
        expect 0 capsh --inh=cap_sys_admin --addamb=cap_sys_admin -- -c "lxcpp-attach -n $C1 -- /bin/testinit caps"
        [[ "$OUT" =~ CapEff:[[:space:]]*([0-9a-f]+) ]] || fail "no CapEff"
        is "$(bit "${BASH_REMATCH[1]}" 21)" 0 "$flavour CAP_SYS_ADMIN of an attached program"
        lxcpp-destroy -f -n "$C1"
    done
}

# The container's own program must not run with more than its init will have.
test_start_hook_is_confined() {
    printf '2\ndenylist\nsched_yield errno 42\n' >"$SANDBOX/tmp/policy"
    CREATE_OPTIONS=--privileged make_container "$C1" 'lxc.cap.drop = sys_admin' "lxc.seccomp.profile = $SANDBOX/tmp/policy" \
        'lxc.no_new_privs = 1' 'lxc.hook.start = /bin/hook one'
    printf '#!/bin/sh\n{ echo "$@"; cat /proc/self/status; ls /proc/self/fd; } >/hook.log\n' >"$LXCPATH/$C1/rootfs/bin/hook"
    chmod 0755 "$LXCPATH/$C1/rootfs/bin/hook"
    start "$C1"
    OUT=$(<"$LXCPATH/$C1/rootfs/hook.log")
    out_has "one $C1 lxc start"
    out_matches $'Seccomp:\t2'
    out_matches $'NoNewPrivs:\t1'
    [[ "$OUT" =~ CapEff:[[:space:]]*([0-9a-f]+) ]] || fail "no CapEff"
    is "$(bit "${BASH_REMATCH[1]}" 21)" 0 "CAP_SYS_ADMIN of the start hook"
    stop "$C1"
    rm "$LXCPATH/$C1/rootfs/bin/hook"
    expect 1 lxcpp-start -n "$C1"
    err_has /bin/hook
    err_is_one_line
}

# Between init's death and its reaping it has no namespaces: an attach must not take that for the host's.
test_attach_to_a_dying_container_stays_off_the_host() {
    make_container "$C1"
    start "$C1"
    local init monitor
    init=$(init_pid "$C1")
    monitor=$(awk '{print $4}' "/proc/$init/stat")
    kill -STOP "$monitor"
    kill -KILL "$init"
    until [ "$(awk '{print $3}' "/proc/$init/stat")" = Z ]; do :; done
    run timeout 20 lxcpp-attach -n "$C1" -e -- "$LXCPP_TESTINIT" touch "$SANDBOX/tmp/escaped"
    is $? 1 "exit code of an attach to a dead init"
    [ ! -e "$SANDBOX/tmp/escaped" ] || fail "the command ran on the host"
    err_is_one_line
    kill -CONT "$monitor"
    wait_state "$C1" STOPPED
}

test_attach_races_with_stop() { # 300 s
    local round number pids bad=0 code
    mkdir "$SANDBOX/tmp/marks"
    for round in 1 2 3 4 5; do
        [ -d "$LXCPATH/$C1" ] || make_container "$C1"
        start "$C1"
        pids=()
        for number in {1..8}; do
            # Inside there is no such directory: only on the host could it leave a mark.
            timeout 60 lxcpp-attach -n "$C1" -e -- /bin/testinit touch "$SANDBOX/tmp/marks/$round.$number" \
                </dev/null >"$SANDBOX/tmp/race.$number" 2>&1 &
            pids+=($!)
        done
        lxcpp-stop -k -n "$C1" || fail "stop"
        for number in {1..8}; do
            wait "${pids[number - 1]}"
            code=$?
            case $code in 1 | 99 | 137) ;; *) bad=$((bad + 1)); echo "attach exit code $code: $(<"$SANDBOX/tmp/race.$number")" ;; esac
        done
    done
    is $bad 0 "attaches with an unexpected end"
    is "$(find "$SANDBOX/tmp/marks" -type f | wc -l)" 0 "commands that ran on the host"
}

test_several_map_lines() {
    make_container "$C1" 'lxc.idmap = u 0 300000 1000' 'lxc.idmap = g 0 300000 1000' \
        'lxc.idmap = u 1000 400000 1' 'lxc.idmap = g 1000 500000 1' 'lxc.idmap = u 2000 301000 10' 'lxc.idmap = g 2000 301000 10'
    start "$C1"
    attach "$C1" /bin/testinit uid-map gid-map
    is "$(tr -s ' ' <<<"$OUT" | sed 's/^ //' | tr '\n' ';')" \
        "0 300000 1000;1000 400000 1;2000 301000 10;0 300000 1000;1000 500000 1;2000 301000 10;" maps
    attach "$C1" /bin/sh -c 'touch /tmp/of-root'
    expect 0 lxcpp-attach -n "$C1" -u 1000 -g 1000 -- /bin/sh -c 'touch /tmp/of-user; stat -c %u:%g /tmp/of-user'
    out_is 1000:1000
    expect 1 lxcpp-attach -n "$C1" -u 1001 -- /bin/true
    err_has 1001
    expect 0 lxcpp-attach -n "$C1" -u 2009 -g 2009 -- /bin/testinit ids
    out_matches '^uid=2009 gid=2009'
    local init
    init=$(init_pid "$C1")
    is "$(stat -c %u:%g "/proc/$init")" 300000:300000 "owner of init on the host"
}

test_time_and_cgroup_views() {
    make_container "$C1" 'lxc.time.offset.monotonic = 10h' 'lxc.time.offset.boot = -1s'
    start "$C1"
    attach "$C1" /bin/testinit cat /proc/self/timens_offsets cat /proc/self/cgroup
    out_matches 'monotonic +36000 '
    out_matches 'boottime +-1 '
    is "$(grep -c ':/$' <<<"$OUT")" "$(grep -c '' /proc/self/cgroup)" "hierarchies seen as their root"
}

test_kept_and_chosen_namespaces() {
    local name
    CREATE_OPTIONS=--privileged make_container "$C1"
    start "$C1" -s 'lxc.namespace.keep=uts ipc net'
    for name in uts ipc net; do
        is "$(readlink "/proc/$(init_pid "$C1")/ns/$name")" "$(readlink "/proc/self/ns/$name")" "kept $name namespace"
    done
    for name in mnt pid cgroup time; do
        differs "$(readlink "/proc/$(init_pid "$C1")/ns/$name")" "$(readlink "/proc/self/ns/$name")" "$name namespace"
    done
    attach "$C1" /bin/testinit hostname
    out_is "$(hostname)"
    stop "$C1"
    start "$C1" -s 'lxc.namespace.clone=mnt pid uts'
    for name in uts mnt pid; do
        differs "$(readlink "/proc/$(init_pid "$C1")/ns/$name")" "$(readlink "/proc/self/ns/$name")" "$name namespace"
    done
    for name in ipc net; do
        is "$(readlink "/proc/$(init_pid "$C1")/ns/$name")" "$(readlink "/proc/self/ns/$name")" "$name namespace"
    done
    stop "$C1"
    expect 1 lxcpp-start -n "$C1" -s 'lxc.namespace.keep=mnt'
    err_has lxc.namespace.keep
}

test_shared_namespaces_of_every_kind() {
    local name
    make_container "$C1"
    start "$C1"
    # A neighbour's namespaces, by name, pid and path; of another user namespace, too.
    make_container "$C2"
    for name in net ipc uts; do
        run lxcpp-start -n "$C2" "--share-$name=$C1"
        [ $? = 0 ] || { fail "--share-$name for an unprivileged container"; continue; }
        is "$(readlink "/proc/$(init_pid "$C2")/ns/$name")" "$(readlink "/proc/$(init_pid "$C1")/ns/$name")" "$name namespace"
        stop "$C2"
    done
    # procfs is for the owner of the pid namespace.
    expect 1 lxcpp-start -n "$C2" "--share-pid=$C1"
    err_has lxc.mount.auto
    err_is_one_line
    start "$C2" "--share-pid=$C1" -s lxc.mount.auto=
    is "$(readlink "/proc/$(init_pid "$C2")/ns/pid")" "$(readlink "/proc/$(init_pid "$C1")/ns/pid")" "pid namespace"
    lxcpp-destroy -f -n "$C2"
    CREATE_OPTIONS=--privileged make_container "$C2"
    for name in net ipc uts pid cgroup time; do
        run lxcpp-start -n "$C2" -s "lxc.namespace.share.$name=$(init_pid "$C1")"
        [ $? = 0 ] || { fail "lxc.namespace.share.$name for a privileged container"; continue; }
        is "$(readlink "/proc/$(init_pid "$C2")/ns/$name")" "$(readlink "/proc/$(init_pid "$C1")/ns/$name")" "$name namespace"
        stop "$C2"
    done
    expect 1 lxcpp-start -n "$C2" -s "lxc.namespace.share.net=nobody-there"
    err_has nobody-there
    expect 1 lxcpp-start -n "$C2" -s "lxc.namespace.share.net=/no/such/file"
    err_has /no/such/file
}

test_shared_user_namespace_is_refused() {
    make_container "$C1"
    start "$C1"
    CREATE_OPTIONS=--privileged make_container "$C2"
    expect 1 lxcpp-start -n "$C2" -s "lxc.namespace.share.user=$C1"
    err_is_one_line
    err_has lxc.namespace.share.user
}

test_personality() {
    need_tool setarch
    make_container "$C1"
    start "$C1" -s lxc.arch=i686
    attach "$C1" /bin/testinit machine cat /proc/1/personality
    out_is $'i686\n00000008'
    stop "$C1"
    expect 0 setarch i686 lxcpp-start -n "$C1" -s lxc.arch=x86_64
    attach "$C1" /bin/testinit cat /proc/1/personality
    out_is 00000000
}

test_seccomp_formats() {
    # Version 1: numbers. 24 = sched_yield is left out; the rest of what testinit needs is in.
    { printf '1\nallowlist\n'; seq 0 23; seq 25 460; } >"$SANDBOX/tmp/v1"
    make_container "$C1"
    start "$C1" -s "lxc.seccomp.profile=$SANDBOX/tmp/v1"
    is "$(field "$(init_pid "$C1")" Seccomp)" 2 "seccomp mode"
    attach "$C1" /bin/testinit syscall 39
    out_is ok
    stop "$C1"
    # Version 2 with arguments and a default action; close_range(2) and openat2(2) unknown to it.
    printf '2\ndenylist allow\nclose_range errno 1\nopenat2 errno 1\npersonality errno 7 [0,8,SCMP_CMP_EQ]\n[all]\nsched_yield errno 95\n' >"$SANDBOX/tmp/v2"
    start "$C1" -s "lxc.seccomp.profile=$SANDBOX/tmp/v2"
    attach "$C1" /bin/testinit syscall 24
    out_is EOPNOTSUPP
    stop "$C1"
    start "$C1" -s lxc.seccomp.profile=none
    is "$(field "$(init_pid "$C1")" Seccomp)" "$(awk '/^Seccomp:/ {print $2}' /proc/self/status)" "seccomp mode with none"
    stop "$C1"
    expect 1 lxcpp-start -n "$C1" -s lxc.seccomp.profile=/no/such/profile
    err_has /no/such/profile
    printf '2\ndenylist\nno_such_call errno x\n' >"$SANDBOX/tmp/bad"
    expect 1 lxcpp-start -n "$C1" -s "lxc.seccomp.profile=$SANDBOX/tmp/bad"
    err_has "$SANDBOX/tmp/bad"
}

test_process_settings() {
    make_container "$C1" 'lxc.environment = BOTH=1' 'lxc.environment.runtime = RUN=2' 'lxc.environment.hooks = HOOK=3' \
        'lxc.proc.oom_score_adj = 500' 'lxc.prlimit.core = 0:1000' 'lxc.prlimit.nproc = 100' 'lxc.init.cwd = /made/for/it' \
        'lxc.init.cmd = /bin/testinit pause' 'lxc.sched.core = 1' "lxc.hook.pre-start = $SANDBOX/tmp/hook"
    printf '#!/bin/sh\nenv >%s\n' "$SANDBOX/tmp/hook.env" >"$SANDBOX/tmp/hook"
    chmod +x "$SANDBOX/tmp/hook"
    run lxcpp-start -n "$C1"
    local code=$?
    if [ $code != 0 ] && [[ "$ERR" == *core-scheduling* ]]; then
        start "$C1" -s lxc.sched.core=0
    else
        is $code 0 "exit code of the start"
    fi
    local init
    init=$(init_pid "$C1")
    OUT=$(tr '\0' '\n' <"/proc/$init/environ")
    out_has BOTH=1
    out_has RUN=2
    out_lacks HOOK=3
    OUT=$(<"$SANDBOX/tmp/hook.env")
    out_has BOTH=1
    out_has HOOK=3
    out_lacks RUN=2
    is "$(<"/proc/$init/oom_score_adj")" 500 "oom_score_adj"
    is "$(awk '/core file/ {print $5, $6}' "/proc/$init/limits")" "0 1000" "core limits"
    is "$(readlink "/proc/$init/cwd")" /made/for/it cwd
    attach "$C1" /bin/testinit env
    out_has RUN=2
    out_lacks HOOK=3
}

test_working_directory_that_leads_out_is_refused() {
    local fd
    make_container "$C1"
    exec 9<"$SANDBOX"
    for fd in 3 4 5 6 7 8 9 10 11 12; do
        run lxcpp-start -n "$C1" -s "lxc.init.cwd=/proc/self/fd/$fd"
        is $? 1 "exit code of a start in /proc/self/fd/$fd"
    done
    exec 9<&-
    is "$(state_of "$C1")" STOPPED
}

test_sysctl_without_auto_proc() {
    make_container "$C1" 'lxc.mount.auto =' 'lxc.sysctl.net.ipv4.ip_forward = 1'
    start "$C1"
    is "$(nsenter -t "$(init_pid "$C1")" -n cat /proc/sys/net/ipv4/ip_forward)" 1 ip_forward
    stop "$C1"
    start "$C1" -s 'lxc.mount.entry=proc proc proc nosuid,nodev,noexec 0 0'
    attach "$C1" /bin/testinit cat /proc/sys/net/ipv4/ip_forward
    out_is 1
    stop "$C1"
    expect 1 lxcpp-start -n "$C1" -s lxc.sysctl.no.such.thing=1
    err_has lxc.sysctl.no.such.thing
    err_is_one_line
}

# A privileged container's reboot(2) is its own, too.
test_privileged_reboot_and_halt_stay_inside() {
    CREATE_OPTIONS=--privileged make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit reboot-once /rebooted touch /second pause
    until [ -e "$LXCPATH/$C1/rootfs/second" ]; do wait_state "$C1" 'RUNNING|STARTING|STOPPING'; done
    wait_state "$C1" RUNNING
    stop "$C1"
    wait_state "$C1" STOPPED
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit halt
    wait_state "$C1" STOPPED
}

# What reaches the kernel of the host or devices of it.
test_privileged_container_has_no_way_to_the_host_kernel() {
    CREATE_OPTIONS=--privileged make_container "$C1"
    start "$C1"
    local number
    # init_module, delete_module, finit_module, kexec_load, kexec_file_load, open_by_handle_at,
    # iopl, acct
    for number in 175 176 313 246 320 304 172 163; do
        run lxcpp-attach -n "$C1" -- /bin/testinit syscall $number
        [[ "$OUT" == EPERM || "$OUT" == ENOSYS || "$OUT" == EACCES ]] || fail "system call $number: $OUT"
    done
}
