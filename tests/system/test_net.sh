# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Networks: what lxc.net keys make, and that nothing of it stays. The test's own network namespace is the host's.
# network namespace: own

# shellcheck source=tests/system/network.sh
source "$(dirname "${BASH_SOURCE[0]}")/network.sh"

test_two_containers_on_a_bridge_and_the_host_reach_each_other() {
    local before lines
    make_bridge
    before=$(links)
    mapfile -t lines < <(veth_lines 11 'lxc.net.0.ipv4.gateway = auto' 'lxc.net.0.ipv6.address = fd99::11' 'lxc.net.0.ipv6.gateway = auto' \
        'lxc.net.0.hwaddr = 10:66:6a:00:00:11' 'lxc.net.0.mtu = 1400' 'lxc.net.0.veth.pair = first' 'lxc.net.0.veth.n_txqueues = 2')
    CREATE_OPTIONS='' make_net_container "$C1" "${lines[@]}"
    mapfile -t lines < <(veth_lines 12 'lxc.net.0.name = lan' 'lxc.net.0.hwaddr = 10:66:6a:xx:xx:xx')
    CREATE_OPTIONS=--privileged make_net_container "$C2" "${lines[@]}"
    start "$C1"
    start "$C2"
    err_has ''
    is "$ERR" '' "what the start says"
    inside "$C1" ip address show eth0
    out_has 'mtu 1400'
    out_has '10:66:6a:00:00:11'
    out_has 'inet 10.99.0.11/24 brd 10.99.0.255'
    out_has 'inet6 fd99::11/64'
    out_has 'LOWER_UP'
    inside "$C1" ip route
    out_has 'default via 10.99.0.1 dev eth0'
    inside "$C1" ip -6 route
    out_has 'default via fd99::1 dev eth0'
    inside "$C2" ip address show lan
    out_has 'inet 10.99.0.12/24'
    out_has 'mtu 1400' # the bridge took that of its first port, and the port that of the bridge
    OUT=$(ip -d link show first)
    out_has 'master br0'
    out_has 'link/ether fe:'
    out_has 'numtxqueues 2'
    can_ping "$C1" 10.99.0.12
    can_ping "$C2" 10.99.0.11
    can_ping "$C1" 10.99.0.1
    host_pings 10.99.0.11
    host_pings 10.99.0.12
    expect 0 lxcpp-info -n "$C1"
    out_matches 'IP: +10\.99\.0\.11'
    out_matches 'IP: +fd99::11'
    out_matches 'Link: +first'
    out_matches ' TX bytes: +[1-9]'
    out_matches ' RX bytes: +[1-9]'
    expect 0 lxcpp-info -n "$C2"
    out_matches 'Link: +veth[0-9a-zA-Z]{6}'
    expect 0 lxcpp-ls -f -F NAME,IPV4,IPV6
    out_matches "$C1 +10\.99\.0\.11 +fd99::11"
    stop "$C1"
    stop "$C2"
    links_become "$before"
}

test_the_interfaces_are_there_for_hooks_and_sysctls() {
    local lines
    make_bridge
    printf '#!/bin/sh\n/bin/ip address show eth0 >%s 2>&1\n' "$SANDBOX/tmp/hook.log" >"$SANDBOX/tmp/hook"
    chmod 0755 "$SANDBOX/tmp/hook"
    mapfile -t lines < <(veth_lines 11 'lxc.sysctl.net.ipv4.conf.eth0.forwarding = 1' "lxc.hook.mount = $SANDBOX/tmp/hook")
    CREATE_OPTIONS=--privileged make_net_container "$C1" "${lines[@]}"
    start "$C1"
    OUT=$(<"$SANDBOX/tmp/hook.log")
    out_has 'inet 10.99.0.11/24'
    inside "$C1" cat /proc/sys/net/ipv4/conf/eth0/forwarding
    out_is 1
    is "$(cat /proc/sys/net/ipv4/conf/br0/forwarding)" 0 "forwarding of the host's bridge"
}

