# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The managed bridge, in network namespaces of its own: "host", where the tools run, "outside" behind its uplink, and
# those that stand for containers.

# shellcheck source=tests/system/bridge_host.sh
source "$(dirname "${BASH_SOURCE[0]}")/bridge_host.sh"

test_addresses_names_and_a_way_out() {
    make_host
    expect 0 host lxcpp-net up
    expect 0 host lxcpp-net up
    expect 0 host lxcpp-net status
    out_has "Bridge:     $BR (up)"
    container c1
    container c2 ipv4="${GATEWAY%.*}.77/24"
    is "$IP_c2" "${GATEWAY%.*}.77" "the address that is asked for"
    differs "$IP_c1" "$IP_c2" "addresses"
    dhcp c1
    is "$OUT" "$IP_c1 $GATEWAY lxcpp $GATEWAY" "what DHCP gives c1"
    dhcp c2
    is "$OUT" "$IP_c2 $GATEWAY lxcpp $GATEWAY" "what DHCP gives c2"
    expect 0 in_ns "$NS_c1" busybox nslookup c2.lxcpp "$GATEWAY"
    out_has "$IP_c2"
    run in_ns "$NS_c1" busybox nslookup localhost.lxcpp "$GATEWAY"
    out_lacks 127.0.0.1
    expect 0 in_ns "$NS_c1" busybox ping -c 1 -W 5 "$IP_c2"
    expect 0 in_ns "$NS_c2" busybox ping -c 1 -W 5 "$IP_c1"
    expect 0 host busybox ping -c 1 -W 5 "$IP_c1"
    # Elsewhere knows nothing of the bridge's network.
    expect 0 in_ns "$NS_c1" busybox ping -c 1 -W 5 192.0.2.2
    until_true has_address "$NS_c1" "$IP6_c1"
    until_true has_address "$NS_c2" "$IP6_c2"
    until_true in_ns "$NS_c1" ip -6 route get 2001:db8::2
    expect 0 in_ns "$NS_c1" busybox ping -c 1 -W 5 2001:db8::2
    expect 0 in_ns "$NS_c1" busybox ping -c 1 -W 5 "$IP6_c2"
    expect 0 host lxcpp-net leases --format csv
    out_matches "c1,$MAC_c1,$IP_c1,$IP6_c1,reserved,[0-9]+,"
    out_matches "c2,$MAC_c2,$IP_c2,$IP6_c2,static,[0-9]+,"
    end_host
}

# The addresses stay with their containers over everything that happens to the bridge, until they are destroyed.
test_addresses_are_remembered() {
    make_host
    expect 0 host lxcpp-net up
    container c1
    local before="$IP_c1 $MAC_c1 $IP6_c1 $GATEWAY"
    expect 1 host lxcpp-net down
    err_is_one_line
    err_has "$BR is in use by c1: stop it, or add --force"
    expect 0 host lxcpp-net down --force
    expect 0 host lxcpp-net down
    host ip link delete vc1
    container c1 # brings it up
    is "$IP_c1 $MAC_c1 $IP6_c1 $GATEWAY" "$before" "what it has"
    mkdir "$LXCPATH/c3"
    expect 1 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc3 c3 - "ipv4=$IP_c1/24"
    err_has "lxc.net.0.ipv4.address = $IP_c1: container c1 has it"
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc1
    expect 0 host "$LXCPP_BRIDGE_PORT" forget c1
    expect 0 host lxcpp-net leases --format csv
    out_lacks "$IP_c1,"
    expect 0 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc3 c3 - "ipv4=$IP_c1/24"
    end_host
}

# As a destroy: nothing of the container stays.
gone() { # NAME
    local ns="NS_$1"
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" "v$1"
    host ip link delete "v$1"
    kill "${!ns}"
    rmdir "$LXCPATH/$1"
    expect 0 host "$LXCPP_BRIDGE_PORT" forget "$1"
}
lease_lines() { grep -c . "$LXCPP_STATE_DIR/.network/$BR/leases" || true; }

# Five addresses, of which a destroyed container keeps none: neither where dnsmasq hears of it nor where it cannot.
test_addresses_of_destroyed_containers_are_free() {
    local i
    make_host 'ipv4.address = 10.87.3.1/29' 'ipv6.address = none'
    expect 0 host lxcpp-net up
    for i in {1..20}; do
        container "r$i"
        dhcp "r$i"
        gone "r$i"
        is "$(lease_lines)" 0 "leases after container $i"
    done
    # A firewall that dnsmasq does not get the packet through, and a dnsmasq that does not run.
    host nft 'table inet mine { chain incoming { type filter hook input priority -10; iif lo udp dport 67 drop; }; }'
    container r1
    dhcp r1
    gone r1
    is "$(lease_lines)" 0 'leases after one that dnsmasq did not hear of'
    expect 0 host lxcpp-net status
    host nft delete table inet mine
    container r2
    dhcp r2
    expect 0 host lxcpp-net down --force
    gone r2
    is "$(lease_lines)" 0 'leases after one that ended without dnsmasq'
    # What was removed by hand has its name until somebody else has the address.
    expect 0 host lxcpp-net up
    for i in {1..6}; do
        container "h$i"
        expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" "vh$i"
        host ip link delete "vh$i"
        rmdir "$LXCPATH/h$i"
    done
    is "$(awk '!/^#/ {print $1}' "$LXCPP_STATE_DIR/.network/$BR/names/"* | sort | uniq -d)" '' 'addresses that two names lead to'
    end_host
}

