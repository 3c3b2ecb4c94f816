# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# The network of a user's container when root has allowed no bridge: pasta or slirp4netns carries it.
# network namespace: own

# shellcheck source=tests/system/user_network.sh
source "$(dirname "${BASH_SOURCE[0]}")/user_network.sh"
# shellcheck source=tests/system/usernic.sh
source "$(dirname "${BASH_SOURCE[0]}")/usernic.sh"

# What each of the programs does for $C1, which runs.
goes_out() {
    reaches "$C1" tcp $OUTSIDE4 8000 "outside ::ffff:$HOST4"
    reaches "$C1" udp $OUTSIDE4 8000 "outside ::ffff:$HOST4"
    reaches "$C1" tcp $OUTSIDE6 8000 "outside $HOST6"
    reaches "$C1" udp $OUTSIDE6 8000 "outside $HOST6"
    inside "$C1" /bin/busybox nslookup outside.test || fail "no answer of the name server"
    out_has "$OUTSIDE4"
    anna lxcpp-info -n "$C1" -i -H
    out_has 10.0.2.15
    out_has fd00::15
    anna lxcpp-ls -f -F name,ipv4
    out_matches "$C1 +10.0.2.15"
}
# The frames that arrived at the host's sink.
arrived() { sort -u "$SANDBOX/tmp/datagrams" 2>/dev/null | tr '\n' ' '; }
send_frames() {
    rm -f "$SANDBOX/tmp/datagrams"
    inside "$C1" /bin/net-peer frames eth0 10.0.2.15 fd00::15 7001 || fail "no frames were sent"
    # The last of them went to an address of the host that is no loopback: it comes, and nothing is before it.
    local deadline=$((SECONDS + 10))
    until [[ "$(arrived)" == *2001:db8:9::2* && "$(arrived)" == *198.51.100.2* ]]; do
        [ $SECONDS -lt $deadline ] || { fail "frames to the host's own address did not come: $(arrived)"; return; }
        read -r -t 0.02 <> <(:) || true
    done
}
keeps_out() {
    reaches_not "$C1" tcp 10.0.2.2 7000
    reaches_not "$C1" tcp fd00::2 7000
    send_frames
    is "$(arrived)" "198.51.100.2 2001:db8:9::2 " "what came of frames to the host"
}
# The same with the program that we run, without what we do against it: the tests above can fail.
lets_in() { # COMMAND…
    local init
    anna lxcpp-stop -k -n "$C1"
    sed -i 's/^lxc.net.0.*//' "$SANDBOX/home/anna/.local/share/lxcpp/$C1/config"
    anna lxcpp-start -n "$C1"
    init=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
    "${AS_ANNA[@]}" "$@" "$init" ${TAP_LAST:-} >/dev/null 2>"$SANDBOX/tmp/program" &
    local program=$! deadline=$((SECONDS + 10))
    until inside "$C1" /bin/busybox ip address show dev eth0 && [[ "$OUT" == *10.0.2.1* && "$OUT" == *UP* ]]; do
        [ $SECONDS -lt $deadline ] || { fail "no network of the program: $(cat "$SANDBOX/tmp/program")"; break; }
        read -r -t 0.05 <> <(:) || true
    done
    reaches "$C1" tcp 10.0.2.2 7000 loopback
    send_frames
    [[ "$(arrived)" == "127.0.0.1 "*" ::1 "* || "$(arrived)" == *"127.0.0.1 127.1.2.3"* ]] || fail "frames to the loopback did not come: $(arrived)"
    kill $program
    wait $program 2>/dev/null
}

test_pasta() {
    prepare
    TYPE=veth
    anna_container "$C1" "$(user_nic 'lxc.net.0.link = br0')"
    anna_start "$C1"
    err_has "lxc.net.0: a user may join no bridge here (lxcpp-user-nic: not permitted): user-mode networking instead, with the address 10.0.2.15"
    err_has "lxcpp-usernet"
    err_is_one_line
    OUT=$(user_net_processes)
    out_matches '^lxcpp-user-net pas(ta|st(\.avx2)?) $' # its variant for the processor
    goes_out
    keeps_out
    lets_in pasta -f -q -I eth0 --config-net -a 10.0.2.15 -n 24 -g 10.0.2.2
    anna_stop "$C1"
    finish
}

