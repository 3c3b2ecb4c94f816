# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# A machine of network namespaces for tests of the managed bridge: "host", where the tools run, "outside" behind its
# uplink, and those that stand for containers.
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
    local port
    for port in "$LXCPP_RUNTIME_DIR/.network"/*/ports/*; do
        [ ! -e "$port" ] || host ip link delete "${port##*/}" 2>/dev/null
    done
    expect 0 host lxcpp-net down --force
    # shellcheck disable=SC2086
    kill $SPACES
    wait 2>/dev/null
    rm -rf "$LXCPP_STATE_DIR/.network" "$LXCPP_STATE_DIR"/[cr][0-9]*
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

has_address() { in_ns "$1" ip -6 address show dev eth0 scope global -tentative | grep -q "inet6 $2/"; }

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