# Somebody on the bridge who is no container of ours has a lease as long as no container wants the address.
test_addresses_of_strangers_are_no_obstacle() {
    local i address
    make_host 'ipv4.address = 10.87.3.1/29' 'ipv6.address = none'
    expect 0 host lxcpp-net up
    for i in {1..5}; do
        namespace "NS_s$i"
        address="NS_s$i"
        host ip link add "s$i" type veth peer name eth0 netns "${!address}"
        host ip link set "s$i" master "$BR" up
        in_ns "${!address}" ip link set eth0 up
        dhcp "s$i"
    done
    is "$(lease_lines)" 5 'leases of strangers'
    address="${OUT%% *}" # of the last one
    container c1 ipv4="$address/29"
    dhcp c1
    is "$OUT" "$address 10.87.3.1 lxcpp 10.87.3.1" 'what DHCP gives the container that asks for it'
    container c2
    dhcp c2
    is "${OUT%% *}" "$IP_c2" 'what DHCP gives another one'
    is "$(lease_lines)" 5 'leases'
    end_host
}

# Whatever a killed command, or somebody else, has taken away, the next one puts back.
test_what_is_missing_is_mended() {
    local piece second
    make_host
    expect 0 host lxcpp-net up
    container c1
    for piece in dnsmasq link rules addresses note all; do
        case $piece in
        dnsmasq) kill -KILL "$(cat "$LXCPP_RUNTIME_DIR/.network/$BR/dnsmasq.pid")" ;;
        link) host ip link delete "$BR" ;;
        rules) host nft flush ruleset ;;
        addresses) host ip address flush dev "$BR" ;;
        note) rm "$LXCPP_RUNTIME_DIR/.network/$BR/up" ;;
        all) kill -KILL "$(cat "$LXCPP_RUNTIME_DIR/.network/$BR/dnsmasq.pid")"
            host ip link delete "$BR"
            host nft flush ruleset
            rm "$LXCPP_RUNTIME_DIR/.network/$BR"/{up,dnsmasq.pid} ;;
        esac
        host lxcpp-net up &
        second=$!
        expect 0 host lxcpp-net up # two at once
        wait $second || fail "the other lxcpp-net up failed"
        expect 0 host lxcpp-net status
        in_ns "$NS_c1" ip address flush dev eth0 scope global
        dhcp c1
        is "$OUT" "$IP_c1 $GATEWAY lxcpp $GATEWAY" "what DHCP gives after the loss of $piece"
        expect 0 host nft list set bridge "lxcpp_$BR" filtered
        out_has '"vc1"'
    done
    # A start does it, too.
    kill -KILL "$(cat "$LXCPP_RUNTIME_DIR/.network/$BR/dnsmasq.pid")"
    expect 2 host lxcpp-net status
    out_has "dnsmasq:    not running"
    container c2
    expect 0 host lxcpp-net status
    host nft flush ruleset
    container c4
    expect 0 host nft list set bridge "lxcpp_$BR" filtered
    out_has '"vc4"'
    end_host
}

c1_reaches() { expect 0 in_ns "$NS_c1" busybox ping -c 1 -W 5 "$1"; }
take() { in_ns "$1" ip address add "$2/24" dev eth0; } # as DHCP would, in no time

# The kernel forgets the ports of a bridge that somebody deletes: they come back with it, and with their filter.
test_a_bridge_that_was_deleted_has_its_containers_again() {
    make_host
    container c1 publish=8080:80
    take "$NS_c1" "$IP_c1"
    host ip link delete "$BR"
    expect 2 host lxcpp-net status
    out_has 'Containers: 0'
    out_has 'Note:       container c1 is not joined (vc1): run lxcpp-net up'
    expect 1 host lxcpp-net down
    err_has "$BR is in use by c1: stop it, or add --force"
    expect 0 host lxcpp-net up
    expect 0 host lxcpp-net status
    out_has 'Containers: 1'
    c1_reaches "$GATEWAY"
    expect 0 host bridge -d link show dev vc1
    out_has 'hairpin on'
    expect 0 host nft list set bridge "lxcpp_$BR" filtered
    out_has '"vc1"'
    # One that somebody took out, and one that is somewhere else.
    host ip link set vc1 nomaster
    expect 2 host lxcpp-net status
    expect 0 host lxcpp-net up
    c1_reaches "$GATEWAY"
    host ip link add other0 type bridge
    host ip link set vc1 master other0
    expect 0 host lxcpp-net up
    err_has 'vc1, the interface of container c1, is in another bridge'
    host ip link delete other0
    # A start of another container does it, too, and what was forced down comes back.
    host ip link delete "$BR"
    container c2
    take "$NS_c2" "$IP_c2"
    c1_reaches "$IP_c2"
    expect 0 host lxcpp-net down --force
    expect 1 in_ns "$NS_c1" busybox ping -c 1 -W 1 "$IP_c2"
    expect 0 host lxcpp-net up
    c1_reaches "$IP_c2"
    c1_reaches "$GATEWAY"
    end_host
}