test_slirp4netns() {
    prepare
    hide pasta
    anna_container "$C1" "$(user_nic)"
    anna_start "$C1"
    is "$ERR" "" "notes"
    is "$(user_net_processes)" "lxcpp-user-net slirp4netns " "what runs"
    goes_out
    keeps_out
    TAP_LAST=eth0 lets_in slirp4netns --configure --enable-ipv6 --mtu=1500
    anna_stop "$C1"
    umount "$(realpath /usr/bin/pasta)"
    finish
}

is_published() { # the addresses that outside sees inside
    serve_inside "$C1" tcp 80
    serve_inside "$C1" udp 53
    serve_inside "$C1" tcp 81
    outside_reaches tcp $HOST4 8080 "inside-$C1"
    outside_reaches udp $HOST4 5353 "inside-$C1"
    host_reaches tcp 127.0.0.1 8080 "inside-$C1"
    host_reaches tcp 127.0.0.1 8081 "inside-$C1"
    host_reaches udp $HOST4 5353 "inside-$C1"
    outside_reaches_not tcp $HOST4 8081
}
PUBLISH=('lxc.publish = 8080:80' 'lxc.publish = 5353:53/udp' 'lxc.publish = 127.0.0.1:8081:81')

test_published_by_pasta() {
    prepare
    anna_container "$C1" "$(user_nic)" "${PUBLISH[@]}"
    anna_start "$C1"
    is_published
    outside_reaches tcp $HOST4 8080 $OUTSIDE4 # who asks
    outside_reaches tcp $HOST6 8080 "inside-$C1 $OUTSIDE6"
    outside_reaches udp $HOST6 5353 "inside-$C1"
    anna lxcpp-net publish "$C1" 8082:80
    err_has "$C1: pasta takes ports when it starts: this counts from the container's next start on"
    err_is_one_line
    expect 1 "${AS_ANNA[@]}" lxcpp-net publish "$C1" 80:80
    err_has "a user may listen from port 1024 on only"
    anna_stop "$C1"
    outside_reaches_not tcp $HOST4 8080
    anna_start "$C1"
    serve_inside "$C1" tcp 80
    outside_reaches tcp $HOST4 8082 "inside-$C1"
    anna_stop "$C1"
    finish
}

test_published_by_slirp4netns() {
    prepare
    hide pasta
    anna_container "$C1" "$(user_nic)" "${PUBLISH[@]}"
    anna_start "$C1"
    is_published
    anna lxcpp-net publish "$C1" 8082:80
    outside_reaches tcp $HOST4 8082 "inside-$C1"
    anna lxcpp-net unpublish "$C1" 8080
    outside_reaches_not tcp $HOST4 8080
    outside_reaches tcp $HOST4 8082 "inside-$C1"
    anna lxcpp-net published --format csv
    out_lacks 8080
    out_has 8082
    anna_stop "$C1"
    echo "lxc.publish = [$HOST6]:8083:80" >>"$SANDBOX/home/anna/.local/share/lxcpp/$C1/config"
    refuses_to_start "$C1" "slirp4netns publishes on IPv4 only"
    umount "$(realpath /usr/bin/pasta)"
    finish
}

# What listens on the host for a user is the user's own program, so a bridge that root allows is not taken.
test_published_where_a_bridge_is_allowed() {
    prepare install_helper
    usernet "anna veth br0 10"
    ip link add br0 type bridge && ip link set br0 up
    TYPE=veth
    anna_container "$C1" "$(user_nic 'lxc.net.0.link = br0')" "${PUBLISH[@]}"
    anna_start "$C1"
    err_has "lxc.net.0: a user's ports (lxc.publish) are not published on a bridge: user-mode networking instead, with the address 10.0.2.15"
    err_is_one_line
    is "$(peers)" "" "interfaces on the bridge"
    is_published
    anna_stop "$C1"
    sed -i '/^lxc.publish/d' "$SANDBOX/home/anna/.local/share/lxcpp/$C1/config"
    anna_start "$C1"
    is "$ERR" "" "notes of a start on the bridge"
    is "$(peers | wc -l)" 1 "interfaces on the bridge"
    anna_stop "$C1"
    finish
    restore_machine
}

