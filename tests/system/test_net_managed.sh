# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Containers on the managed bridge. The test's own network namespace is the host's.
# network namespace: own

# shellcheck source=tests/system/network.sh
source "$(dirname "${BASH_SOURCE[0]}")/network.sh"

managed_container() { # NAME [LINE…]
    make_net_container "$1" "lxc.net.0.type = veth" "lxc.net.0.flags = up" "lxc.net.0.link = lxcppbr0" "${@:2}"
}

# Sets IP and GATEWAY to what the container would be given, and gives it that.
take_address() { # NAME
    expect 0 lxcpp-net leases --format csv
    IP=$(grep "^$1," <<<"$OUT" | cut -d, -f3)
    GATEWAY=$(ip -4 -o address show dev lxcppbr0 | sed 's/.*inet \([0-9.]*\).*/\1/')
    inside "$1" ip address add "$IP/24" dev eth0
}
ports() { nft list table bridge lxcpp_lxcppbr0 | grep -c "\"$1\"" || true; }
ends() { # down, and nothing of it stays
    expect 0 lxcpp-net down --force
    links_become "$BEFORE"
    rm -rf "$LXCPP_STATE_DIR/.network"
}
prepare() {
    need_tool nft
    need_tool dnsmasq
    ip link set lo up
    BEFORE=$(links)
}

test_a_start_makes_the_bridge_and_a_stop_leaves_no_rules() {
    prepare
    managed_container "$C1" 'lxc.net.0.veth.pair = port1' 'lxc.publish = 8080:80'
    managed_container "$C2"
    start "$C1"
    expect 0 lxcpp-net status
    out_has "lxcppbr0 (up)"
    start "$C2"
    take_address "$C2"
    local second="$IP"
    take_address "$C1"
    differs "$IP" "$second" "addresses"
    can_ping "$C1" "$GATEWAY"
    can_ping "$C1" "$second"
    can_ping "$C2" "$IP"
    # What the filter guards: another's address is not answered for.
    inside "$C1" ip address del "$IP/24" dev eth0
    inside "$C1" ip address add "${IP%.*}.250/24" dev eth0
    cannot_ping "$C1" "$GATEWAY"
    inside "$C1" ip address del "${IP%.*}.250/24" dev eth0
    inside "$C1" ip address add "$IP/24" dev eth0
    # The published port.
    inside "$C1" ip route add default via "$GATEWAY"
    lxcpp-attach -n "$C1" -- /bin/busybox nc -l -p 80 -e /bin/busybox echo from-inside >/dev/null 2>&1 </dev/null &
    local server=$! deadline=$((SECONDS + 15)) text=''
    until [ "$text" = from-inside ] || [ $SECONDS -ge $deadline ]; do text=$(busybox nc -w 2 127.0.0.1 8080 </dev/null 2>/dev/null); done
    is "$text" from-inside "what is behind the published port"
    kill $server 2>/dev/null
    wait $server 2>/dev/null
    differs "$(ports port1)" 0 "elements of the port"
    stop "$C1"
    is "$(ports port1)" 0 "elements of the port after the stop"
    stop "$C2"
    # The same address the next time, and none for a container that is gone.
    local before="$IP"
    start "$C1"
    take_address "$C1"
    is "$IP" "$before" "the address after a stop and a start"
    stop "$C1"
    expect 0 lxcpp-destroy -n "$C1"
    expect 0 lxcpp-net leases --format csv
    out_lacks "$C1,"
    expect 0 lxcpp-destroy -n "$C2"
    ends
}

# The same after everything of the container was killed: the next command takes the rules away.
test_a_container_that_was_killed_with_its_monitor_leaves_no_rules() {
    prepare
    managed_container "$C1" 'lxc.net.0.veth.pair = port1'
    start "$C1"
    differs "$(ports port1)" 0 "elements of the port"
    kill -9 "$(monitor_of "$C1")" "$(init_pid "$C1")"
    expect 0 lxcpp-ls -f
    start "$C1"
    stop "$C1"
    is "$(ports port1)" 0 "elements of the port"
    expect 0 lxcpp-destroy -n "$C1"
    ends
}

test_ports_are_published_on_the_managed_bridge_only() {
    prepare
    make_bridge
    make_net_container "$C1" "lxc.net.0.type = veth" "lxc.net.0.link = br0" 'lxc.publish = 8080:80'
    expect 1 lxcpp-start -n "$C1"
    err_has "lxc.publish"
    err_has "no device on the managed bridge"
    sed -i 's/^lxc.net.0.link.*/lxc.net.0.link = lxcppbr0/' "$LXCPATH/$C1/config"
    start "$C1"
    stop "$C1"
    expect 0 lxcpp-destroy -n "$C1"
    ip link del br0
    ends
}