test_another_address_does_not_cut_off_who_runs() {
    local file="$LXCPP_CONFIG_DIR/net.conf"
    make_host 'ipv4.address = 10.87.3.1/24'
    container c1
    container c2
    take "$NS_c1" "$IP_c1"
    printf 'ipv4.address = 10.88.3.1/24\n' >"$file"
    expect 1 host lxcpp-net up
    err_is_one_line
    err_has 'ipv4.address = 10.88.3.1/24 instead of 10.87.3.1/24 would cut off c1, c2: stop them, or add --force'
    c1_reaches 10.87.3.1
    expect 0 host lxcpp-net status
    out_has 'Note:       net.conf says something else: lxcpp-net up makes it effective'
    # A start mends what was there before.
    kill -KILL "$(cat "$LXCPP_RUNTIME_DIR/.network/$BR/dnsmasq.pid")"
    container c3
    err_has '"lxcpp-net up" makes it effective when c1, c2 do not run'
    is "${IP_c3%.*}" 10.87.3 'network of a container that starts'
    c1_reaches 10.87.3.1
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc2
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc3
    host ip link delete vc2
    host ip link delete vc3
    # What was asked for in so many words.
    expect 0 host lxcpp-net up --force
    expect 0 host nft list set bridge "lxcpp_$BR" ipv4s
    out_lacks 10.87.
    out_has '"vc1" . 10.88.3.'
    in_ns "$NS_c1" ip address flush dev eth0 scope global
    dhcp c1
    is "$(cut -d. -f1-3 <<<"$OUT")" 10.88.3 'what DHCP gives then'
    local now="${OUT%% *}"
    c1_reaches 10.88.3.1
    expect 0 in_ns "$NS_c1" busybox nslookup c1.lxcpp 10.88.3.1
    out_has "$now"
    expect 0 host lxcpp-net leases --format csv
    out_lacks 10.87.
    # Nobody is cut off by a second family, by a narrower range and by what was not there.
    printf 'ipv4.address = 10.88.3.1/24\nipv4.dhcp.range = 10.88.3.250,10.88.3.251\nipv6.address = none\n' >"$file"
    expect 1 host lxcpp-net up
    err_has 'ipv6.address = none instead of fd'
    printf 'ipv4.address = 10.88.3.1/24\nipv4.dhcp.range = 10.88.3.250,10.88.3.251\nfilter = 1\n' >"$file"
    expect 0 host lxcpp-net up
    c1_reaches 10.88.3.1
    end_host
}

test_another_name_takes_the_old_bridge_down() {
    make_host
    container c1
    printf 'bridge = ctbr0\n' >"$LXCPP_CONFIG_DIR/net.conf"
    expect 1 host lxcpp-net up
    err_is_one_line
    err_has "bridge = ctbr0: $BR, which it was before, is in use by c1: stop it, or cut it off with \"lxcpp-net up --force\""
    expect 1 host ip link show ctbr0
    expect 0 host lxcpp-net status
    out_has "Bridge:     $BR (up)"
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc1
    expect 0 host lxcpp-net up # although the interface is there still
    err_has "$BR, which net.conf does not name any more, was taken down"
    expect 1 host ip link show "$BR"
    expect 1 host nft list table bridge "lxcpp_$BR"
    expect 0 host lxcpp-net status
    out_has 'Bridge:     ctbr0 (up)'
    host ip link delete vc1
    end_host
    expect 1 host ip link show ctbr0
}

# What dnsmasq would not take does not end the one that runs.
test_a_wrong_file_for_dnsmasq_changes_nothing() {
    local file="$SANDBOX/more.conf" pid
    pid_file="$LXCPP_RUNTIME_DIR/.network/$BR/dnsmasq.pid"
    make_host
    container c1
    pid=$(cat "$pid_file")
    printf 'dnsmasq.file = %s\n' "$file" >"$LXCPP_CONFIG_DIR/net.conf"
    expect 1 host lxcpp-net up
    err_has "dnsmasq.file = $file: dnsmasq refuses it, and nothing was changed: "
    echo nonsense-option=1 >"$file"
    expect 1 host lxcpp-net up
    err_is_one_line
    err_has 'bad option at line 1'
    echo 'listen-address=203.0.113.77' >"$file" # what only a start finds out
    echo 'bind-interfaces' >>"$file"
    expect 1 host lxcpp-net up
    expect 0 host lxcpp-net status
    dhcp c1
    is "${OUT%% *}" "$IP_c1" 'what DHCP gives after all that'
    echo 'address=/service.test/192.0.2.77' >"$file"
    expect 0 host lxcpp-net up
    differs "$(cat "$pid_file")" "$pid" 'the process of dnsmasq'
    expect 0 in_ns "$NS_c1" busybox nslookup service.test "$GATEWAY"
    out_has 192.0.2.77
    pid=$(cat "$pid_file")
    expect 0 host lxcpp-net up
    is "$(cat "$pid_file")" "$pid" 'the process of dnsmasq when nothing changed'
    echo 'address=/service.test/192.0.2.78' >"$file"
    expect 0 host lxcpp-net up
    expect 0 in_ns "$NS_c1" busybox nslookup service.test "$GATEWAY"
    out_has 192.0.2.78
    end_host
}

test_a_broken_configuration_can_be_taken_down() {
    local text
    for text in 'nonsense' 'domain = a\ndomain = b' 'ipv4.address = 224.0.0.1/24'; do
        make_host
        expect 0 host lxcpp-net up
        printf "$text\n" >"$LXCPP_CONFIG_DIR/net.conf"
        expect 0 host lxcpp-net status
        out_has 'Note:       '
        out_has 'net.conf:'
        expect 0 host lxcpp-net leases
        expect 1 host lxcpp-net up
        err_is_one_line
        expect 0 host lxcpp-net down
        expect 1 host ip link show "$BR"
        end_host
    done
}

name_is() { # NAME ADDRESS
    expect 0 in_ns "$NS_c1" busybox nslookup "$1" "$GATEWAY"
    out_has "$2"
}
no_name() {
    run in_ns "$NS_c1" busybox nslookup "$1" "$GATEWAY"
    out_lacks "$2"
}
attach_named() { # CONTAINER [WORD…]: sets ADDRESS
    expect 0 host "$LXCPP_BRIDGE_PORT" attach "$BR" "p$RANDOM" "$1" - "${@:2}"
    ADDRESS=$(cut -d' ' -f2 <<<"$OUT" | cut -d/ -f1)
}

