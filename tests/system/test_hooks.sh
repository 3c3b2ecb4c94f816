# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Hooks: where each runs, what it is told, and what its failure does.

# One that says everything: into TYPE.log beside it.
make_hook() {
    mkdir -p "$SANDBOX/tmp/h" && chmod 0777 "$SANDBOX/tmp/h"
    cat >"$SANDBOX/tmp/h/hook" <<'H'
#!/bin/sh
exec >>"${0%/*}/$5.log" 2>&1
echo "args $*"
env | sort
for ns in mnt user pid net uts; do echo "ns $ns $(readlink /proc/self/ns/$ns)"; done
echo "fds $(ls /proc/self/fd | tr '\n' ' ')"
echo "id $(id -u)"
[ -z "$LXC_ROOTFS_MOUNT" ] || ls "$LXC_ROOTFS_MOUNT" | sed 's/^/root /'
exit 0
H
    chmod 0755 "$SANDBOX/tmp/h/hook"
}

hook_lines() {
    local type
    for type in "$@"; do echo "lxc.hook.$type = $SANDBOX/tmp/h/hook one 'two words'"; done
}

hooks_with_version() {
    local version="$1" flavour="$2" type lines
    make_hook
    mapfile -t lines < <(hook_lines pre-start pre-mount mount autodev start-host stop post-stop)
    CREATE_OPTIONS=$flavour make_container "$C1" "lxc.hook.version = $version" "lxc.console.logfile = $SANDBOX/tmp/console" "${lines[@]}"
    start "$C1"
    local init_net
    init_net=$(readlink "/proc/$(init_pid "$C1")/ns/net")
    stop "$C1"
    wait_state "$C1" STOPPED
    for type in pre-start pre-mount mount autodev start-host stop post-stop; do
        [ -e "$SANDBOX/tmp/h/$type.log" ] || { [ -e "$SANDBOX/tmp/h/lxc.log" ] && cat "$SANDBOX/tmp/h/lxc.log"; fail "$type did not run"; continue; }
        OUT=$(<"$SANDBOX/tmp/h/$type.log")
        out_has "args one two words $C1 lxc $type"
        out_has "LXC_NAME=$C1"
        out_has "LXC_CONFIG_FILE=$LXCPATH/$C1/config"
        out_has "LXC_ROOTFS_PATH=$LXCPATH/$C1/rootfs"
        out_has "LXC_ROOTFS_MOUNT="
        out_has "LXC_CONSOLE_LOGPATH=$SANDBOX/tmp/console"
        out_has "LXC_CGNS_AWARE=1"
        out_has "LXC_LOG_LEVEL="
        out_has "LXC_HOOK_VERSION=$version"
        [ "$version" = 0 ] || { out_has "LXC_HOOK_TYPE=$type"; out_has "LXC_HOOK_SECTION=lxc"; }
        case $type in
        pre-start | start-host | stop | post-stop) out_has "ns mnt $(readlink /proc/self/ns/mnt)" ;;
        *) out_lacks "ns mnt $(readlink /proc/self/ns/mnt)" ;;
        esac
        case $type in mount | autodev) out_has 'root sbin' ;; esac
        case $type in
        pre-mount | mount | autodev) out_has "ns net $init_net" ;;
        start-host) out_has LXC_PID= ;;
        stop | post-stop) out_has LXC_TARGET=stop ;;
        esac
        out_matches 'fds 0 1 2 (3 )?$|fds 0 1 2 3 '
    done
}

test_version_0_privileged() { hooks_with_version 0 --privileged; }
test_version_1_privileged() { hooks_with_version 1 --privileged; }
test_version_1_unprivileged() { hooks_with_version 1 ''; }

test_start_hook_runs_inside() {
    local flavour
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1" 'lxc.hook.version = 1' 'lxc.hook.start = /bin/hook' 'lxc.environment.hooks = EXTRA=1'
        printf '#!/bin/sh\nexec >/hook.log 2>&1\nenv\npwd\nls -l /proc/self/fd | grep -c " -> "\n' >"$LXCPATH/$C1/rootfs/bin/hook"
        chmod 0755 "$LXCPATH/$C1/rootfs/bin/hook"
        start "$C1"
        OUT=$(<"$LXCPATH/$C1/rootfs/hook.log")
        out_has LXC_HOOK_TYPE=start
        out_has EXTRA=1
        lxcpp-destroy -f -n "$C1"
    done
}

test_failure_at_every_stage_leaves_nothing() {
    local type
    make_container "$C1" "lxc.hook.post-stop = $SANDBOX/tmp/post"
    printf '#!/bin/sh\necho ran >>%s\n' "$SANDBOX/tmp/post.log" >"$SANDBOX/tmp/post"
    chmod +x "$SANDBOX/tmp/post"
    printf '#!/bin/sh\nexit 3\n' >"$LXCPATH/$C1/rootfs/bin/three"
    chmod 0755 "$LXCPATH/$C1/rootfs/bin/three"
    for type in pre-start pre-mount mount autodev start-host start; do
        rm -f "$SANDBOX/tmp/post.log"
        case $type in start) command=/bin/three ;; *) command=/bin/false ;; esac
        expect 1 lxcpp-start -n "$C1" -s "lxc.hook.$type=$command"
        err_is_one_line
        err_has "lxc.hook.$type"
        is "$(state_of "$C1")" STOPPED "state after $type failed"
        [ -e "$SANDBOX/tmp/post.log" ] || fail "post-stop did not run after $type failed"
        OUT=$(find /sys/fs/cgroup -name "*$C1*" 2>/dev/null)
        out_is ''
    done
    expect 1 lxcpp-start -n "$C1" -s 'lxc.hook.pre-start=relative/hook'
    err_has relative/hook
    expect 1 lxcpp-start -n "$C1" -s 'lxc.hook.pre-start=/no/such/hook'
    err_has /no/such/hook
}

test_hooks_see_the_reboot() {
    make_hook
    local lines
    mapfile -t lines < <(hook_lines pre-start post-stop)
    make_container "$C1" "${lines[@]}"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit reboot-once /rebooted touch /second pause
    until [ -e "$LXCPATH/$C1/rootfs/second" ]; do kill -0 "$(init_pid "$C1")" 2>/dev/null; done
    wait_state "$C1" RUNNING
    is "$(grep -c '^LXC_TARGET=reboot' "$SANDBOX/tmp/h/post-stop.log")" 1 "post-stop with LXC_TARGET=reboot"
    is "$(grep -c '^args' "$SANDBOX/tmp/h/pre-start.log")" 2 "runs of pre-start"
}
