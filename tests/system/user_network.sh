# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# What the tests of user-mode networking share: this test's network namespace is the host's, with an uplink to another
# one, outside, where a server is. Of the host's own there are servers on its loopback, which no container may reach.

# shellcheck source=tests/system/users.sh
source "$(dirname "${BASH_SOURCE[0]}")/users.sh"

HOST4=198.51.100.2 OUTSIDE4=198.51.100.1 HOST6=2001:db8:9::2 OUTSIDE6=2001:db8:9::1
SERVERS=()

# In the background until the test ends; returns once it listens.
serve() { # [command in front…] -- tcp|udp ADDRESS PORT TEXT [FILE]
    local front=() ready
    while [ "$1" != -- ]; do front+=("$1"); shift; done
    shift
    exec {ready}< <(exec "${front[@]}" "$SANDBOX/support/net-peer" serve "$@" 2>&1)
    SERVERS+=($!)
    read -r -t 20 -u "$ready" line || true
    [ "$line" = ready ] || fail "net-peer serve $*: $line"
    exec {ready}<&-
}

make_outside() {
    install -m 0755 "${LXCPP_NET_PEER:?}" "$SANDBOX/support/net-peer"
    mkfifo "$SANDBOX/tmp/outside"
    unshare --net sh -c "echo >$SANDBOX/tmp/outside; exec sleep 1000" &
    OUTSIDE=$!
    read -r _ <"$SANDBOX/tmp/outside"
    SERVERS+=($OUTSIDE)
    OUT_NS=(nsenter --target $OUTSIDE --net)
    ip link add up0 type veth peer name out0 netns $OUTSIDE
    ip address add $HOST4/24 dev up0 && ip -6 address add $HOST6/64 dev up0 nodad && ip link set up0 up
    "${OUT_NS[@]}" ip link set lo up
    "${OUT_NS[@]}" ip address add $OUTSIDE4/24 dev out0
    "${OUT_NS[@]}" ip -6 address add $OUTSIDE6/64 dev out0 nodad
    "${OUT_NS[@]}" ip link set out0 up
    ip route add default via $OUTSIDE4 && ip -6 route add default via $OUTSIDE6
    # Without one of its own the interface has no IPv6 for pasta.
    local deadline=$((SECONDS + 20))
    until ip -6 -o address show dev up0 scope link | grep -vq tentative; do
        [ $SECONDS -lt $deadline ] || { fail "up0 has no address on the link"; break; }
        read -r -t 0.02 <> <(:) || true
    done
    serve "${OUT_NS[@]}" -- tcp :: 8000 outside
    serve "${OUT_NS[@]}" -- udp :: 8000 outside
    serve -- tcp 127.0.0.1 7000 loopback
    serve -- tcp ::1 7000 loopback
    serve -- udp :: 7001 host "$SANDBOX/tmp/datagrams"
    # The resolver of the host, at an address that is nobody else's.
    need_tool dnsmasq
    dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces --listen-address=127.0.0.53 --no-daemon \
        --except-interface=nothing --pid-file= --user=root --address=/outside.test/$OUTSIDE4 --address=/outside.test/$OUTSIDE6 2>"$SANDBOX/tmp/dnsmasq" &
    SERVERS+=($!)
    echo 'nameserver 127.0.0.53' >"$SANDBOX/tmp/resolv.conf"
    chmod 0644 "$SANDBOX/tmp/resolv.conf"
    [ -e /etc/resolv.conf ] || skip "there is no /etc/resolv.conf to hide"
    mount --bind "$SANDBOX/tmp/resolv.conf" /etc/resolv.conf
}

# Users may open it where udev runs.
make_tun() {
    [ -c /dev/net/tun ] || skip "there is no /dev/net/tun"
    mount -t tmpfs -o mode=0755 tmpfs "$SANDBOX/support/dev" 2>/dev/null || { mkdir "$SANDBOX/support/dev"; mount -t tmpfs -o mode=0755 tmpfs "$SANDBOX/support/dev"; }
    mknod -m 0666 "$SANDBOX/support/dev/tun" c 10 200
    mount --bind "$SANDBOX/support/dev/tun" /dev/net/tun
}
# A program that is there and is none.
hide() { mount --bind /dev/null "$(realpath "/usr/bin/$1")"; }