# A container cannot be called so that others take it for somebody else.
test_names_that_would_be_somebody_elses() {
    local own first other="$SANDBOX/other"
    make_host
    container c1
    take "$NS_c1" "$IP_c1"
    name_is c1.lxcpp "$IP_c1"
    name_is c1 "$IP_c1"
    mkdir -p "$LXCPATH/www.example.org" "$LXCPATH/localhost" "$LXCPATH/C2" "$LXCPATH/c2" "$other/c1"
    attach_named www.example.org
    name_is www.example.org.lxcpp "$ADDRESS"
    no_name www.example.org "$ADDRESS"
    attach_named localhost
    err_has 'the container has no name on lxcppbr0: localhost is each machine'
    no_name localhost.lxcpp "$ADDRESS"
    own=$(cat /proc/sys/kernel/hostname)
    own="${own%%.*}"
    mkdir -p "$LXCPATH/$own"
    attach_named "$own"
    name_is "$own.lxcpp" "$ADDRESS"
    no_name "$own" "$ADDRESS"
    # DNS knows no capitals, and the domain no lxcpath.
    attach_named c2
    first="$ADDRESS"
    attach_named C2
    err_has "the container has no name on lxcppbr0: c2.lxcpp is the container $LXCPATH/c2"
    name_is C2.lxcpp "$first"
    attach_named c1 "path=$other"
    err_has "the container has no name on lxcppbr0: c1.lxcpp is the container $LXCPATH/c1"
    name_is c1.lxcpp "$IP_c1"
    # Who has it gives it away when it is gone.
    rmdir "$LXCPATH/c2"
    expect 0 host "$LXCPP_BRIDGE_PORT" forget c2
    no_name c2.lxcpp "$first"
    attach_named C2
    is "$ERR" '' 'what is left to say'
    name_is c2.lxcpp "$ADDRESS"
    rmdir "$LXCPATH"/{www.example.org,localhost,C2,"$own"}
    end_host
}

# A name that is the port of somebody else's.
test_a_port_belongs_to_one_container() {
    make_host
    container c1
    mkdir "$LXCPATH/c2"
    expect 1 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc1 c2 -
    err_has 'lxc.net.0.veth.pair = vc1: it is that of container c1'
    expect 0 host nft list set bridge "lxcpp_$BR" macs
    out_has "\"vc1\" . $MAC_c1"
    expect 0 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc1 c1 -
    end_host
}

test_what_cannot_work_is_said() {
    make_host 'uplink = nope'
    expect 0 host lxcpp-net up
    err_has 'uplink = nope: the host has no such interface'
    container c1
    printf 'lxc.net.0.type = veth\nlxc.net.0.link = %s\n' "$BR" >"$LXCPATH/c1/config"
    expect 0 host lxcpp-net publish c1 198.51.100.9:80:80
    err_is_one_line
    err_has 'lxc.publish = 198.51.100.9:80:80/tcp: the host has no address 198.51.100.9'
    expect 0 host lxcpp-net publish c1 192.0.2.1:80:80
    is "$ERR" '' 'what is said of an address of the host'
    expect 0 host lxcpp-net published c1
    expect 1 host lxcpp-net published nope
    err_is_one_line
    err_has 'no such container: nope'
    printf 'lxc.net.0.type = empty\n' >"$LXCPATH/c1/config"
    expect 0 host lxcpp-net publish c1 81:80
    err_has 'c1 has no device that ports are published to'
    # Only one of two runs at a time.
    expect 0 host lxcpp-net unpublish c1 81
    mkdir -p "$LXCPATH/c2"
    printf 'lxc.net.0.type = veth\nlxc.net.0.link = %s\n' "$BR" | tee "$LXCPATH/c1/config" >"$LXCPATH/c2/config"
    expect 0 host lxcpp-net publish c1 82:80
    is "$ERR" '' 'what is said of a port that nobody has'
    expect 0 host lxcpp-net publish c2 82:81
    err_is_one_line
    err_has '82:81/tcp: the container c1 publishes it, too: only one of both runs at a time'
    expect 1 host lxcpp-net publish c2 224.0.0.1:83:80
    err_is_one_line
    err_has '224.0.0.1 is of a group of machines'
    # Several lines of another program on one of ours.
    printf 'lxc.nonsense = 1\nlxc.more = 2\n' >"$LXCPATH/c1/config"
    expect 0 host lxcpp-net published
    [[ "$ERR" != *'\x0a'* ]] || fail 'line breaks as numbers'
    end_host
}

# What the attacker sends, and what of it another container sees.
spoof() {
    local watcher
    mkfifo "$SANDBOX/tmp/ready"
    in_ns "$NS_c2" python3 "$HERE/../support/frames.py" watch eth0 "$SANDBOX/tmp/ready" >"$SANDBOX/tmp/seen" &
    watcher=$!
    read -r _ <"$SANDBOX/tmp/ready"
    rm "$SANDBOX/tmp/ready"
    expect 0 in_ns "$NS_c1" python3 "$HERE/../support/frames.py" send eth0 "$MAC_c1" "$IP_c1" "$IP6_c1" "$GATEWAY" "$IP_c2" "$IP6_c2"
    wait $watcher
    OUT=$(cat "$SANDBOX/tmp/seen")
}

# Sets OUT to what the bridge has learnt at c1's port of the address of c2.
learns() {
    expect 0 in_ns "$NS_c1" python3 "$HERE/../support/frames.py" link-local eth0 "$MAC_c2"
    OUT=$(host bridge fdb show br "$BR" | grep "^$MAC_c2 dev vc1 ")
}

learns_something() { learns && [ -n "$OUT" ]; }

# Neither a second address nor what it says for another one.
test_a_container_is_its_hardware_address() {
    make_host
    expect 0 host lxcpp-net up
    container c1
    local id
    for id in 01020304 ff0102030405 "01${MAC_c1//:/}"; do
        expect 0 in_ns "$NS_c1" busybox udhcpc -i eth0 -n -q -f -t 10 -T 1 -s /bin/true -x "0x3d:$id"
        [[ "$OUT$ERR" == *"lease of $IP_c1 "* ]] || fail "another address for the identifier $id"
    done
    is "$(lease_lines)" 1 leases
    end_host
}