test_execute_and_shared_networks_have_them_too() {
    local lines
    make_bridge
    mapfile -t lines < <(veth_lines 11)
    make_net_container "$C1" "${lines[@]}"
    expect 0 lxcpp-execute -n "$C1" -- /bin/busybox ping -c 1 -W 3 10.99.0.1
    start "$C1"
    mapfile -t lines < <(veth_lines 12 "lxc.namespace.share.net = $C1")
    make_net_container "$C2" "${lines[@]}"
    start "$C2"
    err_has 'the interfaces of lxc.net are not made'
    inside "$C2" ip address show eth0
    out_has 10.99.0.11
    stop "$C2"
    stop "$C1"
}

test_router_mode() {
    local before
    ip link add name up0 type bridge && ip link set up0 up && ip address add 192.0.2.1/24 dev up0
    ip route add default via 192.0.2.254
    before=$(links)
    make_net_container "$C1" 'lxc.net.0.type = veth' 'lxc.net.0.flags = up' 'lxc.net.0.veth.mode = router' 'lxc.net.0.veth.pair = routed' \
        'lxc.net.0.ipv4.address = 10.98.0.5/32' 'lxc.net.0.ipv4.gateway = 169.254.0.1' 'lxc.net.0.ipv6.address = fd98::5/128' \
        'lxc.net.0.ipv6.gateway = fe80::1' 'lxc.net.0.veth.ipv4.route = 10.97.0.0/16' 'lxc.net.0.veth.ipv6.route = fd97::/64'
    start "$C1"
    OUT=$(ip route; ip -6 route; ip neigh show proxy; ip -6 neigh show proxy)
    out_has '10.98.0.5 dev routed'
    out_has '10.97.0.0/16 dev routed'
    out_has 'fd98::5 dev routed'
    out_has 'fd97::/64 dev routed'
    out_has '169.254.0.1 dev routed'
    out_has 'fe80::1 dev routed'
    is "$(cat /proc/sys/net/ipv4/conf/routed/forwarding /proc/sys/net/ipv6/conf/routed/proxy_ndp | tr '\n' ' ')" '1 1 ' "sysctls of the host's end"
    inside "$C1" ip route
    out_has 'default via 169.254.0.1 dev eth0'
    can_ping "$C1" 192.0.2.1
    host_pings 10.98.0.5
    # The same names and routes at once again: what the last run had may still be there.
    expect 0 lxcpp-stop -k -n "$C1"
    start "$C1"
    host_pings 10.98.0.5
    expect 0 lxcpp-stop -k -n "$C1"
    links_become "$before"
    OUT=$(ip route; ip -6 route; ip neigh show proxy; ip -6 neigh show proxy)
    out_lacks routed
}

says_it_is_a_router() {
    expect 0 nsenter -t "$(init_pid "$C1")" -n python3 "$(dirname "${BASH_SOURCE[0]}")/../support/frames.py" router eth0 "$(nsenter -t "$(init_pid "$C1")" -n cat /sys/class/net/eth0/address)"
}
leads_to_the_container() { says_it_is_a_router; ip -6 route show default | grep -q 'dev lone'; }
heard_of_it() { [ "$(awk '$1 == "Icmp6InRouterAdvertisements" {print $2}' /proc/net/dev_snmp6/lone)" -gt 0 ]; }

