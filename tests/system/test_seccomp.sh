# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The built-in system call policy as a payload meets it: in init, attach and execute.

# Exits with 42, through the 32-bit ABI alone.
make_32_bit_program() {
    need_tool as
    need_tool ld
    printf '%s\n' '.globl _start' '_start: mov $1, %eax' 'mov $42, %ebx' 'int $0x80' >"$SANDBOX/tmp/exit.s"
    as --32 -o "$SANDBOX/tmp/exit.o" "$SANDBOX/tmp/exit.s" && ld -m elf_i386 -o "$1" "$SANDBOX/tmp/exit.o" ||
        skip "the assembler cannot make 32-bit programs"
    "$1"
    [ $? = 42 ] || skip "the kernel runs no 32-bit programs"
}

# keyctl, add_key, fanotify_init, memfd_secret, none yet; bpf, io_uring_setup, userfaultfd, perf_event_open,
# syslog, kexec_load, open_by_handle_at, init_module, swapon, clock_settime, quotactl, acct
readonly ABSENT='250 248 300 447 700' REFUSED='321 425 323 298 103 246 304 175 167 227 179 163'

refuses_in() { # COMMAND that runs testinit…
    local number
    for number in $ABSENT; do
        expect 0 "$@" syscall "$number"
        out_is ENOSYS
    done
    for number in $REFUSED; do
        expect 0 "$@" syscall "$number"
        out_is EPERM
    done
    expect 0 "$@" syscall 39
    out_is ok
}

test_unknown_calls_do_not_exist_and_the_hosts_are_refused() {
    [ "$(uname -m)" = x86_64 ] || skip "the numbers are those of x86_64"
    make_container "$C1"
    start "$C1"
    refuses_in lxcpp-attach -n "$C1" -- /bin/testinit
    stop "$C1"
    refuses_in lxcpp-execute -n "$C1" -- /bin/testinit
    CREATE_OPTIONS=--privileged make_container "$C2"
    start "$C2"
    refuses_in lxcpp-attach -n "$C2" -- /bin/testinit
}

# The filter that is loosened by a profile of LXC's is the old one again.
test_shared_profile_loosens_it() {
    [ "$(uname -m)" = x86_64 ] || skip "the numbers are those of x86_64"
    make_container "$C1" "lxc.seccomp.profile = $LXCPP_DATA_DIR/config/common.seccomp"
    start "$C1"
    attach "$C1" /bin/testinit syscall 250
    [ "$OUT" != ENOSYS ] || fail "keyctl(2) does not exist with common.seccomp"
    attach "$C1" /bin/testinit syscall 304
    out_is EPERM
}

test_32_bit_programs_need_a_32_bit_system() {
    [ "$(uname -m)" = x86_64 ] || skip "i386 is the other ABI of x86_64"
    make_32_bit_program "$SANDBOX/tmp/exit"
    make_container "$C1"
    install -m 0755 "$SANDBOX/tmp/exit" "$LXCPATH/$C1/rootfs/bin/exit32"
    start "$C1"
    expect 159 lxcpp-attach -n "$C1" -- /bin/exit32 # 128 + SIGSYS
    stop "$C1"
    expect 159 lxcpp-execute -n "$C1" -- /bin/exit32
    cp "$LXCPATH/$C1/config" "$SANDBOX/tmp/config"
    echo 'lxc.arch = i686' >>"$LXCPATH/$C1/config"
    start "$C1"
    expect 42 lxcpp-attach -n "$C1" -- /bin/exit32
    attach "$C1" /bin/testinit syscall 250
    out_is ENOSYS # the native ABI goes on
    stop "$C1"
    expect 42 lxcpp-execute -n "$C1" -- /bin/exit32
    # A profile of one's own decides for all ABIs.
    { cat "$SANDBOX/tmp/config"; echo "lxc.seccomp.profile = $LXCPP_DATA_DIR/config/common.seccomp"; } >"$LXCPATH/$C1/config"
    start "$C1"
    expect 42 lxcpp-attach -n "$C1" -- /bin/exit32
}

test_nesting_is_one_switch() {
    make_busybox_container "$C1"
    start "$C1"
    run lxcpp-attach -n "$C1" -- busybox unshare -U true
    [ $? != 0 ] || fail "a user namespace was made without nesting"
    err_has "Operation not permitted"
    [ ! -e "/proc/$(init_pid "$C1")/root/dev/.lxc" ] || fail "/dev/.lxc without nesting"
    stop "$C1"
    echo "lxc.include = $LXCPP_DATA_DIR/config/nesting.conf" >>"$LXCPATH/$C1/config"
    expect 0 lxcpp-info -n "$C1" -c lxc.apparmor.allow_nesting
    out_has 1
    start "$C1"
    # All that a container inside begins with.
    # shellcheck disable=SC2016 # for the shell inside
    attach "$C1" busybox unshare -Urmnpf sh -c 'mount -t proc proc /proc && mount -t sysfs sys /sys && echo $$'
    out_is 1
    attach "$C1" busybox stat -c %a /dev/.lxc
    out_is 700
    # What is the host's stays refused.
    attach "$C1" /bin/testinit syscall 321
    [[ "$OUT" == EPERM || "$OUT" == ENOSYS ]] || fail "bpf(2) with nesting: $OUT"
    stop "$C1"
    # In a configuration made for LXC it is this key.
    start "$C1" -s lxc.apparmor.allow_nesting=0
    [ ! -e "/proc/$(init_pid "$C1")/root/dev/.lxc" ] || fail "/dev/.lxc with nesting switched off"
}
