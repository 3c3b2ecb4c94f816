# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# The setuid helper reads no environment: what it looks for by fixed paths is put there, for this test's mount namespace.

# shellcheck source=tests/system/users.sh
source "$(dirname "${BASH_SOURCE[0]}")/users.sh"

USERNET=/etc/lxcpp/lxcpp-usernet

cover() { # DIRECTORY: changes to it are seen by nobody else
    local name="$SANDBOX/over${1//\//-}"
    mkdir "$name"
    mount -t tmpfs -o mode=0755 tmpfs "$name"
    mkdir "$name/upper" "$name/work"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$name/upper,workdir=$name/work" "$1"
    COVERED="$1 $name $COVERED"
}

# A machine on which lxcpp is installed with its helper, and anna, bert and carl.
install_helper() {
    local prefix="${LXCPP_TEST_PREFIX:?}"
    COVERED=''
    trap 'restore_machine 2>/dev/null' EXIT
    for directory in /etc /usr/local /var/lib; do cover "$directory"; done
    case "$prefix" in /usr/local*) ;; *) skip "this build is for the prefix $prefix, not /usr/local" ;; esac
    mkdir "$SANDBOX/over-run"
    mount -t tmpfs -o mode=0755 tmpfs /run
    COVERED="/run $COVERED"
    mkdir -p "$prefix/libexec/lxcpp" /etc/lxcpp
    mount --bind "$LXCPP_LIBEXEC_DIR" "$prefix/libexec/lxcpp"
    COVERED="$prefix/libexec/lxcpp $COVERED"
    HELPER="$prefix/libexec/lxcpp/lxcpp-user-nic"
    install -m 0755 "${LXCPP_NIC_CALLER:?}" "$SANDBOX/support/nic-caller"
    CALLER="$SANDBOX/support/nic-caller"
    make_users
    trap 'restore_machine 2>/dev/null' EXIT
    is "$(stat -c %u:%a "$HELPER")" 0:4755 "owner and mode of the helper"
    [ "$(stat -c %u:%a "$HELPER")" = 0:4755 ] || skip "the stage is not root's"
}
restore_machine() {
    local place
    [ -z "${TARGETS:-}" ] || kill $TARGETS 2>/dev/null
    forget_users 2>/dev/null
    for place in $COVERED; do umount "$place" || umount -l "$place"; done
}

usernet() { printf '%s\n' "$@" >"$USERNET"; }

# A network namespace of a user's: its first process becomes $1.
target() { # VARIABLE COMMAND-PREFIX…
    local variable="$1" pid
    shift
    "$@" unshare --user --net sh -c 'exec sleep infinity' &
    pid=$!
    TARGETS="${TARGETS:-} $pid"
    until [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = sleep ]; do read -r -t 0.01 <> <(:) || true; done
    printf -v "$variable" %s "$pid"
}
end_target() { kill "$1"; wait "$1" 2>/dev/null; TARGETS="${TARGETS/ $1/}"; }

# nic PREFIX PID BRIDGE [NAME [CONTAINER [INDEX [ADDRESS]]]]
nic() {
    local -n as="$1"
    local pid="$2" bridge="$3"
    shift 3
    run "${as[@]}" "$CALLER" "$pid" "/proc/$pid/ns/net" "$HELPER" create "$bridge" "${1-eth0}" "${2-c1}" "${3-0}" "${@:4}"
}
# The same; the exit code must be $1.
nic_is() {
    local wanted="$1" code
    shift
    nic "$@"
    code=$?
    is "$code" "$wanted" "exit code of lxcpp-user-nic $*"
    [ "$code" = "$wanted" ]
}
peers() { ip -o link | sed -n 's/^[0-9]*: \(veth[^@:]*\).*/\1/p' | sort; }
no_peers() {
    local deadline=$((SECONDS + 10))
    until [ -z "$(peers)" ]; do
        [ $SECONDS -lt $deadline ] || { is "$(peers)" '' "interfaces that are left"; return; }
        read -r -t 0.02 <> <(:) || true
    done
}