test_a_container_is_no_router_of_the_host() {
    need_tool python3
    make_net_container "$C1" 'lxc.net.0.type = veth' 'lxc.net.0.flags = up' 'lxc.net.0.veth.pair = lone' 'lxc.net.0.ipv4.address = 10.98.0.5/24'
    start "$C1"
    says_it_is_a_router
    until_true heard_of_it
    is "$(ip -6 route show default)" '' 'default routes of the host'
    is "$(cat /proc/sys/net/ipv4/conf/lone/accept_redirects)$(cat /proc/sys/net/ipv6/conf/lone/accept_redirects)" 00 'redirects that it accepts'
    # The twin: an interface as the kernel makes it believes that.
    echo 1 >/proc/sys/net/ipv6/conf/lone/accept_ra
    until_true leads_to_the_container
    stop "$C1"
    # A port of a bridge is an interface of the host again when the bridge goes.
    make_bridge
    make_net_container "$C2" 'lxc.net.0.type = veth' 'lxc.net.0.link = br0' 'lxc.net.0.flags = up' 'lxc.net.0.veth.pair = lone'
    start "$C2"
    is "$(cat /proc/sys/net/ipv6/conf/lone/accept_ra)" 0 'accept_ra of a port'
    stop "$C2"
}

test_macvlan_modes() {
    local mode
    ip link add name up0 type veth peer name up1 && ip link set up1 up
    make_net_container "$C1" 'lxc.net.0.type = macvlan' 'lxc.net.0.flags = up' 'lxc.net.0.link = up0' 'lxc.net.0.ipv4.address = 10.96.0.11/24' \
        'lxc.net.0.hwaddr = 10:66:6a:xx:xx:xx'
    make_net_container "$C2" 'lxc.net.0.type = macvlan' 'lxc.net.0.flags = up' 'lxc.net.0.link = up0' 'lxc.net.0.ipv4.address = 10.96.0.12/24'
    expect 1 lxcpp-start -n "$C1"
    err_is_one_line
    err_has 'lxc.net.0.link: up0 is down, and so would be what is on top of it: ip link set up0 up'
    ip link set up0 up
    for mode in bridge private vepa; do
        expect 0 lxcpp-start -n "$C1" -s lxc.net.0.macvlan.mode=$mode
        expect 0 lxcpp-start -n "$C2" -s lxc.net.0.macvlan.mode=$mode
        inside "$C1" ip address show eth0
        out_has 'inet 10.96.0.11/24'
        if [ $mode = bridge ]; then can_ping "$C1" 10.96.0.12; else cannot_ping "$C1" 10.96.0.12; fi
        stop "$C1"
        stop "$C2"
    done
    expect 0 lxcpp-start -n "$C1" -s lxc.net.0.macvlan.mode=passthru
    expect 1 lxcpp-start -n "$C2" -s lxc.net.0.macvlan.mode=passthru
    err_has 'lxc.net.0.type: make the macvlan interface eth0'
    stop "$C1"
    expect 0 lxcpp-start -n "$C2" -s lxc.net.0.macvlan.mode=passthru
    ip address add 10.96.0.1/24 dev up1
    host_pings 10.96.0.12
}

# up0, on which the host has interfaces of that kind, and up1 at its other end.
make_uplink_for() { # KIND [OPTION…]
    ip link add name up0 type veth peer name up1 && ip link set up1 up && ip link set up0 up
    ip link add link up0 name probe0 type "$@" 2>/dev/null || skip "this kernel has no $1 interfaces"
    ip link delete probe0
}

test_ipvlan_modes() {
    local mode before
    make_uplink_for ipvlan
    before=$(links)
    ip address add 10.96.0.1/24 dev up1
    make_net_container "$C1" 'lxc.net.0.type = ipvlan' 'lxc.net.0.flags = up' 'lxc.net.0.link = up0' 'lxc.net.0.ipv4.address = 10.96.0.11/24'
    make_net_container "$C2" 'lxc.net.0.type = ipvlan' 'lxc.net.0.flags = up' 'lxc.net.0.link = up0' 'lxc.net.0.ipv4.address = 10.96.0.12/24'
    for mode in l2 l3 l3s; do
        expect 0 lxcpp-start -n "$C1" -s lxc.net.0.ipvlan.mode=$mode
        expect 0 lxcpp-start -n "$C2" -s lxc.net.0.ipvlan.mode=$mode
        inside "$C1" cat /sys/class/net/eth0/address
        out_is "$(ip -o link show up0 | sed 's/.*link.ether \([0-9a-f:]*\).*/\1/')"
        can_ping "$C1" 10.96.0.12
        [ $mode != l2 ] || host_pings 10.96.0.11
        stop "$C1"
        stop "$C2"
    done
    for mode in private vepa; do
        expect 0 lxcpp-start -n "$C1" -s lxc.net.0.ipvlan.isolation=$mode
        expect 0 lxcpp-start -n "$C2" -s lxc.net.0.ipvlan.isolation=$mode
        cannot_ping "$C1" 10.96.0.12
        stop "$C1"
        stop "$C2"
    done
    # One address twice on one link.
    start "$C1"
    expect 1 lxcpp-start -n "$C2" -s lxc.net.0.ipv4.address=10.96.0.11/24
    err_is_one_line
    err_has 10.96.0.11
    stop "$C1"
    links_become "$before"
}

