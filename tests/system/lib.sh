# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the system tests share. A test is a function; it calls these and need not clean up.
#
#   expect CODE command…        runs it; checks the exit code; output in $OUT, errors in $ERR
#   out_is TEXT, out_has TEXT, out_matches ERE, err_has TEXT, err_is_one_line
#   is ACTUAL WANTED WHAT       compares two texts
#   make_container NAME [CONFIG-LINE…]   a container with the testinit payload
#   make_busybox_container NAME [CONFIG-LINE…]
#   start NAME, attach NAME command…, wait_state NAME STATE
#   skip REASON
C1='' C2='' C3='' OUT='' ERR='' FAILURES=0 LXC_PEER=''
export LC_ALL=C.UTF-8

make_sandbox() {
    CASE_ID="s$$x$(date +%N)"
    SANDBOX="/var/tmp/lxcpp-$CASE_ID"
    C1="$CASE_ID-a" C2="$CASE_ID-b" C3="$CASE_ID-c"
    local stage="${LXCPP_TEST_STAGE:?}" prefix="${LXCPP_TEST_PREFIX:?}"
    mkdir -p "$SANDBOX"/{etc,state,cache,log,tmp} && chmod 0755 "$SANDBOX" || exit 1
    mkdir -m 0700 "$SANDBOX/run"
    export PATH="$stage$prefix/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    export LXCPP_CONFIG_DIR="$SANDBOX/etc" LXCPP_STATE_DIR="$SANDBOX/state" LXCPP_CACHE_DIR="$SANDBOX/cache"
    export LXCPP_RUNTIME_DIR="$SANDBOX/run" LXCPP_LOG_DIR="$SANDBOX/log"
    export LXCPP_LIBEXEC_DIR="$stage$prefix/libexec/lxcpp" LXCPP_DATA_DIR="$stage$prefix/share/lxcpp"
    LXCPP_ROOTFS_MOUNT=$(find "$stage$prefix/lib" -type d -path '*/lxcpp/rootfs' -print -quit)
    export LXCPP_ROOTFS_MOUNT
    LXCPATH="$LXCPP_STATE_DIR"
    # What the container's own ids must reach; the source tree may be below somebody's closed home.
    mkdir "$SANDBOX/support"
    install -m 0755 "${LXCPP_TESTINIT:?}" "$SANDBOX/support/testinit"
    install -m 0755 "$(dirname "${BASH_SOURCE[0]}")/../support/template-testinit" "$SANDBOX/support/"
    LXCPP_TESTINIT="$SANDBOX/support/testinit"
    install -m 0755 "${LXCPP_ATTACKER:?}" "$SANDBOX/support/attacker"
    LXCPP_ATTACKER="$SANDBOX/support/attacker"
    # A machine without a bridge must pass too.
    printf 'lxc.net.0.type = empty\n' >"$LXCPP_CONFIG_DIR/default.conf"
    command -v lxc-info >/dev/null && LXC_PEER=yes
    cd "$SANDBOX/tmp" || exit 1
}

remove_sandbox() {
    cd / || return
    local mount
    awk -v top="$SANDBOX" 'index($5, top) == 1 {print $5}' /proc/self/mountinfo | sort -r |
        while read -r mount; do umount -l "$mount" 2>/dev/null; done
    chattr -i -R "$SANDBOX" 2>/dev/null
    rm -rf --one-file-system "$SANDBOX"
}

# What a test that failed left of a container that it could not destroy; its processes go with our pid namespace.
remove_cgroups() {
    local mount
    awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts | while read -r mount; do
        find "$mount" -xdev -type d -name "*$CASE_ID*" -prune 2>/dev/null
    done | while read -r mount; do
        find "$mount" -depth -type d -exec sh -c 'grep -vx 0 "$1/cgroup.procs" | xargs -r kill -KILL; rmdir "$1"' _ {} \; 2>/dev/null
    done
}

# Everything that the test defined goes the way an administrator would take.
remove_containers() {
    local folder name failed=0
    for folder in "$LXCPATH"/*/; do
        [ -d "$folder" ] || continue
        name=$(basename "$folder")
        lxcpp-destroy -f -n "$name" >"$SANDBOX/destroy.log" 2>&1 || {
            echo "FAIL: lxcpp-destroy -f -n $name at the end of the test:"
            sed 's/^/    /' "$SANDBOX/destroy.log"
            failed=1
        }
    done
    return $failed
}

show_logs() {
    local log
    find "$SANDBOX/log" "$LXCPATH" -maxdepth 2 -name '*.log' -size +0 2>/dev/null | while read -r log; do
        echo "--- $log"
        tail -n 30 "$log"
    done
}

skip() { echo "SKIP: $*"; exit 77; }

need_tool() { command -v "$1" >/dev/null || skip "$1 is not installed"; }

fail() {
    FAILURES=$((FAILURES + 1))
    echo "FAIL ${BASH_SOURCE[2]##*/}:${BASH_LINENO[1]}: $*"
    [ -n "$OUT" ] && printf '%s\n' "$OUT" | head -40 | sed 's/^/    out: /'
    [ -n "$ERR" ] && printf '%s\n' "$ERR" | head -40 | sed 's/^/    err: /'
    return 0
}