prepare() { # [what makes the users]
    need_tool busybox
    need_tool pasta
    need_tool slirp4netns
    ip link set lo up
    "${1:-make_users}"
    local config="$SANDBOX/home/anna/.config/lxcpp"
    mkdir -p "$config"
    echo 'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed' >"$config/default.conf"
    chown -R $ANNA:$ANNA "${config%/lxcpp}"
    make_tun
    make_outside
    RUNTIME="$SANDBOX/home/anna/.cache/lxcpp/run"
}
finish() {
    kill "${SERVERS[@]}" 2>/dev/null
    wait "${SERVERS[@]}" 2>/dev/null
    is "$(user_net_processes)" "" "processes that are left"
    umount /etc/resolv.conf /dev/net/tun "$SANDBOX/support/dev"
    forget_users
}

anna() { expect 0 "${AS_ANNA[@]}" "$@"; }
anna_container() { # NAME [LINE…]
    local config="$SANDBOX/home/anna/.local/share/lxcpp/$1/config" rootfs
    anna lxcpp-create -n "$1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    printf '%s\n' 'lxc.net =' "lxc.log.file = $SANDBOX/home/anna/$1.log" 'lxc.log.level = INFO' "${@:2}" >>"$config"
    rootfs=$(dirname "$config")/rootfs
    install -m 0755 "$SANDBOX/support/net-peer" "$rootfs/bin/net-peer"
    echo 'nameserver 10.0.2.3' >"$rootfs/etc/resolv.conf"
}
user_nic() { printf '%s\n' "lxc.net.0.type = ${TYPE:-user}" "lxc.net.0.flags = up" "$@"; }
anna_start() { anna lxcpp-start -n "$@"; start_notes; }
# Users of this test have no login.
start_notes() { ERR=$(grep -v -e "there is no directory of this login" -e "no cgroup here is this user's" <<<"$ERR"); }
# A start that fails, with one line that has the text.
refuses_to_start() { # NAME TEXT
    expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$1"
    start_notes
    err_has "$2"
    err_is_one_line
}
anna_stop() { anna lxcpp-stop -k -n "$1"; }
inside() { run "${AS_ANNA[@]}" lxcpp-attach -n "$1" -- "${@:2}"; }
# Asks from inside; the answer begins with that.
reaches() { # NAME tcp|udp ADDRESS PORT ANSWER
    inside "$1" /bin/net-peer ask "$2" "$3" "$4" || fail "$1 does not reach $2 $3 $4"
    out_has "$5"
}
reaches_not() { ! inside "$1" /bin/net-peer ask "$2" "$3" "$4" || fail "$1 reaches $2 $3 $4"; }
# The same from the host, or from outside.
host_reaches() { run "$SANDBOX/support/net-peer" ask "$1" "$2" "$3" || fail "the host does not reach $1 $2 $3"; out_has "$4"; }
outside_reaches() { run "${OUT_NS[@]}" "$SANDBOX/support/net-peer" ask "$1" "$2" "$3" || fail "outside does not reach $1 $2 $3"; out_has "$4"; }
outside_reaches_not() { ! run "${OUT_NS[@]}" "$SANDBOX/support/net-peer" ask "$1" "$2" "$3" || fail "outside reaches $1 $2 $3"; }
# Servers inside; they end with the container.
serve_inside() { # NAME tcp|udp PORT
    local ready line=''
    exec {ready}< <(exec timeout 100 "${AS_ANNA[@]}" lxcpp-attach -n "$1" -- /bin/net-peer serve "$2" :: "$3" "inside-$1" 2>&1)
    SERVERS+=($!)
    read -r -t 20 -u "$ready" line || true
    [ "$line" = ready ] || fail "net-peer inside: $line"
    exec {ready}<&-
}
user_net_processes() { ps -e -o comm= | grep -E 'lxcpp-user-net|pasta|passt|slirp4netns' | sort | tr '\n' ' '; }
processes_become() {
    local deadline=$((SECONDS + 20))
    until [ "$(user_net_processes)" = "$1" ]; do
        [ $SECONDS -lt $deadline ] || { is "$(user_net_processes)" "$1" "programs of user-mode networking"; return; }
        read -r -t 0.02 <> <(:) || true
    done
}
pid_of() { ps -e -o pid=,comm= | awk -v name="$1" 'index($2, name) == 1 {print $1; exit}'; }
