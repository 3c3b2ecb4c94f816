# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Networks of containers of ordinary users, by the setuid helper: on a bridge of the administrator's, and on the managed
# one. The test's own network namespace is the host's.
# network namespace: own

# shellcheck source=tests/system/network.sh
source "$(dirname "${BASH_SOURCE[0]}")/network.sh"
# shellcheck source=tests/system/usernic.sh
source "$(dirname "${BASH_SOURCE[0]}")/usernic.sh"

BR=lxcppbr0

prepare() {
    need_tool busybox
    install_helper
    for user in "anna $ANNA" "bert $BERT"; do
        local config="$SANDBOX/home/${user% *}/.config/lxcpp"
        mkdir -p "$config"
        echo 'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed' >"$config/default.conf"
        chown -R "${user#* }:${user#* }" "${config%/lxcpp}"
    done
}
anna() { expect 0 "${AS_ANNA[@]}" "$@"; }
bert() { expect 0 "${AS_BERT[@]}" "$@"; }
# root, with the machine's directories and not the test's own: as the helper has them
root() { expect 0 env -u LXCPP_CONFIG_DIR -u LXCPP_STATE_DIR -u LXCPP_CACHE_DIR -u LXCPP_RUNTIME_DIR -u LXCPP_LOG_DIR "$@"; }

made_for() { # PREFIX NAME [LINE…]
    local -n user="$1"
    printf '%s\n' 'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed' "${@:3}" >"$SANDBOX/tmp/$2.conf"
    chmod 0644 "$SANDBOX/tmp/$2.conf"
    expect 0 "${user[@]}" lxcpp-create -n "$2" -B dir -f "$SANDBOX/tmp/$2.conf" -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
}
bridged() { made_for "$1" "$2" 'lxc.net.0.type = veth' "lxc.net.0.link = $3" 'lxc.net.0.flags = up' "${@:4}"; }
in_anna() { expect 0 "${AS_ANNA[@]}" lxcpp-attach -n "$1" -- /bin/busybox "${@:2}"; }
anna_pings() { run "${AS_ANNA[@]}" lxcpp-attach -n "$1" -- /bin/busybox ping -c 1 -W "${3:-3}" "$2"; }
end_of() { # PREFIX NAME
    local -n user="$1"
    expect 0 "${user[@]}" lxcpp-destroy -f -n "$2"
}
host_end() { ip -o link | sed -n "s/^[0-9]*: \(veth${1}_[^@:]*\).*/\1/p"; }

test_on_a_bridge_of_the_administrators() {
    prepare
    make_bridge
    usernet 'anna veth br0 1'
    printf '#!/bin/sh\necho "$@" >%s\n' "$SANDBOX/home/anna/up" >"$SANDBOX/support/up"
    chmod 0755 "$SANDBOX/support/up"
    bridged AS_ANNA "$C1" br0 'lxc.net.0.name = lan' 'lxc.net.0.ipv4.address = 10.99.0.11/24' 'lxc.net.0.ipv4.gateway = auto' \
        'lxc.net.0.ipv6.address = fd99::11/64' 'lxc.net.0.ipv6.gateway = fd99::1' 'lxc.net.0.hwaddr = 10:66:6a:00:00:11' 'lxc.net.0.mtu = 1400' \
        "lxc.net.0.script.up = $SANDBOX/support/up"
    anna lxcpp-start -n "$C1"
    in_anna "$C1" ip address show lan
    out_has 'mtu 1400'
    out_has '10:66:6a:00:00:11'
    out_has 'inet 10.99.0.11/24'
    out_has 'inet6 fd99::11/64'
    out_has LOWER_UP
    in_anna "$C1" ip route
    out_has 'default via 10.99.0.1 dev lan'
    anna_pings "$C1" 10.99.0.1 || fail "the container does not reach the host"
    host_pings 10.99.0.11
    local end
    end=$(host_end "$ANNA")
    OUT=$(ip -o link show "$end")
    out_has 'mtu 1500' # a small one would become the bridge's, and so everybody's
    out_has 'master br0'
    OUT=$(cat "$SANDBOX/home/anna/up")
    out_matches "$C1 net up veth br0 veth${ANNA}_"
    # Its quota is used up, and free again as soon as it is stopped.
    bridged AS_ANNA "$C2" br0
    anna lxcpp-start -n "$C2"
    err_has "lxc.net.0: a user may join no bridge here (lxcpp-user-nic: this user has as many interfaces on that bridge as $USERNET allows)"
    is "$(ip -o link show master br0 | wc -l)" 1 "ports of br0"
    anna lxcpp-stop -k -n "$C2"
    local i
    for i in 1 2 3; do
        anna lxcpp-stop -k -n "$C1"
        anna lxcpp-start -n "$C1"
    done
    anna lxcpp-stop -k -n "$C1"
    anna lxcpp-execute -n "$C2" -- /bin/busybox ip link show eth0
    end_of AS_ANNA "$C1"
    end_of AS_ANNA "$C2"
    no_peers
    restore_machine
}