test_vlan_of_a_link() {
    local before
    make_uplink_for vlan id 9
    ip link add link up1 name up1.5 type vlan id 5 && ip link set up1.5 up && ip address add 10.96.0.1/24 dev up1.5
    before=$(links)
    make_net_container "$C1" 'lxc.net.0.type = vlan' 'lxc.net.0.flags = up' 'lxc.net.0.link = up0' 'lxc.net.0.vlan.id = 5' 'lxc.net.0.ipv4.address = 10.96.0.11/24'
    make_net_container "$C2" 'lxc.net.0.type = vlan' 'lxc.net.0.flags = up' 'lxc.net.0.link = up0' 'lxc.net.0.vlan.id = 7' 'lxc.net.0.ipv4.address = 10.96.0.12/24'
    start "$C1"
    start "$C2"
    host_pings 10.96.0.11
    ! run busybox ping -c 1 -W 1 10.96.0.12 || fail "another VLAN is reached"
    cannot_ping "$C1" 10.96.0.12
    stop "$C2"
    expect 1 lxcpp-start -n "$C2" -s lxc.net.0.vlan.id=5
    err_is_one_line
    err_has 'lxc.net.0.type: make the vlan interface eth0'
    stop "$C1"
    expect 0 lxcpp-start -n "$C2" -s lxc.net.0.vlan.id=5
    host_pings 10.96.0.12
    stop "$C2"
    links_become "$before"
}

refused() {
    expect 1 lxcpp-start -n "$C1" "${@:2}"
    err_is_one_line
    err_has "$1"
}

test_wrong_values_are_named() {
    local lines before
    make_bridge
    make_lan
    before=$(links)
    mapfile -t lines < <(veth_lines 11)
    make_net_container "$C1" "${lines[@]}"
    refused 'lxc.net.0.link: there is no bridge br9 on the host: make it, or name another one' -s lxc.net.0.link=br9
    refused 'lxc.net.0.link: lan1 is no bridge, but a veth interface: name one, or share the interface with lxc.net.0.type = macvlan' \
        -s lxc.net.0.link=lan1
    refused 'lxc.net.0.veth.pair: the host has an interface lan1 already' -s lxc.net.0.veth.pair=lan1
    refused 'lxc.net.0.ipv4.address: 10.1.2.3 has no prefix: write 10.1.2.3/24' -s lxc.net.0.ipv4.address=10.1.2.3
    refused 'lxc.net.0.mtu: "10" is not valid, expected a number of at least 68' -s lxc.net.0.mtu=10
    refused 'lxc.net.0.ipv4.address: 10.99.0.11 is there twice: lxc.net.0 has it already' -s lxc.net.0.ipv4.address=10.99.0.11/24
    ip -6 address flush dev br0
    refused 'lxc.net.0.ipv6.gateway: "auto" is the address of br0, which has none of IPv6: give it one, or name the gateway' \
        -s lxc.net.0.ipv6.address=fd99::11 -s lxc.net.0.ipv6.gateway=auto
    refused 'lxc.net.0.link: there is no network interface nope0 on the host: make it, or name another one' \
        -s lxc.net.0.type=macvlan -s lxc.net.0.link=nope0
    refused 'lxc.net.0.link: there is no network interface on the host whose name begins with nope, or none is left' \
        -s lxc.net.0.type=phys -s lxc.net.0.link=nope+
    refused 'lxc.net.0.l2proxy: needs the sysctl net.ipv4.conf.br0.forwarding = 1 on the host' -s lxc.net.0.l2proxy=1
    refused 'lxc.net.0.veth.vlan.id: ' -s lxc.net.0.veth.vlan.id=5
    # What this kernel has not is named with its option; what it has works.
    for type in vlan ipvlan; do
        run lxcpp-start -n "$C1" -s "lxc.net.0.type=$type" -s lxc.net.0.link=lan1 && { stop "$C1"; continue; }
        err_is_one_line
        err_has "lxc.net.0.type: make the $type interface eth0: this kernel has no $type interfaces (CONFIG_"
    done
    links_become "$before"
    start "$C1"
    host_pings 10.99.0.11
}

