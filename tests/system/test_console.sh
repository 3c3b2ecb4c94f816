# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

test_console_log_file() {
    make_container "$C1"
    expect 0 lxcpp-start -n "$C1" -L "$SANDBOX/tmp/console.log" -- /bin/testinit echo "words on the console" pause
    wait_state "$C1" RUNNING
    stop "$C1"
    wait_state "$C1" STOPPED
    grep -q "words on the console" "$SANDBOX/tmp/console.log" || fail "not in the log: $(cat "$SANDBOX/tmp/console.log")"
}

test_console_shows_and_escapes() {
    need_tool script
    make_container "$C1" 'lxc.tty.max = 1'
    start "$C1"
    # ^a q leaves.
    { read -r -t 2 <> <(:); printf '\001q'; } | timeout 20 script -qec "lxcpp-console -n $C1 -t 1" /dev/null \
        >"$SANDBOX/tmp/typescript" 2>&1
    is "${PIPESTATUS[1]}" 0 "exit code of the console"
    is "$(state_of "$C1")" RUNNING
}

test_tty_that_does_not_exist() {
    make_container "$C1" 'lxc.tty.max = 1'
    start "$C1"
    expect 1 lxcpp-console -n "$C1" -t 7
    err_has 7
}

# A terminal of the host, here a pty: shows what the container prints and types into it, also after a reboot.
test_device_as_the_console() {
    need_tool python3
    make_busybox_container "$C1"
    cat >"$LXCPATH/$C1/rootfs/etc/inittab" <<'I'
::sysinit:/bin/sh -c 'echo console is up'
console::respawn:/bin/sh -c 'read line && echo "got <$line>"'
I
    timeout 60 python3 - "$C1" <<'P' || fail "the device is no console"
import os, pty, subprocess, sys
master, slave = pty.openpty()
name = sys.argv[1]
seen = b""
def until(text):
    global seen
    while text not in seen:
        seen += os.read(master, 4096)
    seen = seen.split(text, 1)[1]
subprocess.run(["lxcpp-start", "-n", name, "-c", os.ttyname(slave)], check=True)
until(b"console is up")
os.write(master, b"hello\n")
until(b"got <hello>")
subprocess.run(["lxcpp-stop", "-r", "-n", name], check=True)
until(b"console is up")
os.write(master, b"again\n")
until(b"got <again>")
subprocess.run(["lxcpp-stop", "-k", "-n", name], check=True)
P
}