test_dhcp_on_a_bridge_of_the_administrators() {
    need_tool dnsmasq
    prepare
    make_bridge
    usernet 'anna veth br0 1'
    bridged AS_ANNA "$C1" br0
    dnsmasq --conf-file=/dev/null --keep-in-foreground --port=0 --interface=br0 --bind-interfaces --dhcp-range=10.99.0.50,10.99.0.60,1h \
        --dhcp-leasefile="$SANDBOX/tmp/leases" --user=root 2>"$SANDBOX/tmp/dnsmasq.log" &
    local server=$!
    TARGETS+=" $server"
    anna lxcpp-start -n "$C1"
    in_anna "$C1" udhcpc -i eth0 -n -q -f -t 10 -T 1 -s /bin/true
    [[ "$OUT$ERR" =~ 'lease of 10.99.0.'[56][0-9] ]] || fail "no lease"
    end_of AS_ANNA "$C1"
    end_target "$server"
    no_peers
    restore_machine
}

test_what_root_has_not_allowed() {
    prepare
    make_bridge
    bridged AS_ANNA "$C1" br0
    # It starts all the same, by other means or without that device (test_user_network.sh).
    anna lxcpp-start -n "$C1"
    err_has "lxc.net.0: a user may join no bridge here (lxcpp-user-nic: not permitted)"
    err_has "root lets anna have interfaces on br0 by a line in $USERNET: anna veth br0 10"
    is "$(ip -o link show master br0)" "" "ports of br0"
    anna lxcpp-stop -k -n "$C1"
    usernet 'anna veth br0 10'
    anna lxcpp-start -n "$C1"
    [[ "$ERR" != *"join no bridge"* ]] || fail "a note of a bridge that is allowed"
    anna lxcpp-stop -k -n "$C1"
    # Its bit may be taken away by an administrator who wants nobody to have it.
    mount --bind "$LXCPP_LIBEXEC_DIR" "$LXCPP_LIBEXEC_DIR"
    mount -o remount,bind,nosuid "$LXCPP_LIBEXEC_DIR"
    anna lxcpp-start -n "$C1"
    err_has "a user may join no bridge here (lxcpp-user-nic: it is not setuid root"
    anna lxcpp-stop -k -n "$C1"
    umount "$LXCPP_LIBEXEC_DIR"
    # The rest is root's alone, and said by name.
    local line
    for line in type=macvlan type=phys type=ipvlan veth.mode=router veth.vlan.id=5 veth.vlan.tagged.id=5 l2proxy=1; do
        expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$C1" -s "lxc.net.0.$line"
        err_has "lxc.net.0.${line%%=*}: only root can"
    done
    expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$C1" -s lxc.net.0.type=vlan -s lxc.net.0.vlan.id=5
    err_has "lxc.net.0.type: only root can give a container vlan"
    anna lxcpp-start -n "$C1" -s lxc.net.0.veth.pair=mine
    err_has "lxc.net.0.veth.pair = mine is left out"
    anna lxcpp-stop -k -n "$C1"
    end_of AS_ANNA "$C1"
    no_peers
    restore_machine
}

test_a_container_that_reboots_keeps_its_interface() {
    prepare
    make_bridge
    usernet 'anna veth br0 1'
    bridged AS_ANNA "$C1" br0 'lxc.net.0.ipv4.address = 10.99.0.11/24' "lxc.log.file = $SANDBOX/home/anna/log"
    anna lxcpp-start -n "$C1" -p "$SANDBOX/home/anna/pid"
    local end init i
    end=$(host_end "$ANNA")
    for i in 1 2; do
        init=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
        # Whatever it was called inside.
        in_anna "$C1" ip link set eth0 down
        in_anna "$C1" ip link set eth0 name strange
        run "${AS_ANNA[@]}" lxcpp-stop -r -n "$C1" || fail "no reboot: $(cat "$SANDBOX/home/anna/log")"
        until [ "$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H 2>/dev/null || echo "$init")" != "$init" ]; do read -r -t 0.05 <> <(:) || true; done
        anna lxcpp-wait -n "$C1" -s RUNNING -t 20
        host_pings 10.99.0.11
        is "$(host_end "$ANNA")" "$end" "the end on the host"
        # The second time with a new monitor.
        [ "$i" = 2 ] || kill -9 "$(cat "$SANDBOX/home/anna/pid")"
        anna lxcpp-start -n "$C1" --adopt
    done
    end_of AS_ANNA "$C1"
    no_peers
    restore_machine
}

