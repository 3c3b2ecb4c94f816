# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

test_namespaces_are_all_new() {
    make_container "$C1"
    start "$C1"
    local name
    for name in user mnt pid uts ipc net cgroup time; do
        [ -e "/proc/self/ns/$name" ] || continue
        differs "$(readlink "/proc/$(init_pid "$C1")/ns/$name")" "$(readlink "/proc/self/ns/$name")" "$name namespace"
    done
}

test_foreground() {
    make_container "$C1"
    expect 0 lxcpp-start -F -n "$C1" -- /bin/testinit echo from-the-inside
    out_has from-the-inside
    is "$(state_of "$C1")" STOPPED
}

test_command_line_replaces_init() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit touch /ran pause
    [ -e "$LXCPATH/$C1/rootfs/ran" ] || wait_state "$C1" RUNNING
    is "$(state_of "$C1")" RUNNING
}

test_define_overrides_config() {
    make_container "$C1" 'lxc.uts.name = file'
    start "$C1" -s lxc.uts.name=defined
    attach "$C1" /bin/testinit hostname
    out_is defined
    stop "$C1"
    start "$C1"
    attach "$C1" /bin/testinit hostname
    out_is file
    stop "$C1"
    expect 1 lxcpp-start -n "$C1" -s lxc.no.such=1
    err_has lxc.no.such
    expect 1 lxcpp-start -n "$C1" -s no-equals-sign
}

test_rcfile_for_undefined_container() {
    make_rootfs "$SANDBOX/tmp/rootfs"
    printf '%s\n' "lxc.rootfs.path = dir:$SANDBOX/tmp/rootfs" 'lxc.net.0.type = empty' 'lxc.mount.auto = proc' >"$SANDBOX/tmp/rc"
    start "$C1" -f "$SANDBOX/tmp/rc"
    attach "$C1" /bin/testinit echo here
    out_is here
    expect 0 lxcpp-ls --active -1
    out_is "$C1"
    stop "$C1"
}

test_pid_file() {
    make_container "$C1"
    start "$C1" -p "$SANDBOX/tmp/pid"
    local pid
    pid=$(<"$SANDBOX/tmp/pid")
    is "$(awk '{print $4}' "/proc/$(init_pid "$C1")/stat")" "$pid" "parent of init"
}

test_print_plan_starts_nothing() {
    make_container "$C1"
    expect 0 lxcpp-start --print-plan -n "$C1"
    out_has proc
    is "$(state_of "$C1")" STOPPED
}

test_environment_is_clean() {
    make_container "$C1" 'lxc.environment = ONE=1' 'lxc.environment = TWO=two words'
    SECRET=host expect 0 lxcpp-start -n "$C1" -- /bin/testinit env pause
    local seen
    seen=$(tr '\0' '\n' <"/proc/$(init_pid "$C1")/environ")
    OUT="$seen"
    out_has container=lxc
    out_has ONE=1
    out_has "TWO=two words"
    out_lacks SECRET
    out_lacks LXCPP_
}

test_only_standard_descriptors_inside() {
    make_container "$C1"
    exec 7</etc/hostname 8<"$SANDBOX"
    start "$C1"
    exec 7<&- 8<&-
    is "$(find "/proc/$(init_pid "$C1")/fd" -mindepth 1 -printf '%f ')" "0 1 2 " "descriptors of init"
    attach "$C1" /bin/testinit fds
    out_is "0 1 2 "
}

test_mounts() {
    mkdir "$SANDBOX/tmp/shared"
    echo content >"$SANDBOX/tmp/shared/file"
    chmod 0755 "$SANDBOX/tmp/shared"
    make_container "$C1" "lxc.mount.entry = $SANDBOX/tmp/shared mnt/in none bind,ro,create=dir 0 0" \
        "lxc.mount.entry = $SANDBOX/tmp/shared/file etc/only none bind,create=file 0 0" \
        "lxc.mount.entry = tmpfs var/log tmpfs size=1m,mode=0700 0 0" \
        "lxc.mount.entry = /no/such/source mnt/opt none bind,optional,create=dir 0 0"
    start "$C1"
    attach "$C1" /bin/testinit cat /mnt/in/file cat /etc/only
    out_is $'content\ncontent'
    attach "$C1" /bin/testinit mounts
    out_matches $'/mnt/in ro'
    out_matches '/var/log .*tmpfs'
    out_lacks /mnt/opt
    # Nothing of the host's tree is visible: no mount point lies where the host keeps it.
    awk '{print $5}' "$SANDBOX/out" | grep -F "$SANDBOX" && fail "a mount of the host is visible inside"
    stop "$C1"
    # Without "optional" a missing source is an error that names it.
    expect 1 lxcpp-start -n "$C1" -s "lxc.mount.entry=/no/such/source mnt/opt none bind,create=dir 0 0"
    err_has /no/such/source
}

