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
monitor_of() { awk '{print $4}' "/proc/$(init_pid "$1")/stat"; }
# A process that was killed is there until the kernel has taken it apart.
until_gone() { # PID
    local deadline=$((SECONDS + 20))
    until [ ! -e "/proc/$1" ] || grep -q '^State:.[ZX]' "/proc/$1/status" 2>/dev/null; do
        [ $SECONDS -lt $deadline ] || { fail "process $1 lives"; return; }
        read -r -t 0.01 <> <(:) || true
    done
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
    local init
    init=$(init_pid "$C1")
    kill -9 "$(monitor_of "$C1")" "$init" || fail "nothing was killed"
    until_gone "$init"
    expect 0 lxcpp-ls -f
    start "$C1"
    stop "$C1"
    is "$(ports port1)" 0 "elements of the port"
    expect 0 lxcpp-destroy -n "$C1"
    ends
}

# The kernel shows the interface of a container that has ended for seconds; the bridge is not in use by that.
test_down_goes_by_who_runs() {
    local i init
    prepare
    managed_container "$C1"
    for i in 1 2 3 4 5; do
        start "$C1"
        expect 1 lxcpp-net down
        err_is_one_line
        err_has "lxcppbr0 is in use by $C1: stop it, or add --force"
        stop "$C1"
        expect 0 lxcpp-net down
    done
    start "$C1"
    ip link delete lxcppbr0
    expect 1 lxcpp-net down
    err_has "lxcppbr0 is in use by $C1"
    init=$(init_pid "$C1")
    kill -9 "$(monitor_of "$C1")" "$init" || fail "nothing was killed"
    until_gone "$init"
    expect 0 lxcpp-net down
    start "$C1"
    stop "$C1"
    expect 0 lxcpp-destroy -n "$C1"
    ends
}

rules() { nft list ruleset; }
# LXCPP_NET_ROUNDS=1000 tests/system/case … for more; what a round leaves behind shows after a few.
test_rounds_leave_nothing() { # 3600 s
    local i rounds="${LXCPP_NET_ROUNDS:-12}" before_rules before_links notes
    prepare
    managed_container "$C1" 'lxc.publish = 8080:80' 'lxc.publish = 8080:80/udp'
    expect 0 lxcpp-net up
    before_rules=$(rules)
    before_links=$(links)
    notes="$LXCPP_RUNTIME_DIR/.network/lxcppbr0"
    for ((i = 1; i <= rounds; i++)); do
        lxcpp-start -n "$C1" || { fail "start $i"; break; }
        # Leases too, and both ways to end.
        if ((i % 4 == 1)); then
            expect 0 lxcpp-attach -n "$C1" -- /bin/busybox udhcpc -i eth0 -n -q -f -t 5 -T 1 -s /bin/nothing
            stop "$C1"
        else
            lxcpp-stop -k -n "$C1" || { fail "stop $i"; break; }
        fi
    done
    links_become "$before_links"
    expect 0 lxcpp-net up # which forgets interfaces that are gone
    is "$(rules)" "$before_rules" "rules and elements after $rounds rounds"
    is "$(find "$notes/ports" "$notes/left" -type f 2>/dev/null | wc -l)" 0 "records of ports"
    is "$(wc -l <"$LXCPP_STATE_DIR/.network/lxcppbr0/leases")" 1 "leases"
    expect 0 lxcpp-destroy -n "$C1"
    is "$(wc -l <"$LXCPP_STATE_DIR/.network/lxcppbr0/leases")" 0 "leases after the destroy"
    is "$(find "$LXCPP_STATE_DIR/.network/lxcppbr0/"{addresses,dhcp-hosts,names} -type f | wc -l)" 0 "files of addresses"
    ends
}

# As systemd would do it: up at the boot, and down, which takes nothing from containers that run.
test_the_unit() {
    local unit="$LXCPP_TEST_STAGE$LXCPP_TEST_PREFIX/lib/systemd/system/lxcpp-net.service"
    is "$(sed -n 's/^Exec\([A-Za-z]*\)=/\1 /p' "$unit")" "Start $LXCPP_TEST_PREFIX/bin/lxcpp-net up
Reload $LXCPP_TEST_PREFIX/bin/lxcpp-net up
Stop -$LXCPP_TEST_PREFIX/bin/lxcpp-net down" 'what systemd runs'
}
test_the_unit_as_systemd_reads_it() {
    local unit="$LXCPP_TEST_STAGE$LXCPP_TEST_PREFIX/lib/systemd/system/lxcpp-net.service"
    need_tool systemd-analyze
    sed "s|$LXCPP_TEST_PREFIX/bin|$LXCPP_TEST_STAGE&|" "$unit" >"$SANDBOX/tmp/lxcpp-net.service"
    expect 0 systemd-analyze verify --man=no "$SANDBOX/tmp/lxcpp-net.service"
    is "$OUT$ERR" '' 'what systemd says of it'
}