test_ports_that_are_taken() {
    prepare
    anna_container "$C1" "$(user_nic)" 'lxc.publish = 8080:80'
    anna_container "$C2" "$(user_nic)" 'lxc.publish = 8080:80'
    anna_start "$C1"
    refuses_to_start "$C2" "lxc.publish: 8080:80/tcp: the container $C1 has that port of the host"
    anna_stop "$C1"
    serve -- tcp 0.0.0.0 8080 other
    refuses_to_start "$C2" "a program of the host listens on 0.0.0.0:8080"
    local config="$SANDBOX/home/anna/.local/share/lxcpp/$C2/config"
    sed -i 's/^lxc.publish.*/lxc.publish = 80:80/' "$config"
    sysctl -qw net.ipv4.ip_unprivileged_port_start=1024
    refuses_to_start "$C2" "a user may listen from port 1024 on only: publish 1024 or higher, or let root set net.ipv4.ip_unprivileged_port_start=80"
    sysctl -qw net.ipv4.ip_unprivileged_port_start=80
    anna_start "$C2"
    serve_inside "$C2" tcp 80
    outside_reaches tcp $HOST4 80 "inside-$C2"
    anna_stop "$C2"
    sed -i 's/^lxc.publish.*/lxc.publish = 192.0.2.77:8080:80/' "$config"
    refuses_to_start "$C2" "the host does not have the address 192.0.2.77"
    finish
}

test_what_is_killed() {
    local pasta
    prepare
    anna_container "$C1" "$(user_nic)" 'lxc.publish = 8080:80'
    # The program: the container lives on.
    anna_start "$C1"
    kill -KILL "$(pid_of pass)"
    processes_become ""
    is "$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -s -H)" RUNNING
    grep -q "pasta was ended by SIGKILL; the container is without network until it is started again" "$SANDBOX/home/anna/$C1.log" || fail "the log does not tell"
    anna lxcpp-info -n "$C1"
    err_has "pasta was ended by SIGKILL"
    reaches_not "$C1" tcp $OUTSIDE4 8000
    anna_stop "$C1"
    # What watches over it: both are gone.
    anna_start "$C1"
    anna lxcpp-info -n "$C1"
    is "$ERR" "" "what info says of a network that is there"
    kill -KILL "$(pid_of lxcpp-user-net)"
    processes_become ""
    is "$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -s -H)" RUNNING
    anna lxcpp-info -n "$C1"
    err_has "pasta was ended together with what watches over it; the container is without network until it is started again"
    anna_stop "$C1"
    # The monitor: the network lives on, and is the next one's to end.
    anna_start "$C1"
    kill -KILL "$(pgrep -f "^\[lxcpp monitor\].*$C1")"
    reaches "$C1" tcp $OUTSIDE4 8000 outside
    anna_stop "$C1"
    processes_become ""
    # Monitor and init: nobody is there to clean up, and still nothing is left.
    anna_start "$C1"
    local init
    init=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
    kill -KILL "$(pgrep -f "^\[lxcpp monitor\].*$C1")" "$init"
    processes_become ""
    is "$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -s -H)" STOPPED
    # init alone, and the port is free for the next start.
    anna_start "$C1"
    kill -KILL "$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)"
    anna lxcpp-wait -n "$C1" -s STOPPED -t 20
    anna_start "$C1"
    serve_inside "$C1" tcp 80
    outside_reaches tcp $HOST4 8080 "inside-$C1"
    anna_stop "$C1"
    finish
}

test_a_reboot_has_a_network_again() {
    prepare
    anna_container "$C1" "$(user_nic)" 'lxc.publish = 8080:80'
    anna_start "$C1"
    local before
    before=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
    anna lxcpp-stop -r -n "$C1"
    differs "$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)" "$before" "init after the reboot"
    reaches "$C1" tcp $OUTSIDE4 8000 outside
    serve_inside "$C1" tcp 80
    outside_reaches tcp $HOST4 8080 "inside-$C1"
    anna_stop "$C1"
    processes_become ""
    finish
}

test_dhcp_gives_what_is_there_already() {
    prepare
    anna_container "$C1" "$(user_nic)"
    local rootfs="$SANDBOX/home/anna/.local/share/lxcpp/$C1/rootfs"
    printf '#!/bin/sh\nenv\n' >"$rootfs/etc/dhcp-script"
    chmod 0755 "$rootfs/etc/dhcp-script"
    for program in pasta slirp4netns; do
        [ $program = slirp4netns ] && hide pasta
        anna_start "$C1"
        inside "$C1" /bin/busybox udhcpc -i eth0 -n -q -f -t 3 -T 1 -s /etc/dhcp-script || fail "no answer of DHCP: $program"
        out_has ip=10.0.2.15
        out_has router=10.0.2.2
        out_matches 'dns=.*10\.0\.2\.3'
        anna_stop "$C1"
    done
    umount "$(realpath /usr/bin/pasta)"
    finish
}

