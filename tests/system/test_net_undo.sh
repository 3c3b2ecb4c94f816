# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Networks: what is the host's comes back, and scripts run, however a container ends.
# network namespace: own

# shellcheck source=tests/system/network.sh
source "$(dirname "${BASH_SOURCE[0]}")/network.sh"

test_a_reboot_makes_them_again() {
    local lines
    make_bridge
    ip link add name up0 type veth peer name up1 && ip link set up0 up && ip link set up1 up
    mapfile -t lines < <(veth_lines 11 'lxc.net.0.veth.pair = fixed' 'lxc.net.1.type = macvlan' 'lxc.net.1.link = up0' 'lxc.net.1.flags = up' \
        'lxc.net.1.hwaddr = 10:66:6a:00:00:22' 'lxc.net.2.type = phys' 'lxc.net.2.link = up1' 'lxc.net.2.name = wan')
    make_net_container "$C1" "${lines[@]}"
    expect 0 lxcpp-start -n "$C1" -- /bin/testinit reboot-once /rebooted touch /second pause
    until [ -e "$LXCPATH/$C1/rootfs/second" ]; do kill -0 "$(init_pid "$C1")" 2>/dev/null; done
    wait_state "$C1" RUNNING
    inside "$C1" ip address
    out_has 'inet 10.99.0.11/24'
    out_has '10:66:6a:00:00:22'
    out_has ' wan'
    host_pings 10.99.0.11
    stop "$C1"
    ip link show up1 >"$SANDBOX/tmp/up1" || fail "up1 is not back"
}

test_physical_interfaces_come_back() {
    local before link
    make_lan
    before=$(links)
    make_net_container "$C1" 'lxc.net.0.type = phys' 'lxc.net.0.flags = up' 'lxc.net.0.link = lan0' 'lxc.net.0.name = eth0' 'lxc.net.0.mtu = 1300' \
        'lxc.net.0.hwaddr = 10:66:6a:00:00:33' 'lxc.net.0.ipv4.address = 10.95.0.11/24'
    start "$C1"
    ip link show lan0 2>/dev/null && fail "lan0 is on the host still"
    host_pings 10.95.0.11
    inside "$C1" ip link show eth0
    out_has 'mtu 1300'
    out_has 10:66:6a:00:00:33
    stop "$C1"
    lan_is_back
    is "$(links)" "$before" "the host's interfaces"
    # By another of its names, and by how one begins; without a name of its own it keeps that of the host.
    for link in a-longer-name-of-lan0 lan0 a-longer+; do
        expect 0 lxcpp-start -n "$C1" -s lxc.net.0.name= -s "lxc.net.0.link=$link"
        inside "$C1" ip link show lan0
        stop "$C1"
        lan_is_back
    done
    # What the container does to it is undone.
    CREATE_OPTIONS=--privileged make_net_container "$C2" 'lxc.net.0.type = phys' 'lxc.net.0.link = lan0'
    start "$C2"
    inside "$C2" ip link set lan0 mtu 900
    inside "$C2" ip link set lan0 address 02:00:00:00:00:77
    inside "$C2" ip link set lan0 name mine
    nsenter --net="/proc/$(init_pid "$C2")/ns/net" ip link property add dev mine altname evil
    stop "$C2"
    lan_is_back
    is "$(links)" "$before" "the host's interfaces"
}

test_physical_interfaces_come_back_from_the_dead() {
    local monitor init
    make_lan
    make_net_container "$C1" 'lxc.net.0.type = phys' 'lxc.net.0.link = lan0' 'lxc.net.0.name = eth0'
    start "$C1"
    kill -KILL "$(init_pid "$C1")"
    wait_state "$C1" STOPPED
    lan_is_back
    start "$C1"
    init=$(init_pid "$C1")
    monitor=$(awk '/^PPid/ {print $2}' "/proc/$init/status")
    kill -KILL "$monitor"
    stop "$C1"
    lan_is_back
    start "$C1"
    init=$(init_pid "$C1")
    monitor=$(awk '/^PPid/ {print $2}' "/proc/$init/status")
    kill -STOP "$init"
    kill -KILL "$monitor"
    kill -KILL "$init"
    wait_state "$C1" STOPPED
    expect 0 lxcpp-start -n "$C1" # the next command cleans up, and takes it again
    stop "$C1"
    lan_is_back
}

