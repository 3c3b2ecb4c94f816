# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The managed bridge beside the firewalls of others, as Debian packages them, with files and a message bus of their own.

# shellcheck source=tests/system/bridge_host.sh
source "$(dirname "${BASH_SOURCE[0]}")/bridge_host.sh"

# What the firewall writes is the test's: nothing of the machine's configuration changes.
own_copy() { # PATH…
    local path copy
    for path; do
        copy="$SANDBOX/copies$path"
        mkdir -p "${copy%/*}"
        cp -a "$path" "$copy"
        mount --bind "$copy" "$path"
        COPIES+=" $path"
    done
}
own_run() {
    mount -t tmpfs none /run
    COPIES+=" /run"
}
end_copies() {
    local path
    for path in $COPIES; do umount "$path"; done
}

works() { # NAME: an address, names, elsewhere, and its published port
    local ns="NS_$1" ip="IP_$1" ip6="IP6_$1"
    dhcp "$1"
    is "$OUT" "${!ip} $GATEWAY lxcpp $GATEWAY" "what DHCP gives $1"
    expect 0 in_ns "${!ns}" busybox nslookup "$1.lxcpp" "$GATEWAY"
    out_has "${!ip}"
    expect 0 in_ns "${!ns}" busybox ping -c 1 -W 5 192.0.2.2
    until_true has_address "${!ns}" "${!ip6}"
    until_true in_ns "${!ns}" ip -6 route get 2001:db8::2
    expect 0 in_ns "${!ns}" busybox ping -c 1 -W 5 2001:db8::2
    answers "$OUTSIDE" tcp 192.0.2.1 8080 192.0.2.2
    answers "$OUTSIDE" udp 192.0.2.1 8080 192.0.2.2
    answers "$OUTSIDE" tcp 2001:db8::1 8080 2001:db8::2
    answers "$HOST" tcp 127.0.0.1 8080 "$GATEWAY"
}
has_no_address() {
    local ns="NS_$1"
    expect 1 in_ns "${!ns}" busybox udhcpc -i eth0 -n -q -f -t 2 -T 1 -s /bin/true
}

# ufw keeps its rules to itself: what up says is all that it takes.
test_ufw() {
    local advice
    need_tool ufw
    need_tool python3
    make_host
    COPIES=''
    own_copy /etc/ufw /etc/default/ufw
    own_run
    expect 0 host ufw --force enable
    expect 0 host lxcpp-net up
    err_has "ufw drops packets that are forwarded (table ip filter, chain FORWARD): run ufw route allow in on $BR && ufw route allow out on $BR"
    err_has "ufw drops packets to the host (table ip filter, chain INPUT): run ufw allow in on $BR"
    err_has "ufw drops packets that are forwarded (table ip6 filter, chain FORWARD)"
    advice=$(sed -n 's/.*: run //p' <<<"$ERR" | sort -u)
    container c1 publish=8080:80 publish=8080:80/udp
    has_no_address c1
    is "$(wc -l <<<"$advice")" 2 'different lines of advice'
    while read -r line; do expect 0 host sh -c "$line"; done <<<"$advice"
    serve "$NS_c1" 80
    works c1
    expect 0 host lxcpp-net up
    is "$ERR" '' 'what is left to say'
    expect 0 host lxcpp-net status
    out_has "ufw drops packets to the host (table ip filter, chain INPUT), but lets the bridge's through"
    # ufw has written it down.
    in_ns "$NS_c1" ip address flush dev eth0 scope global
    expect 0 host ufw reload
    works c1
    # A container that starts beside a ufw that was told nothing says so, too.
    expect 0 host lxcpp-net down --force
    expect 0 host ufw --force reset
    expect 0 host ufw --force enable
    container c2
    err_has "run ufw route allow in on $BR"
    expect 0 host ufw disable
    end_host
    end_copies
}

# firewalld is told, and told again when it has forgotten it.
test_firewalld() { # 240 s
    local bus daemon
    need_tool firewalld
    need_tool firewall-cmd
    need_tool dbus-daemon
    need_tool python3
    make_host
    COPIES=''
    own_copy /etc/firewalld
    own_run
    mkdir /run/dbus
    bus=$(host dbus-daemon --system --fork --print-pid 2>/dev/null) || skip "no message bus can be had here"
    host firewalld --nofork --nopid >"$SANDBOX/tmp/firewalld" 2>&1 &
    daemon=$!
    local deadline=$((SECONDS + 60))
    until host firewall-cmd --state >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] && kill -0 $daemon 2>/dev/null || skip "firewalld does not start here: $(tail -n 1 "$SANDBOX/tmp/firewalld")"
    done
    # The twin: a bridge that it was not told of gets nothing.
    expect 0 host lxcpp-net up
    is "$ERR" '' 'what up has to say'
    expect 0 host firewall-cmd --get-zone-of-interface="$BR"
    out_is trusted
    expect 0 host firewall-cmd --zone=trusted --remove-interface="$BR"
    container c1 publish=8080:80 publish=8080:80/udp
    has_no_address c1
    expect 0 host lxcpp-net status
    out_has 'firewalld drops packets to the host'
    out_has "firewall-cmd --zone=trusted --add-interface=$BR"
    expect 0 host lxcpp-net up
    serve "$NS_c1" 80
    works c1
    in_ns "$NS_c1" ip address flush dev eth0 scope global
    expect 0 host firewall-cmd --complete-reload
    expect 0 host lxcpp-net up
    is "$ERR" '' 'what up has to say after firewalld forgot it'
    works c1
    # What down takes back.
    expect 0 host lxcpp-net down --force
    run host firewall-cmd --get-zone-of-interface="$BR"
    out_lacks trusted
    kill $daemon "$bus"
    wait $daemon 2>/dev/null
    end_host
    end_copies
}