test_a_container_sends_only_as_itself() {
    need_tool python3
    make_host
    expect 0 host lxcpp-net up
    container c1
    container c2
    spoof
    out_is "own-dhcp own-probe own-arp own-ip6 end"
    learns
    is "$OUT" '' "ports at which the bridge expects what is for c2 after c1 spoke in its name"
    # RA from a container does not change the host either.
    is "$(host cat "/proc/sys/net/ipv6/conf/$BR/accept_ra")" 0 "accept_ra of the bridge"
    # The twin: without the filter they pass.
    printf 'filter = 0\n' >"$LXCPP_CONFIG_DIR/net.conf"
    expect 0 host lxcpp-net up
    spoof
    out_is "mac ip arp-gateway arp-mac arp-probe ip6 neighbour router hidden-router dhcp-server dhcp6-server dhcp-any dhcp6-any dhcp-for-another dhcp-fragment vlan own-dhcp own-probe own-arp own-ip6 end"
    expect 0 host ip link set "$BR" type bridge no_linklocal_learn 0
    until_true learns_something
    printf 'filter = 1\n' >"$LXCPP_CONFIG_DIR/net.conf"
    expect 0 host lxcpp-net up # for those that run already
    spoof
    out_is "own-dhcp own-probe own-arp own-ip6 end"
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc1
    expect 0 host nft list set bridge "lxcpp_$BR" macs
    out_lacks vc1
    end_host
}

test_more_containers_than_addresses() {
    make_host 'ipv4.address = 10.99.7.1/29' 'ipv4.dhcp.range = 10.99.7.1,10.99.7.3'
    expect 0 host lxcpp-net up
    container c1
    container c2
    is "$(printf '%s\n' "$IP_c1" "$IP_c2" | sort | xargs)" '10.99.7.2 10.99.7.3' addresses
    mkdir "$LXCPATH/c3"
    expect 1 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc3 c3 -
    err_is_one_line
    err_has "all 2 addresses of the bridge $BR are taken: destroy containers, or give it a larger network in net.conf"
    gone c1
    expect 0 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc3 c3 -
    out_has "$IP_c1/29"
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc3
    end_host
}

# Commands of several administrators at once: each has its end, and the last state is whole.
test_ups_and_downs_at_once() {
    local round i
    local -a running
    make_host
    for round in 1 2 3; do
        expect 0 host lxcpp-net up
        running=()
        for i in 1 2 3; do
            host lxcpp-net down 2>"$SANDBOX/tmp/down$i" &
            running+=($!)
        done
        for i in 0 1 2; do wait "${running[$i]}" || fail "down: $(cat "$SANDBOX"/tmp/down*)"; done
        is "$(host nft list ruleset)" '' 'rules after three downs'
        running=()
        for i in 1 2 3 4; do
            host lxcpp-net $([ $((i % 2)) = 0 ] && echo up || echo down) 2>"$SANDBOX/tmp/down$i" &
            running+=($!)
        done
        for i in 0 1 2 3; do wait "${running[$i]}" || fail "up and down: $(cat "$SANDBOX"/tmp/down*)"; done
        expect 0 host lxcpp-net up
        expect 0 host lxcpp-net status
        is "$(pgrep -c -f "conf-file=$LXCPP_STATE_DIR/.network/$BR/dnsmasq.conf")" 1 'dnsmasq of the bridge'
    done
    end_host
}

changed() { # WHAT STATUS SAYS, COMMAND…
    local says="$1"
    shift
    host "$@" || fail "$*"
    expect 2 host lxcpp-net status
    out_has "Bridge:     $BR (partly up)"
    out_has "$says"
    expect 0 host lxcpp-net up
    expect 0 host lxcpp-net status
}