managed() {
    need_tool nft
    need_tool dnsmasq
    prepare
    printf '%s\n' "$@" >/etc/lxcpp/net.conf
    usernet "anna veth $BR 2" "bert veth $BR 1"
}
end_managed() {
    root lxcpp-net down --force
    no_peers
    restore_machine
}
leases() { root lxcpp-net leases --format csv; }
# Sets IP to what the container gets by DHCP, and gives it that.
take_lease() { # PREFIX NAME
    local -n user="$1"
    run "${user[@]}" lxcpp-attach -n "$2" -- /bin/busybox udhcpc -i eth0 -n -q -f -t 10 -T 1 -s /bin/true || fail "no lease"
    IP=$(sed -n 's/.*lease of \([0-9.]*\) obtained.*/\1/p' <<<"$OUT$ERR")
    expect 0 "${user[@]}" lxcpp-attach -n "$2" -- /bin/busybox ip address add "$IP/24" dev eth0
}

test_on_the_managed_bridge() { # 240 s
    local ip_anna ip_bert gateway
    managed
    bridged AS_ANNA "$C1" "$BR"
    bridged AS_BERT "$C1" "$BR"
    anna lxcpp-start -n "$C1" # makes the bridge
    gateway=$(ip -4 -o address show dev "$BR" | sed 's/.*inet \([0-9.]*\).*/\1/')
    bert lxcpp-start -n "$C1"
    take_lease AS_ANNA "$C1"
    ip_anna=$IP
    take_lease AS_BERT "$C1"
    ip_bert=$IP
    differs "$ip_anna" "$ip_bert" "addresses of two users"
    leases
    out_matches "$C1,0a:[0-9a-f:]+,$ip_anna,"
    out_matches "$C1,0a:[0-9a-f:]+,$ip_bert,"
    anna_pings "$C1" "$gateway" || fail "anna's container does not reach the bridge"
    anna_pings "$C1" "$ip_bert" || fail "anna's container does not reach bert's"
    # Each has a name of their own.
    in_anna "$C1" nslookup "$C1.anna.lxcpp" "$gateway"
    out_has "$ip_anna"
    in_anna "$C1" nslookup "$C1.bert.lxcpp" "$gateway"
    out_has "$ip_bert"
    run "${AS_ANNA[@]}" lxcpp-attach -n "$C1" -- /bin/busybox nslookup "$C1.lxcpp" "$gateway"
    [[ "$OUT" != *"$ip_anna"* ]] || fail "a user's container has a name of root's"
    # What it is not, it cannot be: another address, another's address, another hardware address.
    local spoof
    for spoof in "${ip_anna%.*}.250" "$ip_bert"; do
        in_anna "$C1" ip address del "$ip_anna/24" dev eth0
        in_anna "$C1" ip address add "$spoof/24" dev eth0
        ! anna_pings "$C1" "$gateway" 1 || fail "$spoof is answered"
        in_anna "$C1" ip address del "$spoof/24" dev eth0
        in_anna "$C1" ip address add "$ip_anna/24" dev eth0
    done
    local mac
    mac=$("${AS_ANNA[@]}" lxcpp-attach -n "$C1" -- /bin/busybox cat /sys/class/net/eth0/address)
    in_anna "$C1" ip link set eth0 down
    in_anna "$C1" ip link set eth0 address 0a:00:00:00:00:99
    in_anna "$C1" ip link set eth0 up
    ! anna_pings "$C1" "$gateway" 1 || fail "another hardware address is answered"
    in_anna "$C1" ip link set eth0 down
    in_anna "$C1" ip link set eth0 address "$mac"
    in_anna "$C1" ip link set eth0 up
    anna_pings "$C1" "$gateway" || fail "anna's container no longer reaches the bridge"
    # Another address for good, and back under the same one.
    anna lxcpp-stop -k -n "$C1"
    expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$C1" -s lxc.net.0.ipv4.address="$ip_bert/24"
    err_has "another container has it"
    [[ "$ERR" != *"$C1 has it"* && "$ERR" != *$BERT* ]] || fail "one user is told of another's: $ERR"
    # Of a container of root's that does not run.
    mkdir -p /var/lib/lxcpp/roots
    root "$LXCPP_BRIDGE_PORT" attach "$BR" vroots roots -
    local ip_root
    ip_root=$(awk '{print $2}' <<<"$OUT")
    root "$LXCPP_BRIDGE_PORT" detach "$BR" vroots
    expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$C1" -s lxc.net.0.ipv4.address="$ip_root"
    err_has "another container has it"
    expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$C1" -s lxc.net.0.ipv4.address=10.250.0.1/24
    err_has "it is not in the network"
    expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$C1" -s lxc.net.0.ipv6.address=fd00::1234/64
    err_has "lxc.net.0.ipv6.address"
    expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$C1" -s lxc.net.0.hwaddr=10:66:6a:00:00:11
    err_has "lxc.net.0.hwaddr"
    # A bridge leads to no port of a user's: that has user-mode networking (test_user_network.sh), and here is none.
    install -m 0600 /dev/null "$SANDBOX/tmp/tun"
    [ ! -c /dev/net/tun ] || mount --bind "$SANDBOX/tmp/tun" /dev/net/tun
    expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$C1" -s lxc.publish=8080:80
    umount /dev/net/tun 2>/dev/null
    err_has "lxc.publish: ports of the host that a bridge leads to are root's to publish"
    anna lxcpp-start -n "$C1" -s lxc.net.0.hwaddr=10:66:6a:xx:xx:xx
    take_lease AS_ANNA "$C1"
    is "$IP" "$ip_anna" "the address after a stop"
    anna lxcpp-stop -k -n "$C1"
    anna lxcpp-start -n "$C1" -s "lxc.net.0.ipv4.address=${ip_anna%.*}.77/24"
    anna_pings "$C1" "$gateway" || fail "the address that was asked for does not work"
    end_of AS_ANNA "$C1"
    end_of AS_BERT "$C1"
    end_managed
}

