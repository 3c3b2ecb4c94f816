# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lxcpp-stop -k while lxcpp-start is at any of its steps, where no cgroup tells what belongs to the container.

# shellcheck source=tests/system/users.sh
source "$(dirname "${BASH_SOURCE[0]}")/users.sh"

# Processes in a pid namespace that is not ours. A killed one takes a moment.
strangers() {
    local own proc namespace deadline=$((SECONDS + 5)) found
    own=$(readlink /proc/self/ns/pid)
    while :; do
        found=
        for proc in /proc/[0-9]*; do
            namespace=$(readlink "$proc/ns/pid" 2>/dev/null) || continue
            [ "$namespace" = "$own" ] || found+="${proc#/proc/} $(tr '\0' ' ' 2>/dev/null <"$proc/cmdline"); "
        done
        [ -z "$found" ] || [ $SECONDS -ge $deadline ] && break
        read -r -t 0.05 <> <(:) || true
    done
    echo "$found"
}

# Rounds; the rest is the prefix of a command.
kill_meets_start() {
    local rounds="$1" round starter left end=$((SECONDS + 240)) # on a machine that does much else
    shift
    for ((round = 1; round <= rounds && SECONDS < end; ++round)); do
        timeout 60 "$@" lxcpp-start -n "$C1" </dev/null >"$SANDBOX/tmp/start" 2>&1 &
        starter=$!
        read -r -t "$(printf '0.%03d' $((round % 30 * 3)))" <> <(:) || true # each time at another of its steps
        while kill -0 $starter 2>/dev/null; do timeout 60 "$@" lxcpp-stop -k -n "$C1" </dev/null >"$SANDBOX/tmp/stop" 2>&1; done
        wait $starter
        timeout 60 "$@" lxcpp-stop -k -n "$C1" </dev/null >/dev/null 2>&1
        is "$("$@" lxcpp-info -n "$C1" -s -H)" STOPPED "state after round $round"
        left=$(strangers)
        [ -z "$left" ] && continue
        fail "after round $round there runs, and nobody knows of it: $left; start said: $(cat "$SANDBOX/tmp/start")"
        return
    done
}

test_of_a_user() { # 600 s
    need_tool busybox
    make_users
    expect 0 "${AS_ANNA[@]}" lxcpp-create -n "$C1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    kill_meets_start 120 "${AS_ANNA[@]}"
    expect 0 "${AS_ANNA[@]}" lxcpp-destroy -f -n "$C1"
    forget_users
}

test_of_root_without_cgroups() { # 600 s
    make_container "$C1" 'lxc.mount.auto =' 'lxc.mount.auto = proc:mixed sys:mixed'
    awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts | sort -r | while read -r mount; do umount -l "$mount"; done
    kill_meets_start 60 env
}