# Like run, but a wrong exit code ends the test: what follows would only repeat it.
expect() {
    local wanted="$1" code
    shift
    run "$@"
    code=$?
    if [ "$code" != "$wanted" ]; then
        fail "exit code $code instead of $wanted: $*"
        exit 1
    fi
}

# Never reads the terminal, never waits for ever.
run() {
    timeout -k 5 "${RUN_TIMEOUT:-60}" "$@" </dev/null >"$SANDBOX/out" 2>"$SANDBOX/err"
    local code=$?
    OUT=$(<"$SANDBOX/out") ERR=$(<"$SANDBOX/err")
    return $code
} 2>/dev/null

out_is() { [ "$OUT" = "$1" ] || fail "output is not: $1"; }
out_has() { [[ "$OUT" == *"$1"* ]] || fail "output lacks: $1"; }
out_lacks() { [[ "$OUT" != *"$1"* ]] || fail "output has: $1"; }
out_matches() { [[ "$OUT" =~ $1 ]] || fail "output does not match: $1"; }
err_has() { [[ "$ERR" == *"$1"* ]] || fail "standard error lacks: $1"; }
err_is_one_line() { [ "$(printf '%s\n' "$ERR" | wc -l)" = 1 ] && [ -n "$ERR" ] || fail "not exactly one line of error"; }
is() { [ "$1" = "$2" ] || fail "${3:-value}: '$1' instead of '$2'"; }
differs() { [ "$1" != "$2" ] || fail "${3:-values}: both are '$1'"; }

# A template in LXC's calling contract: root file system with our static init.
make_container() {
    local name="$1" line
    shift
    printf '%s\n' 'lxc.net.0.type = empty' 'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed' \
        >"$SANDBOX/tmp/$name.conf"
    for line in "$@"; do printf '%s\n' "$line"; done >>"$SANDBOX/tmp/$name.conf"
    expect 0 lxcpp-create -n "$name" -f "$SANDBOX/tmp/$name.conf" -t "$(support template-testinit)" \
        ${CREATE_OPTIONS:-} -- --testinit "${LXCPP_TESTINIT:?}" ${TEMPLATE_ARGS:-}
}

support() { echo "$SANDBOX/support/$1"; }

# The same with busybox' init, shell and tools.
make_busybox_container() {
    local name="$1" line
    shift
    need_tool busybox
    TEMPLATE_ARGS=--busybox-init make_container "$name" 'lxc.signal.halt = SIGUSR1' 'lxc.signal.reboot = SIGTERM' "$@"
}

# A root file system outside any container directory, for lxc.rootfs.path and execute.
make_rootfs() {
    "$(support template-testinit)" --path="$SANDBOX/tmp" --name=plain --rootfs="$1" --testinit "${LXCPP_TESTINIT:?}"
}

start() { expect 0 lxcpp-start -n "$1" "${@:2}"; }
stop() { expect 0 lxcpp-stop -k -n "$1"; }
attach() {
    local name="$1"
    shift
    expect 0 lxcpp-attach -n "$name" -- "$@"
}
state_of() { lxcpp-info -n "$1" -s -H 2>/dev/null; }
wait_state() { expect 0 lxcpp-wait -n "$1" -s "$2" -t "${3:-20}"; }
# $SANDBOX/tmp/hook, a post-stop hook (lxc.hook.version = 1): in a reboot it writes to the fifo tmp/rebooting and waits for a line in tmp/go.
make_reboot_hook() {
    cat >"$SANDBOX/tmp/hook" <<H
#!/bin/sh
[ "\$LXC_TARGET" = reboot ] || exit 0
echo >$SANDBOX/tmp/rebooting
read -r _ <$SANDBOX/tmp/go
H
    chmod +x "$SANDBOX/tmp/hook"
    mkfifo "$SANDBOX/tmp/rebooting" "$SANDBOX/tmp/go"
}
# A stop is noted after it was told: events_have ERE looks until it is there.
events_have() {
    local deadline=$((SECONDS + 20))
    while expect 0 lxcpp-inventory events -n "$C1"; do
        [[ "$OUT" =~ $1 ]] && return 0
        [ $SECONDS -lt $deadline ] || break
        read -r -t 0.05 <> <(:) || true
    done
    fail "no event matches: $1"
}
until_true() { # command…
    local deadline=$((SECONDS + 15))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || { fail "never came true: $*"; return 1; }
        read -r -t 0.05 <> <(:) || true
    done
}
init_pid() { lxcpp-info -n "$1" -p -H; }