# Whatever somebody does to the bridge behind our back.
test_what_others_have_changed_is_seen_and_mended() {
    make_host
    expect 0 host lxcpp-net up
    container c1
    changed "it lacks the address $GATEWAY/24: run lxcpp-net up" ip -4 address flush dev "$BR"
    changed "it lacks the address fd" ip -6 address flush dev "$BR" scope global
    changed "it is down: run lxcpp-net up" ip link set "$BR" down
    changed "/proc/sys/net/ipv4/ip_forward is 0" sysctl -q net.ipv4.ip_forward=0
    changed "/proc/sys/net/ipv6/conf/all/forwarding is 0" sysctl -q net.ipv6.conf.all.forwarding=0
    changed "somebody has changed its rules" nft flush chain inet "lxcpp_$BR" postrouting
    changed "somebody has changed its rules" nft flush chain bridge "lxcpp_$BR" from_ipv4
    changed "somebody has changed its rules" nft add rule inet "lxcpp_$BR" forward counter accept
    changed "Rules:      missing" nft delete table bridge "lxcpp_$BR"
    changed "Rules:      missing" nft flush ruleset
    changed "it lacks the address fe80:" ip -6 address flush dev "$BR" scope link
    changed "container c1: vc1 is down" ip link set vc1 down
    changed "container c1: the rules lack what is vc1's" nft flush set bridge "lxcpp_$BR" filtered
    changed "container c1: the rules lack what is vc1's" nft flush set bridge "lxcpp_$BR" ipv6s
    expect 0 host "$LXCPP_BRIDGE_PORT" change c1 publish=8080:80
    changed "container c1: the rules lack what is vc1's" nft flush map inet "lxcpp_$BR" published4
    changed "container c1: its ports are not published at 127.0.0.1" sysctl -q "net.ipv4.conf.$BR.route_localnet=0"
    host ip link delete "$BR"
    expect 0 host lxcpp-net up
    is "$(host cat "/proc/sys/net/ipv4/conf/$BR/route_localnet")" 1 'of a bridge that was made again'
    expect 0 host "$LXCPP_BRIDGE_PORT" change c1
    # Who has an interface there that is no container's sees that nobody filters it.
    host ip link add stranger type veth peer name strange1
    host ip link set stranger master "$BR"
    expect 0 host lxcpp-net status
    out_has "Containers: 1"
    out_has "stranger is in the bridge, and no record says whose it is: nothing filters what it sends"
    host ip link delete stranger
    # What is in the sets of single ports is no change.
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc1
    expect 0 host lxcpp-net status
    # A start mends what keeps packets from passing.
    host ip address flush dev "$BR"
    host ip link set "$BR" down
    host sysctl -q net.ipv4.ip_forward=0
    container c2
    expect 0 host lxcpp-net status
    host nft delete table inet "lxcpp_$BR"
    container c3
    expect 0 host lxcpp-net status
    host ip link delete vc3
    # Without one of the records.
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc2
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc3
    host ip link delete vc2
    rm "$LXCPP_RUNTIME_DIR/.network/$BR/made"
    expect 0 host lxcpp-net down
    err_has "its interface was not taken down: there is an interface $BR"
    host ip link delete "$BR"
    expect 0 host lxcpp-net up
    container c2
    # Without any of them.
    host ip link delete vc1
    rm -rf "$LXCPP_RUNTIME_DIR/.network"
    expect 0 host lxcpp-net down
    err_has "its interface was not taken down: there is an interface $BR already of which no record says that lxcpp-net has made it"
    err_is_one_line
    expect 2 host lxcpp-net status
    out_has "Note:       there is an interface $BR already"
    out_has "Rules:      missing"
    is "$(pgrep -f "conf-file=$LXCPP_STATE_DIR/.network/$BR/dnsmasq.conf")" '' 'its dnsmasq'
    expect 1 host lxcpp-net up
    err_has "remove it (ip link delete $BR)"
    host ip link delete "$BR"
    host ip link delete vc2
    # Gone while it serves: another one takes its place.
    expect 0 host lxcpp-net up
    rm -rf "$LXCPP_RUNTIME_DIR/.network"
    host ip link delete "$BR"
    expect 0 host lxcpp-net up
    expect 0 host lxcpp-net status
    is "$(pgrep -c -f "conf-file=$LXCPP_STATE_DIR/.network/$BR/dnsmasq.conf")" 1 'dnsmasq of the bridge'
    end_host
}

# Two of one address would each have a network now and then.
test_an_address_is_one_containers() {
    local bridge_mac bridge_ip6
    make_host
    expect 0 host lxcpp-net up
    container c1 ipv6=fd00:9::5/64
    bridge_mac=$(host ip -o link show dev "$BR" | sed 's/.*link.ether \([0-9a-f:]*\).*/\1/')
    bridge_ip6=$(host ip -6 -o address show dev "$BR" scope global | sed 's/.*inet6 \([0-9a-f:]*\).*/\1/')
    mkdir -p "$LXCPATH/c2"
    refused() { # TEXT MAC [WORD]
        expect 1 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc2 c2 "${@:2}"
        err_is_one_line
        err_has "$1"
    }
    refused "lxc.net.0.hwaddr = $MAC_c1: container c1 has it" "$MAC_c1"
    refused "lxc.net.0.hwaddr = $bridge_mac: the bridge $BR has it" "$bridge_mac"
    refused "lxc.net.0.ipv6.address = $IP6_c1: container c1 has it" - "ipv6=$IP6_c1/64"
    refused "lxc.net.0.ipv6.address = fd00:9::5: container c1 has it" - ipv6=fd00:9::5/64
    refused "lxc.net.0.ipv6.address = $bridge_ip6: the bridge $BR has it" - "ipv6=$bridge_ip6/64"
    bridge_ip6=$(host ip -6 -o address show dev "$BR" scope link | sed 's/.*inet6 \([0-9a-f:]*\).*/\1/')
    refused "lxc.net.0.ipv6.address = $bridge_ip6: the bridge $BR has it" - "ipv6=$bridge_ip6/64"
    expect 0 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc2 c2 02:00:00:00:00:07 ipv4=192.168.77.5/24
    err_is_one_line
    err_has "lxc.net.0.ipv4.address = 192.168.77.5: it is not in the network of the bridge $BR"
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc2
    # Of one that has ended: its address is free, its hardware address is still its own.
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc1
    host ip link delete vc1
    refused "lxc.net.0.hwaddr = $MAC_c1: container c1 has it" "$MAC_c1"
    expect 0 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc2 c2 - ipv6=fd00:9::5/64
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc2
    # Gone by hand: nobody has it.
    rmdir "$LXCPATH/c1"
    expect 0 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc2 c2 "$MAC_c1"
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc2
    end_host
}

# An administrator who has switched it off for all interfaces has none on the bridge either, unless net.conf wants it.
test_a_host_without_ipv6() {
    make_host
    host sysctl -q net.ipv6.conf.all.disable_ipv6=1
    expect 0 host lxcpp-net up
    is "$ERR" '' 'what is said'
    expect 0 host lxcpp-net status
    out_has 'IPv6:       none'
    container c1
    dhcp c1
    is "${OUT%% *}" "$IP_c1" 'what DHCP gives c1'
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc1
    host ip link delete vc1
    expect 0 host lxcpp-net down
    printf 'ipv6.address = fd00:7::1/64\n' >"$LXCPP_CONFIG_DIR/net.conf"
    expect 0 host lxcpp-net up
    expect 0 host lxcpp-net status
    out_has 'IPv6:       fd00:7::1/64'
    is "$(host cat /proc/sys/net/ipv6/conf/up0/disable_ipv6)" 1 'IPv6 of another interface'
    end_host
}