test_mount_target_through_symlink_is_refused() {
    make_container "$C1" "lxc.mount.entry = tmpfs escape/target tmpfs create=dir 0 0"
    mkdir "$SANDBOX/tmp/outside"
    ln -s "$SANDBOX/tmp/outside" "$LXCPATH/$C1/rootfs/escape"
    expect 1 lxcpp-start -n "$C1"
    err_has escape
    [ ! -e "$SANDBOX/tmp/outside/target" ] || fail "the mount target was made outside of the root"
    is "$(state_of "$C1")" STOPPED
}

test_dev_is_minimal() {
    make_container "$C1" 'lxc.tty.max = 2'
    start "$C1"
    attach "$C1" /bin/testinit mounts
    out_matches ' /dev .*tmpfs'
    out_matches ' /dev/pts .*devpts'
    local name
    for name in full null random tty urandom zero; do
        [ -c "/proc/$(init_pid "$C1")/root/dev/$name" ] || fail "no /dev/$name"
    done
    for name in sda mem kmsg kvm fuse; do
        [ ! -e "/proc/$(init_pid "$C1")/root/dev/$name" ] || fail "/dev/$name is there"
    done
    for name in console tty1 tty2 ptmx; do
        [ -e "/proc/$(init_pid "$C1")/root/dev/$name" ] || fail "no /dev/$name"
    done
    is "$(readlink "/proc/$(init_pid "$C1")/root/dev/fd")" /proc/self/fd
}