refuses_to_start() { # MESSAGE LINE…
    make_net_container "$C1" "${@:2}"
    expect 1 lxcpp-start -n "$C1"
    err_is_one_line
    err_has "$1"
    expect 0 lxcpp-destroy -n "$C1"
}
# One clear line for each, before the kernel is asked.
test_contradictions_are_named() {
    local veth=('lxc.net.0.type = veth' 'lxc.net.0.link = lxcppbr0')
    prepare
    expect 0 lxcpp-net up
    ip link add taken0 type veth peer name taken1
    ip link set taken0 up
    refuses_to_start 'lxc.net.0.hwaddr: is no address: the kernel takes zeros for none' "${veth[@]}" 'lxc.net.0.hwaddr = 00:00:00:00:00:00'
    refuses_to_start 'lxc.net.0.hwaddr: is an address of many' "${veth[@]}" 'lxc.net.0.hwaddr = 01:00:5e:00:00:01'
    refuses_to_start "lxc.net.0.veth.pair: lxcppbr0 is the bridge's own name" "${veth[@]}" 'lxc.net.0.veth.pair = lxcppbr0'
    refuses_to_start 'lxc.net.0.veth.pair: the host has an interface taken0 already' "${veth[@]}" 'lxc.net.0.veth.pair = taken0'
    is "$(ports taken0)" 0 "elements for the interface of somebody else"
    refuses_to_start 'lxc.net.0.mtu: 65536 is more than the kernel takes: 65535 at most' "${veth[@]}" 'lxc.net.0.mtu = 65536'
    refuses_to_start 'lxc.net.0.mtu: 9000 is more than that of taken0, on which it is: 1500' 'lxc.net.0.type = macvlan' 'lxc.net.0.link = taken0' 'lxc.net.0.mtu = 9000'
    refuses_to_start 'lxc.net.0.link: lxcppbr0 is a bridge, and the kernel moves none' 'lxc.net.0.type = phys' 'lxc.net.0.link = lxcppbr0'
    refuses_to_start 'lxc.net.0.mtu: taken0 does not take 70000; it has 1500 now' 'lxc.net.0.type = phys' 'lxc.net.0.link = taken0' 'lxc.net.0.mtu = 70000'
    refuses_to_start "lxc.net.0.type: lxc.net.1.type = none leaves the container in the host's network" "${veth[@]}" 'lxc.net.1.type = none'
    refuses_to_start 'lxc.net.0.ipv4.address: 10.0.3.9 is there twice' "${veth[@]}" 'lxc.net.0.ipv4.address = 10.0.3.9/24' 'lxc.net.0.ipv4.address = 10.0.3.9/24'
    refuses_to_start 'lxc.net.1.ipv4.address: 10.0.3.9 is there twice: lxc.net.0 has it already' "${veth[@]}" 'lxc.net.0.ipv4.address = 10.0.3.9/24' \
        'lxc.net.1.type = veth' 'lxc.net.1.link = lxcppbr0' 'lxc.net.1.ipv4.address = 10.0.3.9/24'
    refuses_to_start 'lxc.publish: the container has no device to which a port of the host could lead' 'lxc.net.0.type = empty' 'lxc.publish = 99:99'
    refuses_to_start 'lxc.publish: the container has no device to which a port of the host could lead' 'lxc.net.0.type = none' 'lxc.publish = 99:99'
    refuses_to_start 'lxc.publish: 99:99/tcp and 99:98/tcp are the same port of the host' "${veth[@]}" 'lxc.publish = 99:99' 'lxc.publish = 99:98'
    refuses_to_start 'lxc.publish: 127.0.0.1:99:99/tcp and 99:98/tcp are the same port of the host' "${veth[@]}" 'lxc.publish = 127.0.0.1:99:99' 'lxc.publish = 0.0.0.0:99:98'
    ip link del taken0
    ends
}

# What a start has to say of its network reaches who starts it.
test_a_start_says_what_of_its_network_is_missing() {
    prepare
    managed_container "$C1" 'lxc.publish = 198.51.100.9:99:99'
    expect 0 lxcpp-start -n "$C1"
    err_has 'lxc.publish = 198.51.100.9:99:99/tcp: the host has no address 198.51.100.9'
    stop "$C1"
    expect 0 lxcpp-destroy -n "$C1"
    managed_container localhost
    expect 0 lxcpp-start -n localhost
    err_has 'the container has no name on lxcppbr0'
    stop localhost
    expect 0 lxcpp-destroy -n localhost
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