test_what_the_host_had_comes_back() {
    local all=/proc/sys/net/ipv6/conf/all/forwarding up0=/proc/sys/net/ipv6/conf/up0
    make_host
    is "$(host cat /proc/sys/net/ipv4/ip_forward $all $up0/accept_ra $up0/forwarding | xargs)" '0 0 1 0' before
    expect 0 host lxcpp-net up
    is "$(host cat /proc/sys/net/ipv4/ip_forward $all $up0/accept_ra $up0/forwarding | xargs)" '1 1 1 0' 'while it is up'
    expect 0 host lxcpp-net down
    is "$(host cat /proc/sys/net/ipv4/ip_forward $all $up0/accept_ra $up0/forwarding | xargs)" '0 0 1 0' after
    is "$(host nft list ruleset)" '' rules
    expect 2 host lxcpp-net status --format json
    out_has '"state": "down"'
    # An interface of somebody else is left alone.
    host ip link add "$BR" type bridge
    expect 1 host lxcpp-net up
    err_has "there is an interface $BR already of which no record says that lxcpp-net has made it"
    expect 0 host lxcpp-net down
    err_has "its interface was not taken down: there is an interface $BR already"
    err_is_one_line
    expect 2 host lxcpp-net status
    out_has "Note:       there is an interface $BR already"
    expect 0 host ip link show "$BR"
    host ip link delete "$BR"
    printf 'LXC_BRIDGE = lxcbr0\n' >"$LXCPP_CONFIG_DIR/net.conf"
    expect 1 host lxcpp-net up
    err_has "net.conf:1: LXC_BRIDGE: here it is bridge"
    expect 1 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc1 c1 -
    err_has "net.conf:1: LXC_BRIDGE: here it is bridge"
    expect 3 host "$LXCPP_BRIDGE_PORT" attach other0 vc1 c1 - # of somebody else
    : >"$LXCPP_CONFIG_DIR/net.conf"
    expect 1 setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent lxcpp-net up
    err_is_one_line
    err_has 'only root may do that'
    end_host
}

test_only_a_right_configuration_is_saved() {
    local file="$LXCPP_CONFIG_DIR/net.conf"
    make_host
    rm "$file"
    expect 0 host env EDITOR="sed -i 's/^#domain = .*/domain = ct.test/'" VISUAL= lxcpp-net edit
    is "$(grep -v '^#' "$file" | grep .)" 'domain = ct.test' net.conf
    expect 0 host lxcpp-net up
    expect 0 host env EDITOR="sed -i 's/^#filter = .*/filter = 0/'" VISUAL= lxcpp-net edit
    err_has '"lxcpp-net up" makes the changes effective'
    expect 1 host env EDITOR="sed -i 's/^domain.*/domain = -/'" VISUAL= lxcpp-net edit
    err_has 'net.conf.draft:'
    is "$(grep ^domain "$file")" 'domain = ct.test' 'what was there'
    is "$(grep ^domain "$file.draft")" 'domain = -' 'what was written'
    expect 1 host env EDITOR=false VISUAL= lxcpp-net edit
    err_has "this goes on with $file.draft"
    err_has 'nothing was changed'
    is "$(grep ^domain "$file.draft")" 'domain = -' 'what was written'
    expect 0 host env EDITOR="sed -i 's/^domain.*/domain = ct.test/'" VISUAL= lxcpp-net edit
    expect 1 host env EDITOR=false VISUAL= lxcpp-net edit
    err_is_one_line
    [ ! -e "$file.draft" ] || fail "a draft is left of an edit that changed nothing"
    expect 1 host env EDITOR=/nonexistent/editor VISUAL= lxcpp-net edit
    err_has 'the editor /nonexistent/editor is not installed'
    expect 0 host lxcpp-net up
    container c1
    expect 0 in_ns "$NS_c1" sh -c "ip address add $IP_c1/24 dev eth0 && busybox nslookup c1.ct.test $GATEWAY"
    out_has "$IP_c1"
    end_host
}

# Docker drops what it does not know, and has a place for the rules of others; a firewall without one is explained.
test_a_drop_policy_of_others() {
    need_tool iptables-nft
    make_host
    host iptables-nft -N DOCKER-USER
    host iptables-nft -A DOCKER-USER -j RETURN
    host iptables-nft -A FORWARD -j DOCKER-USER
    host iptables-nft -P FORWARD DROP
    expect 0 host lxcpp-net up
    container c1
    dhcp c1
    expect 0 in_ns "$NS_c1" busybox ping -c 1 -W 5 192.0.2.2
    expect 0 host lxcpp-net status
    out_has "Docker drops packets that are forwarded (table ip filter, chain FORWARD), but lets the bridge's through"
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc1
    host ip link delete vc1
    expect 0 host lxcpp-net down
    expect 0 host iptables-nft -S DOCKER-USER
    out_lacks "$BR"
    is "$(host cat /proc/sys/net/ipv4/ip_forward)" 1 "forwarding, which another needs"
    host nft flush ruleset
    host nft 'table inet mine { chain forwarded { type filter hook forward priority 0; policy drop; }; }'
    expect 0 host lxcpp-net up
    err_has "a firewall of the host drops packets that are forwarded (table inet mine, chain forwarded): run nft insert rule inet mine forwarded iifname $BR accept && "
    container c2
    dhcp c2
    expect 1 in_ns "$NS_c2" busybox ping -c 1 -W 1 192.0.2.2
    host sh -c "nft insert rule inet mine forwarded iifname $BR accept && nft insert rule inet mine forwarded oifname $BR accept"
    expect 0 in_ns "$NS_c2" busybox ping -c 1 -W 5 192.0.2.2
    expect 0 host lxcpp-net up
    is "$ERR" '' 'what is left to say'
    end_host
}

