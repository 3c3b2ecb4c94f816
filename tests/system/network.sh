# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# What the tests of networks share.

make_bridge() {
    ip link add name br0 type bridge forward_delay 0 && ip link set br0 up
    ip address add 10.99.0.1/24 dev br0
    ip -6 address add fd99::1/64 dev br0 nodad
}

veth_lines() {
    printf '%s\n' "lxc.net.0.type = veth" "lxc.net.0.flags = up" "lxc.net.0.link = br0" "lxc.net.0.ipv4.address = 10.99.0.$1/24" "${@:2}"
}

make_net_container() {
    local name="$1" lines
    need_tool busybox
    mapfile -t lines < <(printf '%s\n' 'lxc.net =' "${@:2}")
    make_container "$name" "${lines[@]}"
}

inside() { expect 0 lxcpp-attach -n "$1" -- /bin/busybox "${@:2}"; }
pings() { run lxcpp-attach -n "$1" -- /bin/busybox ping -c 1 -W "${3:-3}" "$2"; }
can_ping() { pings "$1" "$2" || fail "$1 does not reach $2"; }
cannot_ping() { ! pings "$1" "$2" 1 || fail "$1 reaches $2"; }
host_pings() { run busybox ping -c 1 -W 3 "$1" || fail "the host does not reach $1"; }
links() { ip -o link | sed 's/^[0-9]*: //; s/[@:].*//' | sort | tr '\n' ' '; }

# The kernel removes a pair a moment after its container.
links_become() {
    local deadline=$((SECONDS + 20))
    until [ "$(links)" = "$1" ]; do
        [ $SECONDS -lt $deadline ] || { is "$(links)" "$1" "the host's interfaces"; return; }
        read -r -t 0.02 <> <(:) || true
    done
}

# The test's network leads to where the machine's leads, by a program that asks there: nothing is made on the machine.
way_out() {
    need_tool slirp4netns
    local ready word own="$BASHPID" # not of the program below
    mkfifo "$SANDBOX/tmp/ready"
    exec {ready}<>"$SANDBOX/tmp/ready"
    nsenter --net="/proc/self/fd/$LXCPP_MACHINE_NETWORK" slirp4netns --configure --mtu=1500 --ready-fd="$ready" \
        --netns-type=path "/proc/$own/ns/net" up0 >"$SANDBOX/log/slirp" 2>&1 &
    WAY_OUT=$!
    read -r -n 1 -t 20 -u "$ready" word || { cat "$SANDBOX/log/slirp"; fail "the network has no way out"; exit 1; }
    exec {ready}<&-
}

make_lan() {
    ip link add name lan0 address 02:00:00:00:00:01 mtu 1450 type veth peer name lan1
    ip link property add dev lan0 altname a-longer-name-of-lan0
    ip link set lan1 up && ip address add 10.95.0.1/24 dev lan1
}

# lan0 as make_lan made it.
lan_is_back() {
    OUT=$(ip -d link show lan0 2>&1)
    out_has 02:00:00:00:00:01
    out_has 'mtu 1450'
    out_has 'altname a-longer-name-of-lan0'
    out_lacks 'altname evil'
}
