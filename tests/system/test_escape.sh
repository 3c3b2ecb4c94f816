# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# An escape checker of our own (tests/support/escape.c) inside default containers: nothing works.

make_prison() { # NAME
    make_busybox_container "$1"
    install -m 0755 "${LXCPP_ESCAPE:?}" "$LXCPATH/$1/rootfs/bin/escape"
    mkdir -p "$LXCPATH/$1/rootfs/mnt"
}

open_ways() { printf '%s\n' "$OUT" | awk '$1 == "open" {print $2}' | sort | tr '\n' ' '; }

test_no_way_out_of_an_unprivileged_container() {
    make_prison "$C1"
    start "$C1"
    expect 0 lxcpp-attach -n "$C1" -- /bin/escape checks
    is "$(open_ways)" "" "ways out"
    [ "$(printf '%s\n' "$OUT" | grep -c ^shut)" -gt 90 ] || fail "few checks were made"
    # What root inside can take away was not what held.
    expect 0 lxcpp-attach -n "$C1" -- sh -c 'for place in $(awk "\$5 ~ /^.(proc|sys)./ {print \$5}" /proc/self/mountinfo); do
        case $place in */cgroup*) ;; *) umount $place 2>/dev/null ;; esac; done; escape checks'
    is "$(open_ways | tr ' ' '\n' | grep -vE '^read:/proc/(interrupts|key-users|keys|kallsyms|sched_debug|timer_list)$|^read:/sys/kernel/vmcoreinfo$' | tr '\n' ' ')" "" \
        "ways out without the masks"
}

# What LXC calls privileged is no boundary for its root; what the library refuses it is refused all the same.
test_no_direct_way_out_of_a_privileged_container() {
    CREATE_OPTIONS=--privileged make_prison "$C1"
    start "$C1"
    expect 0 lxcpp-attach -n "$C1" -- /bin/escape checks
    # Without an LSM nothing that looks at a mount's type keeps CAP_SYS_ADMIN of the host from these.
    is "$(open_ways)" "mount_bpf mount_debugfs mount_devtmpfs mount_securityfs mount_tracefs " "ways out"
}

test_identity_of_a_default_container() {
    make_prison "$C1"
    start "$C1"
    attach "$C1" /bin/escape identity
    out_matches $'Seccomp:\t2'
    out_matches $'CapInh:\t0000000000000000'
    out_matches $'CapAmb:\t0000000000000000'
    out_matches '^0 +[1-9][0-9]* +65536|'$'\n'' *0 +[1-9][0-9]* +65536'
    # sys_module 16, sys_rawio 17, sys_time 25, audit_control 30, mac_override 32, mac_admin 33, syslog 34,
    # wake_alarm 35, block_suspend 36, audit_read 37, perfmon 38, bpf 39, checkpoint_restore 40
    [[ "$OUT" =~ CapBnd:[[:space:]]*([0-9a-f]+) ]] || fail "no CapBnd"
    local set=$((16#${BASH_REMATCH[1]})) number
    for number in 16 17 25 30 32 33 34 35 36 37 38 39 40; do
        is $((set >> number & 1)) 0 "capability $number"
    done
}

test_reachable_calls_and_families() {
    [ "$(uname -m)" = x86_64 ] || skip "the numbers are those of x86_64"
    make_prison "$C1"
    start "$C1"
    attach "$C1" /bin/escape families
    is "$(printf '%s\n' "$OUT" | awk '{print $2}' | grep -vxE '1|2|10|16|17')" "" "other families than unix, inet, inet6, netlink, packet"
    out_has "open 1 "
    out_has "open 16 "
    attach "$C1" /bin/escape calls
    local number
    for number in 0 1 2 9 56 59 257 262 302 334 437 439 441; do
        printf '%s\n' "$OUT" | grep -q "^reachable $number " || fail "system call $number is not reachable"
    done
    for number in 175 176 246 298 304 313 320 321 323 425 426 427; do
        printf '%s\n' "$OUT" | grep -q "^refused $number " || fail "system call $number is not refused"
    done
    for number in 248 249 250 300 301 435 447 470 500; do
        printf '%s\n' "$OUT" | grep -q "^absent $number " || fail "system call $number exists"
    done
    is "$(printf '%s\n' "$OUT" | grep -c ^killed)" 0 "killed calls of the native ABI"
}

# The other ABI of x86_64, in a container of a 32-bit system. What is called through socketcall(2) no filter can see.
test_reachable_calls_of_32_bit_programs() {
    local number
    [ -n "${LXCPP_CALLS32:-}" ] || skip "the compiler makes no 32-bit programs"
    make_busybox_container "$C1" 'lxc.arch = i686'
    install -m 0755 "$LXCPP_CALLS32" "$LXCPATH/$C1/rootfs/bin/calls32"
    start "$C1"
    run lxcpp-attach -n "$C1" -- /bin/calls32
    case $? in
    0) ;;
    126) skip "the kernel runs no 32-bit programs" ;;
    *) fail "calls32: $ERR" ;;
    esac
    is "$(printf '%s\n' "$OUT" | awk '$1 == "open" {print $2}' | grep -vxE '1|2|10|16|17')" "" "other families than unix, inet, inet6, netlink, packet"
    for number in 3 4 5 11 120 295 305; do
        printf '%s\n' "$OUT" | grep -q "^reachable $number " || fail "system call $number is not reachable"
    done
    for number in 79 87 103 128 129 283 336 342 350 357 374 425; do
        printf '%s\n' "$OUT" | grep -q "^refused $number " || fail "system call $number is not refused"
    done
    for number in 286 287 288 338 339 435 447 470 500; do
        printf '%s\n' "$OUT" | grep -q "^absent $number " || fail "system call $number exists"
    done
    is "$(printf '%s\n' "$OUT" | grep -c ^killed)" 0 "killed calls of the 32-bit ABI"
}

# Which files of the kernel root inside can write: those of its own network, and its cgroups.
test_writable_kernel_files() {
    make_prison "$C1"
    start "$C1"
    attach "$C1" /bin/escape writable /proc/sys /proc/irq /proc/bus /proc/fs
    is "$(printf '%s\n' "$OUT" | grep -v '^/proc/sys/net/')" "" "writable files of /proc"
    attach "$C1" /bin/escape writable /sys
    is "$(printf '%s\n' "$OUT" | grep -vE '^/sys/(devices/virtual/net|fs/cgroup)/')" "" "writable files of /sys"
}

# CVE-2016-9962: root inside looks at each new process as soon as it is there.
test_attaching_process_has_nothing_of_the_host() { # 300 s
    CREATE_OPTIONS=--privileged make_prison "$C1"
    start "$C1"
    lxcpp-attach -n "$C1" -- /bin/escape watch /stop >"$SANDBOX/tmp/watch" 2>&1 &
    local watcher=$! round
    until grep -q watching "$SANDBOX/tmp/watch" 2>/dev/null; do run lxcpp-wait -n "$C1" -s STOPPED -t 0; done
    for round in {1..200}; do
        lxcpp-attach -n "$C1" -- /bin/testinit exit 0 </dev/null >/dev/null 2>&1 || fail "attach $round"
    done
    lxcpp-attach -n "$C1" -- touch /stop </dev/null >/dev/null 2>&1
    wait $watcher
    OUT=$(<"$SANDBOX/tmp/watch")
    out_matches 'early [1-9]' # it was quick enough to see some before their exec
    out_lacks leak
}