test_what_cannot_be_is_refused() {
    prepare
    local config="$SANDBOX/home/anna/.local/share/lxcpp/$C1/config"
    refused() { # TEXT LINE…
        sed -i '/^lxc.net/d' "$config"
        printf '%s\n' "${@:2}" >>"$config"
        refuses_to_start "$C1" "$1"
    }
    anna_container "$C1"
    refused "lxc.net.0.link: user-mode networking is on no link" "$(user_nic 'lxc.net.0.link = br0')"
    refused "lxc.net.0.ipv4.gateway: of user-mode networking is an address" "$(user_nic 'lxc.net.0.ipv4.address = 10.9.0.5/24' 'lxc.net.0.ipv4.gateway = auto')"
    refused "lxc.net.0.l2proxy: user-mode networking has no link" "$(user_nic 'lxc.net.0.l2proxy = 1')"
    refused "lxc.net.1.type: a container has one device of user-mode networking" "$(user_nic)" 'lxc.net.1.type = user'
    refused "lxc.net.0.ipv4.address: user-mode networking has one address" "$(user_nic 'lxc.net.0.ipv4.address = 10.9.0.5/24' 'lxc.net.0.ipv4.address = 10.9.0.6/24')"
    refused "lxc.net.0.ipv4.address: leaves no room" "$(user_nic 'lxc.net.0.ipv4.address = 10.9.0.5/30')"
    refused "lxc.net.0.type = veth before it" "$(user_nic 'lxc.net.0.veth.pair = x')"
    hide pasta
    hide slirp4netns
    refused "install the package passt or slirp4netns" "$(user_nic)"
    # A bridge that nobody asked user-mode networking for: the container starts, and the note says what it lacks.
    sed -i 's/type = user/type = veth/' "$config"
    anna_start "$C1"
    err_has "install the package passt or slirp4netns; the device is left out"
    anna_stop "$C1"
    umount "$(realpath /usr/bin/pasta)" "$(realpath /usr/bin/slirp4netns)"
    chmod 0600 "$SANDBOX/support/dev/tun"
    refused "/dev/net/tun cannot be opened (Permission denied)" "$(user_nic)"
    chmod 0666 "$SANDBOX/support/dev/tun"
    # Root's containers have the managed bridge.
    make_container "$C2" "$(user_nic)"
    expect 1 lxcpp-start -n "$C2"
    err_has "lxc.net.0.type: it would run as root"
    err_is_one_line
    finish
}

test_addresses_of_its_own() {
    prepare
    anna_container "$C1" "$(user_nic 'lxc.net.0.name = lan' 'lxc.net.0.hwaddr = 10:66:6a:00:00:01' 'lxc.net.0.mtu = 1400' \
        'lxc.net.0.ipv4.address = 10.9.0.5/20' 'lxc.net.0.ipv4.gateway = 10.9.0.9' 'lxc.net.0.ipv6.address = fd09::5/64' 'lxc.net.0.ipv6.gateway = fd09::9')"
    anna_start "$C1"
    inside "$C1" /bin/busybox ip address show dev lan
    out_has "mtu 1400"
    out_has "10:66:6a:00:00:01"
    out_has "10.9.0.5/20"
    out_has "fd09::5/64"
    reaches "$C1" tcp $OUTSIDE4 8000 outside
    reaches "$C1" tcp $OUTSIDE6 8000 outside
    anna lxcpp-start -n "$C1" --print-plan
    out_has "net 0: make lan, carried by a program of the user"
    anna_stop "$C1"
    hide pasta
    refuses_to_start "$C1" "lxc.net.0.ipv4.gateway: slirp4netns is at the second address"
    umount "$(realpath /usr/bin/pasta)"
    finish
}

# A host that has no way out now may have one later.
test_a_host_without_an_uplink() {
    prepare
    ip route del default
    ip -6 route del default
    anna_container "$C1" "$(user_nic)"
    anna_start "$C1"
    is "$(user_net_processes)" "lxcpp-user-net slirp4netns " "what runs"
    reaches "$C1" tcp $OUTSIDE4 8000 outside # which the host reaches
    anna_stop "$C1"
    finish
}

test_a_hundred_rounds() { # 600 s
    prepare
    anna_container "$C1" "$(user_nic)" 'lxc.publish = 8080:80'
    for ((i = 0; i < ${LXCPP_USER_NET_ROUNDS:-100}; ++i)); do
        anna lxcpp-start -n "$C1"
        anna_stop "$C1"
        is "$(user_net_processes)" "" "processes after round $i"
    done
    is "$(find "$RUNTIME" -type s -o -name user-net)" "" "files that are left"
    finish
}
