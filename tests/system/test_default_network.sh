# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# What a container has that was made with no words about networks. The test's own network namespace is the host's.
# network namespace: own

# shellcheck source=tests/system/network.sh
source "$(dirname "${BASH_SOURCE[0]}")/network.sh"

prepare() {
    need_tool busybox
    need_tool nft
    need_tool dnsmasq
    ip link set lo up
    BEFORE=$(links)
    cp "$(dirname "${BASH_SOURCE[0]}")/../../config/default.conf" "$LXCPP_CONFIG_DIR/default.conf"
}
ends() {
    expect 0 lxcpp-net down --force
    links_become "$BEFORE"
    rm -rf "$LXCPP_STATE_DIR/.network"
}
create() { # NAME [LINE…]
    expect 0 lxcpp-create -n "$1" -t "$(support template-testinit)" -- --testinit "${LXCPP_TESTINIT:?}"
    printf '%s\n' "${@:2}" >>"$LXCPATH/$1/config"
}

# As a distribution's own client would ask.
ask() { # NAME
    local root="$LXCPATH/$1/rootfs"
    cat >"$root/udhcpc" <<'S'
#!/bin/sh
[ "$1" = bound ] || exit 0
busybox ip address add "$ip/$mask" dev "$interface"
busybox ip route add default via "$router"
echo "nameserver $dns" >/etc/resolv.conf
S
    chmod 0755 "$root/udhcpc"
    mkdir -p "$root/etc"
    : >"$root/etc/resolv.conf"
    inside "$1" udhcpc -i eth0 -n -q -s /udhcpc
}

test_no_words_about_networks_give_address_name_and_way_out() {
    prepare
    create "$C1"
    create "$C2"
    start "$C1"
    start "$C2"
    ask "$C1"
    ask "$C2"
    local gateway
    gateway=$(ip -4 -o address show dev lxcppbr0 | sed 's/.*inet \([0-9.]*\).*/\1/')
    inside "$C1" ip route
    out_has "default via $gateway dev eth0"
    can_ping "$C1" "$C2.lxcpp"
    can_ping "$C2" "$C1.lxcpp"
    cannot_ping "$C2" "$C3.lxcpp"
    expect 0 lxcpp-ls -f -F NAME,IPV4
    out_matches "$C1 +[0-9.]+"
    stop "$C1"
    stop "$C2"
    expect 0 lxcpp-destroy -n "$C1"
    expect 0 lxcpp-destroy -n "$C2"
    ends
}

# Nobody in there asks a DHCP server.
test_an_application_has_what_dhcp_would_give() {
    prepare
    create "$C1"
    create "$C2" 'lxc.execute.cmd = /bin/sh -c "busybox ip -4 -o address show dev eth0; busybox ip route; cat /etc/resolv.conf; busybox nslookup '"$C1"'.lxcpp; echo over >/etc/resolv.conf; exit 7"'
    rm "$LXCPATH/$C2/rootfs/sbin/init"
    start "$C1"
    expect 0 lxcpp-start --print-plan "$C2"
    out_has 'on /etc/resolv.conf'
    run lxcpp-start -F -n "$C2"
    is "$?" 7 "exit code of the program"
    local leases
    leases=$OUT
    expect 0 lxcpp-net leases --format csv
    local ip address
    ip=$(grep "^$C2," <<<"$OUT" | cut -d, -f3)
    address=$(grep "^$C1," <<<"$OUT" | cut -d, -f3)
    OUT=$leases
    out_has "inet $ip/24"
    out_matches 'default via [0-9.]+ dev eth0'
    out_has 'search lxcpp'
    out_has "Address: $address"
    out_has 'Read-only file system'
    # What was below the mount is as it was.
    is "$(cat "$LXCPATH/$C2/rootfs/etc/resolv.conf")" '' 'the file of the root file system'
    # What the configuration says goes before.
    printf 'lxc.net.0.ipv4.address = 10.0.0.9/32\n' >>"$LXCPATH/$C2/config"
    expect 0 lxcpp-start --print-plan "$C2"
    out_lacks 'on /etc/resolv.conf'
    stop "$C1"
    expect 0 lxcpp-destroy -n "$C1"
    expect 0 lxcpp-destroy -n "$C2"
    ends
}