# With no words about networks, and none of their own in default.conf: what the administrator gives everybody.
test_the_default_is_the_administrators() {
    managed
    local own="$SANDBOX/home/anna/.config/lxcpp/default.conf"
    cp "$(dirname "${BASH_SOURCE[0]}")/../../config/default.conf" /etc/lxcpp/default.conf
    anna lxcpp-create -n "$C1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    ! grep -q lxcppbr0 "$SANDBOX/home/anna/.local/share/lxcpp/$C1/config" || fail "it goes before the user's own"
    rm "$own"
    anna lxcpp-create -n "$C2" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    anna lxcpp-start -n "$C2"
    take_lease AS_ANNA "$C2"
    leases
    out_has "$IP"
    anna lxcpp-stop -k -n "$C2"
    end_of AS_ANNA "$C1"
    end_of AS_ANNA "$C2"
    end_managed
}

# The twin: without the filter another's address works.
test_without_a_filter_spoofing_works() {
    managed 'filter = 0'
    bridged AS_ANNA "$C1" "$BR"
    anna lxcpp-start -n "$C1"
    local gateway
    gateway=$(ip -4 -o address show dev "$BR" | sed 's/.*inet \([0-9.]*\).*/\1/')
    in_anna "$C1" ip address add "${gateway%.*}.250/24" dev eth0
    anna_pings "$C1" "$gateway" || fail "the twin does not reach the bridge"
    end_of AS_ANNA "$C1"
    end_managed
}

# Nobody tells when a user's container is gone: what is kept of it is bounded all the same.
test_addresses_and_rules_do_not_pile_up() {
    local a i before
    managed 'ipv4.address = 10.77.0.1/28'
    usernet "anna veth $BR 2" "bert veth $BR 1"
    for i in {1..20}; do
        target a "${AS_ANNA[@]}"
        nic_is 0 AS_ANNA "$a" "$BR" eth0 "c$i" || break
        end_target "$a"
    done
    leases
    is "$(grep -c ^c <<<"$OUT")" 2 "addresses of a user with two interfaces"
    out_has c20,
    # Rules of what has ended go with the next start, once nobody can be about to begin any more.
    sed -i 's/^since=.*/since=1/' /run/lxcpp/.network/$BR/ports/*
    no_peers
    target a "${AS_BERT[@]}"
    nic_is 0 AS_BERT "$a" "$BR" eth0 mine
    is "$(find /run/lxcpp/.network/$BR/ports -type f | wc -l)" 1 "ports that are noted"
    is "$(nft list set bridge lxcpp_$BR filtered | grep -o '"veth[^"]*"' | sort -u | wc -l)" 1 "ports in the filter"
    # Nobody has another's name: root's come first, also later.
    is "$(cat /var/lib/lxcpp/.network/$BR/names/mine.bert | wc -l)" 3 "lines of bert's name"
    nic AS_BERT "$a" "$BR" eth0 other 0 10.77.0.1
    mkdir -p /var/lib/lxcpp/mine.bert
    root "${LXCPP_BRIDGE_PORT:?}" attach "$BR" vroot mine.bert -
    read -r _ before _ <<<"$OUT"
    OUT=$(cat /var/lib/lxcpp/.network/$BR/names/mine.bert)
    out_has "${before%/*} mine.bert.lxcpp"
    end_target "$a"
    target a "${AS_BERT[@]}"
    nic_is 0 AS_BERT "$a" "$BR" eth0 mine
    OUT=$(cat /var/lib/lxcpp/.network/$BR/names/mine.bert)
    out_has "${before%/*} mine.bert.lxcpp"
    end_target "$a"
    end_managed
}