test_the_host_answers_for_a_container() {
    local lines
    make_bridge
    mapfile -t lines < <(veth_lines 11 'lxc.net.0.l2proxy = 1' 'lxc.net.0.ipv6.address = fd99::11')
    make_net_container "$C1" "${lines[@]}"
    echo 1 >/proc/sys/net/ipv4/conf/br0/forwarding
    echo 1 >/proc/sys/net/ipv6/conf/br0/forwarding
    echo 1 >/proc/sys/net/ipv6/conf/br0/proxy_ndp
    start "$C1"
    OUT=$(ip neigh show proxy; ip -6 neigh show proxy)
    out_has '10.99.0.11 dev br0'
    out_has 'fd99::11 dev br0'
    stop "$C1"
    is "$(ip neigh show proxy; ip -6 neigh show proxy)" '' "proxies after the stop"
}

test_vlans_of_a_bridge() {
    ip link add name br0 type bridge vlan_filtering 1 2>/dev/null
    ip -d link show br0 2>/dev/null | grep -q 'vlan_filtering 1' || skip "this kernel's bridges have no VLANs"
    ip link set br0 up
    make_net_container "$C1" 'lxc.net.0.type = veth' 'lxc.net.0.link = br0' 'lxc.net.0.flags = up' 'lxc.net.0.ipv4.address = 10.94.0.11/24' \
        'lxc.net.0.veth.vlan.id = 5' 'lxc.net.0.veth.vlan.tagged.id = 6' 'lxc.net.0.veth.pair = port1'
    make_net_container "$C2" 'lxc.net.0.type = veth' 'lxc.net.0.link = br0' 'lxc.net.0.flags = up' 'lxc.net.0.ipv4.address = 10.94.0.12/24' \
        'lxc.net.0.veth.vlan.id = 7'
    start "$C1"
    OUT=$(bridge vlan show dev port1)
    out_has '5 PVID Egress Untagged'
    out_has 6
    out_lacks '1 PVID'
    start "$C2"
    cannot_ping "$C1" 10.94.0.12
    stop "$C2"
    expect 0 lxcpp-start -n "$C2" -s lxc.net.0.veth.vlan.id=5
    can_ping "$C1" 10.94.0.12
}

# LXCPP_NET_ROUNDS=1000 for more.
test_many_starts_leave_no_interface() {
    local before i lines rounds="${LXCPP_NET_ROUNDS:-100}"
    make_bridge
    before=$(links)
    mapfile -t lines < <(veth_lines 11)
    make_net_container "$C1" "${lines[@]}"
    for ((i = 0; i < rounds; ++i)); do
        if ! lxcpp-start -n "$C1" || ! lxcpp-stop -k -n "$C1"; then fail "round $i"; break; fi
    done 2>"$SANDBOX/tmp/rounds.err" >&2
    [ -s "$SANDBOX/tmp/rounds.err" ] && { cat "$SANDBOX/tmp/rounds.err"; fail "not a word was expected"; }
    links_become "$before"
}