test_capabilities() {
    make_container "$C1" 'lxc.cap.drop = sys_module sys_time'
    start "$C1"
    attach "$C1" /bin/testinit caps
    [[ "$OUT" =~ CapBnd:[[:space:]]*([0-9a-f]+) ]] || fail "no CapBnd"
    local bounding=$((16#${BASH_REMATCH[1]}))
    is $((bounding >> 16 & 1)) 0 "CAP_SYS_MODULE"
    is $((bounding >> 25 & 1)) 0 "CAP_SYS_TIME"
    is $((bounding >> 0 & 1)) 1 "CAP_CHOWN"
    stop "$C1"
    start "$C1" -s lxc.cap.drop= -s 'lxc.cap.keep=chown setuid'
    attach "$C1" /bin/testinit caps
    [[ "$OUT" =~ CapBnd:[[:space:]]*([0-9a-f]+) ]] || fail "no CapBnd"
    is $((16#${BASH_REMATCH[1]})) $((1 << 0 | 1 << 7)) "bounding set of lxc.cap.keep"
    stop "$C1"
    expect 1 lxcpp-start -n "$C1" -s lxc.cap.drop=no_such_cap
    err_has no_such_cap
}

test_process_attributes() {
    make_container "$C1" 'lxc.uts.name = guest' 'lxc.prlimit.nofile = 100:200' 'lxc.proc.oom_score_adj = 300' \
        'lxc.no_new_privs = 1' 'lxc.init.cwd = /tmp' 'lxc.init.uid = 1000' 'lxc.init.gid = 1000' \
        'lxc.init.groups = 29'
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit pause
    local pid
    pid=$(init_pid "$C1")
    is "$(awk '/open files/ {print $4, $5}' "/proc/$pid/limits")" "100 200" "nofile limits"
    is "$(<"/proc/$pid/oom_score_adj")" 300 "oom_score_adj"
    is "$(awk '/NoNewPrivs/ {print $2}' "/proc/$pid/status")" 1 "no_new_privs"
    is "$(readlink "/proc/$pid/cwd")" /tmp "working directory"
    attach "$C1" /bin/testinit hostname
    out_is guest
    # Inside, init is 1000:1000 with one supplementary group.
    attach "$C1" /bin/testinit cat /proc/1/status
    out_matches $'Uid:\t1000\t1000'
    out_matches $'Gid:\t1000\t1000'
    out_matches $'Groups:\t29'
}

test_sysctl() {
    make_container "$C1" 'lxc.sysctl.net.ipv4.ip_forward = 1' 'lxc.sysctl.kernel.msgmax = 4096'
    start "$C1"
    attach "$C1" /bin/testinit cat /proc/sys/net/ipv4/ip_forward cat /proc/sys/kernel/msgmax
    out_is $'1\n4096'
}

test_loopback_is_up() {
    make_container "$C1"
    start "$C1"
    attach "$C1" /bin/testinit cat /proc/net/if_inet6 cat /proc/net/dev
    out_has lo
    is "$(nsenter -t "$(init_pid "$C1")" -n ip -br link show lo | awk '{print $2}')" UNKNOWN "state of lo"
}

test_network_none_shares_the_host() {
    CREATE_OPTIONS=--privileged make_container "$C1" 'lxc.net.0.type = none'
    start "$C1"
    is "$(readlink "/proc/$(init_pid "$C1")/ns/net")" "$(readlink /proc/self/ns/net)" "network namespace"
}

test_share_namespaces() {
    make_container "$C1"
    start "$C1"
    CREATE_OPTIONS=--privileged make_container "$C2"
    start "$C2" "--share-uts=$C1" "--share-ipc=$(init_pid "$C1")"
    is "$(readlink "/proc/$(init_pid "$C2")/ns/uts")" "$(readlink "/proc/$(init_pid "$C1")/ns/uts")" "uts namespace"
    is "$(readlink "/proc/$(init_pid "$C2")/ns/ipc")" "$(readlink "/proc/$(init_pid "$C1")/ns/ipc")" "ipc namespace"
}

test_hooks_run_in_order_with_their_environment() {
    cat >"$SANDBOX/tmp/hook" <<'H'
#!/bin/sh
echo "$3 $# $LXC_NAME $LXC_HOOK_TYPE" >>"$(dirname "$0")/hooks.log"
H
    chmod +x "$SANDBOX/tmp/hook"
    chmod 0777 "$SANDBOX/tmp"
    CREATE_OPTIONS=--privileged make_container "$C1" \
        "lxc.hook.pre-start = $SANDBOX/tmp/hook" "lxc.hook.pre-mount = $SANDBOX/tmp/hook" \
        "lxc.hook.mount = $SANDBOX/tmp/hook" "lxc.hook.autodev = $SANDBOX/tmp/hook" \
        "lxc.hook.start-host = $SANDBOX/tmp/hook" "lxc.hook.stop = $SANDBOX/tmp/hook" \
        "lxc.hook.post-stop = $SANDBOX/tmp/hook"
    start "$C1"
    stop "$C1"
    wait_state "$C1" STOPPED
    is "$(awk '{print $1}' "$SANDBOX/tmp/hooks.log" | tr '\n' ' ')" \
        "pre-start pre-mount mount autodev start-host stop post-stop " "order of hooks"
    OUT=$(<"$SANDBOX/tmp/hooks.log")
    out_has "$C1"
}

# Init is gone by then; what it had mounted can still be looked at.
test_stop_hook_gets_the_namespaces() {
    cat >"$SANDBOX/tmp/hook" <<'H'
#!/bin/sh
echo "$*" >"$(dirname "$0")/arguments"
env | grep '^LXC_.*_NS=' | sort >"$(dirname "$0")/environment"
for word in "$@"; do
    case $word in mnt:*) nsenter --mount="${word#mnt:}" test -e /bin/testinit && echo inside >"$(dirname "$0")/seen" ;; esac
done
H
    chmod +x "$SANDBOX/tmp/hook"
    local version
    for version in 0 1; do
        make_container "$C1" "lxc.hook.stop = $SANDBOX/tmp/hook" "lxc.hook.version = $version"
        start "$C1"
        stop "$C1"
        OUT=$(<"$SANDBOX/tmp/arguments")
        out_matches "^$C1 lxc stop "
        local kind
        for kind in user mnt pid uts ipc net cgroup; do out_matches " $kind:/proc/[0-9]+/fd/[0-9]+"; done
        is "$(<"$SANDBOX/tmp/seen")" inside "mount namespace"
        is "$(wc -l <"$SANDBOX/tmp/environment")" "$([ $version = 1 ] && echo 8 || echo 0)" "LXC_*_NS, version $version"
        expect 0 lxcpp-destroy -n "$C1"
        rm "$SANDBOX/tmp/seen"
    done
}

test_shared_mount_goes_with_the_last_container() {
    local shared="$SANDBOX/tmp/shared"
    make_container "$C1" "lxc.mount.auto = shmounts:$shared"
    make_container "$C2" "lxc.mount.auto = shmounts:$shared:/mnt/shared"
    start "$C1"
    mountpoint -q "$shared" || fail "no shared mount on the host"
    start "$C2"
    mkdir "$shared/new"
    mount -t tmpfs none "$shared/new" && touch "$shared/new/file"
    attach "$C1" /bin/testinit cat /dev/.lxc-mounts/new/file
    attach "$C2" /bin/testinit cat /mnt/shared/new/file
    umount "$shared/new"
    stop "$C1"
    mountpoint -q "$shared" || fail "the other container's shared mount is gone"
    kill -9 "$(init_pid "$C2")"
    wait_state "$C2" STOPPED
    mountpoint -q "$shared" && fail "the shared mount is left on the host"
    # One that was there before is not ours to unmount.
    mount --bind "$shared" "$shared"
    mount --make-shared "$shared"
    start "$C1"
    stop "$C1"
    mountpoint -q "$shared" || fail "a mount of the administrator was unmounted"
    umount "$shared"
    # Neither does a failed start leave one.
    expect 1 lxcpp-start -n "$C1" -- /no/such/program
    mountpoint -q "$shared" && fail "the failed start left its shared mount"
    return 0
}

test_command_is_found_by_path() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -s 'lxc.environment=PATH=/nowhere:/bin' -- testinit touch /by-path pause
    [ -e "$LXCPATH/$C1/rootfs/by-path" ] || wait_state "$C1" RUNNING
    stop "$C1"
    [ -e "$LXCPATH/$C1/rootfs/by-path" ] || fail "another program ran"
    expect 1 lxcpp-start -n "$C1" -- nosuchprogram
    err_has nosuchprogram
    err_has "no such program"
}

test_proc_keys_stay_in_procfs() {
    make_container "$C1"
    local key
    for key in root/etc/passwd cwd/etc/passwd task/../root/etc/passwd; do
        expect 1 lxcpp-start -n "$C1" -s "lxc.proc.${key//\//.}=owned"
        err_has lxc.proc
    done
    expect 0 lxcpp-start -n "$C1" -s lxc.proc.oom_score_adj=77
    is "$(<"/proc/$(init_pid "$C1")/oom_score_adj")" 77 oom_score_adj
}

# Where no procfs of ours can be mounted, what the image has in its place is not even opened: nobody writes to a pipe's
# other end, and a file would take the value.
test_sysctl_of_a_planted_proc() {
    local file
    make_container "$C1"
    start "$C1"
    make_container "$C2" "lxc.namespace.share.pid = $C1" 'lxc.mount.auto =' 'lxc.sysctl.net.ipv4.ip_forward = 1'
    file="$LXCPATH/$C2/rootfs/proc/sys/net/ipv4/ip_forward"
    mkdir -p "$(dirname "$file")"
    mkfifo -m 0666 "$file"
    RUN_TIMEOUT=60 expect 1 lxcpp-start -n "$C2"
    err_has "lxc.sysctl.net.ipv4.ip_forward): something other than procfs is mounted there"
    rm "$file"
    install -m 0666 /dev/null "$file"
    RUN_TIMEOUT=60 expect 1 lxcpp-start -n "$C2"
    err_has "something other than procfs"
    is "$(<"$file")" '' "what the image's file got"
}

test_real_time_caller_is_told() {
    need_tool chrt
    make_container "$C1"
    chrt -r 1 true 2>/dev/null || skip "no right to use real-time scheduling"
    run chrt -r 1 lxcpp-start -n "$C1"
    # Where groups have no real-time budget of their own it simply starts.
    [ -z "$ERR" ] || { err_has chrt && err_is_one_line; }
}

test_notes_are_printed_once_it_runs() {
    make_container "$C1" 'lxc.mount.entry = tmpfs /elsewhere/x tmpfs create=dir 0 0'
    expect 0 lxcpp-start -n "$C1"
    err_has /elsewhere/x
    err_is_one_line
    stop "$C1"
    expect 0 lxcpp-start -q -n "$C1"
    is "$ERR" "" "standard error with -q"
}

test_monitor_in_its_own_mount_namespace() {
    cat >"$SANDBOX/tmp/hook" <<H
#!/bin/sh
mkdir -p $SANDBOX/tmp/seen && mount -t tmpfs none $SANDBOX/tmp/seen && touch $SANDBOX/tmp/seen/file
H
    chmod +x "$SANDBOX/tmp/hook"
    make_container "$C1" 'lxc.monitor.unshare = 1' "lxc.hook.pre-start = $SANDBOX/tmp/hook" \
        "lxc.mount.entry = $SANDBOX/tmp/seen mnt/seen none bind,create=dir 0 0"
    start "$C1"
    attach "$C1" /bin/testinit cat /mnt/seen/file
    mountpoint -q "$SANDBOX/tmp/seen" && fail "the hook's mount is on the host"
    differs "$(readlink "/proc/$(awk '{print $2}' "$LXCPP_RUNTIME_DIR"/*/"$C1"/owner)/ns/mnt")" "$(readlink /proc/self/ns/mnt)" "mount namespaces"
    stop "$C1"
    expect 1 lxcpp-start -n "$C1" -s "lxc.mount.auto=shmounts:$SANDBOX/tmp/share"
    err_has lxc.monitor.unshare
}

test_failing_hook_stops_the_start() {
    make_container "$C1" "lxc.hook.pre-start = /bin/false"
    expect 1 lxcpp-start -n "$C1"
    err_has pre-start
    err_has /bin/false
    is "$(state_of "$C1")" STOPPED
}

test_missing_rootfs() {
    make_container "$C1"
    mv "$LXCPATH/$C1/rootfs" "$LXCPATH/$C1/moved"
    expect 1 lxcpp-start -n "$C1"
    err_has "$LXCPATH/$C1/rootfs"
    err_is_one_line
}

test_missing_init() {
    make_container "$C1"
    expect 1 lxcpp-start -n "$C1" -- /no/such/init
    err_has /no/such/init
    is "$(state_of "$C1")" STOPPED
}

test_reboot_inside_restarts() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit reboot-once /rebooted touch /second pause
    local tries=0
    until [ -e "$LXCPATH/$C1/rootfs/second" ] || [ $((tries++)) -gt 100 ]; do wait_state "$C1" "RUNNING|STARTING"; done
    [ -e "$LXCPATH/$C1/rootfs/second" ] || fail "it did not come up again"
    wait_state "$C1" RUNNING
}

test_halt_inside_stops() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit halt
    wait_state "$C1" STOPPED
}

test_unapplied_keys_are_named() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -s lxc.start.delay=5
    [[ "$OUT$ERR" == *lxc.start.delay* ]] || fail "a key that nothing acts on goes unmentioned"
}

test_survives_its_caller() {
    make_container "$C1"
    setsid bash -c "lxcpp-start -n '$C1'; kill -HUP 0" >/dev/null 2>&1 </dev/null
    is "$(state_of "$C1")" RUNNING
}

test_time_offsets() {
    make_container "$C1" 'lxc.time.offset.boot = 100h' 'lxc.time.offset.monotonic = -5m'
    start "$C1"
    local inside outside
    attach "$C1" /bin/testinit cat /proc/uptime
    inside=${OUT%%.*}
    read -r outside _ </proc/uptime
    [ $((inside - ${outside%%.*})) -ge 359990 ] || fail "uptime inside is $inside, outside $outside"
}