test_a_port_of_the_host_leads_to_a_container() {
    need_tool python3
    make_host
    container c1 publish=8080:80 publish=8080:80/udp publish=127.0.0.1:8082:80
    container c2
    dhcp c1
    dhcp c2
    serve "$NS_c1" 80
    answers "$OUTSIDE" tcp 192.0.2.1 8080 192.0.2.2
    answers "$OUTSIDE" udp 192.0.2.1 8080 192.0.2.2
    until_true has_address "$NS_c1" "$IP6_c1"
    until_true in_ns "$NS_c1" ip -6 route get 2001:db8::2
    answers "$OUTSIDE" tcp 2001:db8::1 8080 2001:db8::2
    answers "$OUTSIDE" udp 2001:db8::1 8080 2001:db8::2
    answers "$HOST" tcp 192.0.2.1 8080 192.0.2.1
    answers "$HOST" tcp 127.0.0.1 8080 "$GATEWAY"
    answers "$HOST" udp 127.0.0.1 8080 "$GATEWAY"
    answers "$HOST" tcp 127.0.0.1 8082 "$GATEWAY"
    # The kernel sends nothing from ::1 elsewhere: it stays the host's.
    serve "$HOST" 8080 ::1
    answers "$HOST" tcp ::1 8080 ::1
    does_not_answer "$OUTSIDE" tcp 192.0.2.1 8082
    # From the bridge itself the answer must come back through the host.
    answers "$NS_c2" tcp 192.0.2.1 8080 "$GATEWAY"
    answers "$NS_c1" tcp 192.0.2.1 8080 "$GATEWAY"
    mkdir "$LXCPATH/c3"
    expect 1 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc3 c3 - publish=192.0.2.1:8080:80
    err_has "lxc.publish = 192.0.2.1:8080:80/tcp: container c1 has published 8080:80/tcp"
    serve "$HOST" 9000 127.0.0.1
    expect 1 host "$LXCPP_BRIDGE_PORT" attach "$BR" vc3 c3 - publish=9000:80
    err_has "lxc.publish = 9000:80/tcp: a program of the host listens on 127.0.0.1:9000"
    # What is for the host's loopback may be handed on to a container, but nothing may come from one.
    in_ns "$NS_c2" ip address flush dev lo
    in_ns "$NS_c2" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet'
    in_ns "$NS_c2" ip route add 127.0.0.1 via "$GATEWAY" src "$IP_c2"
    does_not_answer "$NS_c2" udp 127.0.0.1 9000
    host nft flush chain inet "lxcpp_$BR" raw # the twin
    answers "$NS_c2" udp 127.0.0.1 9000 "$IP_c2"
    expect 0 host lxcpp-net up # with the rules of those that run
    answers "$OUTSIDE" tcp 192.0.2.1 8080 192.0.2.2
    answers "$HOST" tcp 127.0.0.1 8082 "$GATEWAY"
    expect 0 host "$LXCPP_BRIDGE_PORT" change c1 publish=8090:80
    does_not_answer "$OUTSIDE" tcp 192.0.2.1 8080
    answers "$OUTSIDE" tcp 192.0.2.1 8090 192.0.2.2
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc1
    does_not_answer "$OUTSIDE" tcp 192.0.2.1 8090
    end_host
}

test_published_ports_are_kept_in_the_configuration() {
    local name
    need_tool python3
    make_host
    for name in c1 c2; do
        mkdir "$LXCPATH/$name"
        printf '# mine\nlxc.net.0.type = empty\n' >"$LXCPATH/$name/config"
    done
    container c1
    dhcp c1
    serve "$NS_c1" 80
    expect 0 host lxcpp-net publish c1 8080:80 5353:80/udp
    is "$(cat "$LXCPATH/c1/config")" "$(printf '# mine\nlxc.net.0.type = empty\nlxc.publish = 8080:80/tcp\nlxc.publish = 5353:80/udp')" configuration
    answers "$OUTSIDE" tcp 192.0.2.1 8080 192.0.2.2
    answers "$OUTSIDE" udp 192.0.2.1 5353 192.0.2.2
    # While the bridge is down it is only written down.
    expect 0 host lxcpp-net down --force
    expect 0 host lxcpp-net publish c1 8085:80
    expect 0 host lxcpp-net up
    answers "$OUTSIDE" tcp 192.0.2.1 8085 192.0.2.2
    expect 0 host lxcpp-net unpublish c1 8085
    expect 0 host lxcpp-net publish --listen 127.0.0.1 c1 8081:80
    answers "$HOST" tcp 127.0.0.1 8081 "$GATEWAY"
    expect 0 host lxcpp-net published --format csv
    out_has 'c1,,8080,80,tcp'
    out_has 'c1,127.0.0.1,8081,80,tcp'
    expect 1 host lxcpp-net publish c1 8080:81
    err_has '8080:81/tcp: the container has 8080:80/tcp already'
    container c2
    expect 1 host lxcpp-net publish c2 8080:80
    err_has 'lxc.publish = 8080:80/tcp: container c1 has published 8080:80/tcp'
    serve "$HOST" 9000 127.0.0.1
    expect 1 host lxcpp-net publish c2 9000:80
    err_is_one_line
    err_has '9000:80/tcp: a program of the host listens on 127.0.0.1:9000'
    expect 1 host lxcpp-net publish c2 80
    expect 1 host lxcpp-net publish nobody 81:80
    err_has 'no such container'
    is "$(grep -c publish "$LXCPATH/c2/config")" 0 'lines in the configuration of c2'
    expect 0 host lxcpp-net unpublish c1 8080 5353/udp
    does_not_answer "$OUTSIDE" tcp 192.0.2.1 8080
    expect 1 host lxcpp-net unpublish c1 8080
    err_has 'c1: 8080 is not published'
    expect 0 host lxcpp-net publish c2 8080:80
    is "$(grep publish "$LXCPATH"/c?/config)" "$(printf '%s/c1/config:lxc.publish = 127.0.0.1:8081:80/tcp\n%s/c2/config:lxc.publish = 8080:80/tcp' "$LXCPATH" "$LXCPATH")" 'what is left'
    end_host
}