test_a_killed_start_leaves_nothing() {
    local before
    make_lan
    make_bridge
    before=$(links)
    mkfifo "$SANDBOX/tmp/reached" "$SANDBOX/tmp/never"
    printf '#!/bin/sh\necho >%s\nread -r _ <%s\n' "$SANDBOX/tmp/reached" "$SANDBOX/tmp/never" >"$SANDBOX/tmp/stay"
    printf '#!/bin/sh\necho "$*" >>%s\n' "$SANDBOX/tmp/down.log" >"$SANDBOX/tmp/down"
    chmod +x "$SANDBOX/tmp/stay" "$SANDBOX/tmp/down"
    make_net_container "$C1" 'lxc.net.0.type = phys' 'lxc.net.0.link = lan0' "lxc.net.1.type = veth" 'lxc.net.1.link = br0' \
        "lxc.net.1.script.down = $SANDBOX/tmp/down" "lxc.hook.start-host = $SANDBOX/tmp/stay"
    lxcpp-start -n "$C1" >"$SANDBOX/tmp/start.out" 2>&1 &
    read -r _ <"$SANDBOX/tmp/reached"
    ip link show lan0 2>/dev/null && fail "lan0 is on the host still"
    expect 0 lxcpp-stop -k -n "$C1"
    wait
    lan_is_back
    OUT=$(<"$SANDBOX/tmp/down.log")
    out_matches "^$C1 net down veth br0 veth[0-9a-zA-Z]{6}\$"
    links_become "$before"
}

make_script() {
    cat >"$SANDBOX/tmp/script" <<S
#!/bin/sh
echo "\$*" >>$SANDBOX/tmp/script.log
env | grep ^LXC_ | sort >$SANDBOX/tmp/script.env
[ ! -e $SANDBOX/tmp/fail ]
S
    chmod +x "$SANDBOX/tmp/script"
}

test_scripts_run_as_by_lxc() {
    local lines script="$SANDBOX/tmp/script"
    make_bridge
    make_script
    mapfile -t lines < <(veth_lines 11 'lxc.net.0.veth.pair = pair0' "lxc.net.0.script.up = $script 'two words'" "lxc.net.0.script.down = $script" \
        'lxc.net.1.type = empty' "lxc.net.1.script.up = $script")
    make_net_container "$C1" "${lines[@]}"
    start "$C1"
    OUT=$(<"$SANDBOX/tmp/script.log")
    out_is "two words $C1 net up veth br0 pair0
$C1 net up empty"
    OUT=$(<"$SANDBOX/tmp/script.env")
    out_has "LXC_NAME=$C1"
    out_has LXC_HOOK_VERSION=0
    rm "$SANDBOX/tmp/script.log"
    stop "$C1"
    is "$(<"$SANDBOX/tmp/script.log")" "$C1 net down veth br0 pair0" "arguments of script.down"
    expect 0 lxcpp-start -n "$C1" -s lxc.hook.version=1 -s lxc.net.1.script.up=
    OUT=$(<"$SANDBOX/tmp/script.env")
    for line in LXC_HOOK_TYPE=up LXC_HOOK_SECTION=net LXC_NET_TYPE=veth LXC_NET_PARENT=br0 LXC_NET_PEER=pair0; do out_has $line; done
    stop "$C1"
    OUT=$(<"$SANDBOX/tmp/script.env")
    out_has LXC_HOOK_TYPE=down
    out_has LXC_NET_PEER=pair0
    # One that fails ends the start, and what it has begun is told its end.
    rm "$SANDBOX/tmp/script.log"
    touch "$SANDBOX/tmp/fail"
    expect 1 lxcpp-start -n "$C1"
    err_is_one_line
    err_has 'lxc.net.0.script.up'
    expect 1 lxcpp-start -n "$C1" -s lxc.net.0.script.up=/nonexistent/script
    err_is_one_line
    err_has 'lxc.net.0.script.up'
    err_has '/nonexistent/script'
    is "$(tail -n 1 "$SANDBOX/tmp/script.log")" "$C1 net down veth br0 pair0" "the last script"
}
