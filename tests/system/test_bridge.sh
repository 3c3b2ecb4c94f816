# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The managed bridge, in network namespaces of its own: "host", where the tools run, "outside" behind its uplink, and
# those that stand for containers.
HERE="$(dirname "${BASH_SOURCE[0]}")"
BR=lxcppbr0

namespace() { # NAME: $NAME becomes its process
    unshare --net sleep infinity &
    local pid=$!
    printf -v "$1" %s $pid
    SPACES+=" $pid"
    # It is in the namespace once its name is the program's.
    until [ "$(cat "/proc/$pid/comm")" = sleep ]; do read -r -t 0.01 <> <(:) || true; done
}
# Programs, as run and expect know no functions: "in_ns PROCESS command…" and "host command…".
make_enterers() {
    mkdir "$SANDBOX/bin"
    printf '#!/bin/sh\nspace=$1\nshift\nexec nsenter --net="/proc/$space/ns/net" -- "$@"\n' >"$SANDBOX/bin/in_ns"
    printf '#!/bin/sh\nexec in_ns %s "$@"\n' "$HOST" >"$SANDBOX/bin/host"
    chmod +x "$SANDBOX/bin"/*
    PATH="$SANDBOX/bin:$PATH"
}

make_host() { # [LINE OF net.conf…]
    need_tool nft
    need_tool dnsmasq
    SPACES=''
    namespace HOST
    namespace OUTSIDE
    make_enterers
    printf '%s\n' "$@" >"$LXCPP_CONFIG_DIR/net.conf"
    host ip link add up0 type veth peer name eth0 netns "$OUTSIDE"
    host ip link set lo up
    host ip address add 192.0.2.1/24 dev up0
    host ip address add 2001:db8::1/64 dev up0 nodad
    host ip link set up0 up
    in_ns "$OUTSIDE" ip link set lo up
    in_ns "$OUTSIDE" ip address add 192.0.2.2/24 dev eth0
    in_ns "$OUTSIDE" ip address add 2001:db8::2/64 dev eth0 nodad
    in_ns "$OUTSIDE" ip link set eth0 up
    host ip route add default via 192.0.2.2
}

# Everything goes; what the bridge keeps for the next time, too.
end_host() {
    expect 0 host lxcpp-net down --force
    # shellcheck disable=SC2086
    kill $SPACES
    wait 2>/dev/null
    rm -rf "$LXCPP_STATE_DIR/.network" "$LXCPP_STATE_DIR"/c[0-9]
}

# As a start will do it: the rules first, then the interface. Sets IP_NAME, MAC_NAME, IP6_NAME and NS_NAME.
container() { # NAME [WORD OF bridge-port…]
    local name="$1" mac ip gateway ip6 hairpin
    shift
    mkdir -p "$LXCPATH/$name"
    expect 0 host "${LXCPP_BRIDGE_PORT:?}" attach "$BR" "v$name" "$name" - "$@"
    read -r mac ip gateway ip6 hairpin <<<"$OUT"
    printf -v "MAC_$name" %s "$mac"
    printf -v "IP_$name" %s "${ip%/*}"
    printf -v "IP6_$name" %s "${ip6%/*}"
    GATEWAY="$gateway"
    namespace "NS_$name"
    local ns="NS_$name"
    host ip link add "v$name" type veth peer name eth0 address "$mac" netns "${!ns}"
    in_ns "${!ns}" ip link set lo up
    in_ns "${!ns}" ip link set eth0 up
    host ip link set "v$name" master "$BR" up
    host bridge link set dev "v$name" hairpin "$hairpin"
}

# Asks for an address as busybox' client does, and takes it.
dhcp() { # NAME; sets OUT to the address
    local ns="NS_$1"
    cat >"$SANDBOX/tmp/udhcpc" <<'S'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev "$interface"
ip route add default via $router
echo "$ip $router $domain $dns"
S
    chmod +x "$SANDBOX/tmp/udhcpc"
    expect 0 in_ns "${!ns}" busybox udhcpc -i eth0 -n -q -f -t 5 -T 1 -s "$SANDBOX/tmp/udhcpc"
    OUT=$(tail -n 1 <<<"$OUT")
}

until_true() { # command…
    local deadline=$((SECONDS + 15))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || { fail "never came true: $*"; return 1; }
        read -r -t 0.05 <> <(:) || true
    done
}

has_address() { in_ns "$1" ip -6 address show dev eth0 scope global -tentative | grep -q "inet6 $2/"; }

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
        host ip link set vc1 master "$BR"
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

test_a_container_sends_only_as_itself() {
    need_tool python3
    make_host
    expect 0 host lxcpp-net up
    container c1
    container c2
    spoof
    out_is "own-dhcp own-arp own-ip6 end"
    learns
    is "$OUT" '' "ports at which the bridge expects what is for c2 after c1 spoke in its name"
    # RA from a container does not change the host either.
    is "$(host cat "/proc/sys/net/ipv6/conf/$BR/accept_ra")" 0 "accept_ra of the bridge"
    # The twin: without the filter they pass.
    printf 'filter = 0\n' >"$LXCPP_CONFIG_DIR/net.conf"
    expect 0 host lxcpp-net up
    spoof
    out_is "mac ip arp-gateway arp-mac ip6 neighbour router hidden-router dhcp-server dhcp6-server dhcp-any dhcp6-any dhcp-for-another vlan own-dhcp own-arp own-ip6 end"
    expect 0 host ip link set "$BR" type bridge no_linklocal_learn 0
    learns
    out_has "dev vc1"
    printf 'filter = 1\n' >"$LXCPP_CONFIG_DIR/net.conf"
    expect 0 host lxcpp-net up # for those that run already
    spoof
    out_is "own-dhcp own-arp own-ip6 end"
    expect 0 host "$LXCPP_BRIDGE_PORT" detach "$BR" vc1
    expect 0 host nft list set bridge "lxcpp_$BR" macs
    out_lacks vc1
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
    err_has "there is an interface $BR already that lxcpp-net has not made"
    expect 0 host lxcpp-net down
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
    err_has 'nothing was changed'
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

serve() { # NAMESPACE PORT [ADDRESS]
    mkfifo "$SANDBOX/tmp/ready"
    in_ns "$1" python3 "$HERE/../support/who.py" serve "$SANDBOX/tmp/ready" "${@:2}" &
    SPACES+=" $!"
    read -r _ <"$SANDBOX/tmp/ready"
    rm "$SANDBOX/tmp/ready"
}
answers() { # NAMESPACE PROTOCOL HOST PORT WHO
    expect 0 in_ns "$1" python3 "$HERE/../support/who.py" ask "$2" "$3" "$4"
    is "$OUT" "$5" "who asks $3 port $4 by $2"
}
does_not_answer() { expect 1 in_ns "$1" python3 "$HERE/../support/who.py" ask "$2" "$3" "$4"; }

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
