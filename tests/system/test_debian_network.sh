# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# A Debian that was made with no words about networks: it fetches a web server's package, and its page is fetched through
# a published port. The test's own network namespace is the host's.
# network namespace: own, with a way out

# shellcheck source=tests/system/network.sh
source "$(dirname "${BASH_SOURCE[0]}")/network.sh"
# shellcheck source=tests/system/lives.sh
source "$(dirname "${BASH_SOURCE[0]}")/lives.sh"

# Another machine, 198.51.100.2, that is process $OUTSIDE.
make_outside() {
    unshare --net sleep infinity &
    OUTSIDE=$!
    until [ "$(cat "/proc/$OUTSIDE/comm")" = sleep ]; do read -r -t 0.01 <> <(:) || true; done
    ip link add out0 type veth peer name eth0 netns "$OUTSIDE"
    ip address add 198.51.100.1/24 dev out0
    ip link set out0 up
    outside ip address add 198.51.100.2/24 dev eth0
    outside ip link set eth0 up
}
outside() { nsenter --net="/proc/$OUTSIDE/ns/net" -- "$@"; }

# The mirror of this machine, by the name that apt is to ask for; name servers of the machine need not know it.
know_the_mirror() {
    local host address
    for host in $(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -oE 'https?://[^/ ]+' | sed 's|.*//||' | sort -u); do
        address=$(getent ahostsv4 "$host" | awk 'NR == 1 {print $1}')
        [ -n "$address" ] && attach "$C1" sh -c "echo '$address $host' >>/etc/hosts"
    done
}

has_an_address() {
    # shellcheck disable=SC2016 # for the shell inside
    RUN_TIMEOUT=60 attach "$C1" sh -c 'until ip -4 route | grep -q "^default" && getent ahostsv4 "$(hostname).lxcpp"; do sleep 0.1; done >/dev/null 2>&1; ip -4 -o address show dev eth0'
    ADDRESS=$(sed 's/.*inet \([0-9.]*\).*/\1/' <<<"$OUT")
}

page_from() { # COMMAND… that fetches it
    run "$@"
    out_has 'Welcome to nginx'
}

# By ifupdown and a DHCP client of its own, where systemd sets nothing up.
has_one_by_default() { # RELEASE
    needs_mirror
    need_tool nft
    need_tool dnsmasq
    way_out
    cp "$(dirname "${BASH_SOURCE[0]}")/../../config/default.conf" "$LXCPP_CONFIG_DIR/default.conf"
    RUN_TIMEOUT=420 LXCPP_CACHE_DIR="$BASE_CACHE" expect 0 lxcpp-create -n "$C1" -t debian -- -r "$1"
    start "$C1"
    systemd_is_running
    has_an_address
    expect 0 lxcpp-net leases
    out_matches "$C1 .*$ADDRESS"
    RUN_TIMEOUT=90 expect 0 lxcpp-stop -n "$C1"
    expect 0 lxcpp-destroy -n "$C1"
    expect 0 lxcpp-net down
    rm -rf "$LXCPP_STATE_DIR/.network"
    kill "$WAY_OUT"
    wait 2>/dev/null
}

test_bookworm_has_an_address() { has_one_by_default bookworm; } # 600 s
test_trixie_has_an_address() { has_one_by_default trixie; } # 600 s

test_a_debian_gets_packages_and_serves_a_published_page() { # 900 s
    needs_mirror
    need_tool nft
    need_tool dnsmasq
    way_out
    make_outside
    cp "$(dirname "${BASH_SOURCE[0]}")/../../config/default.conf" "$LXCPP_CONFIG_DIR/default.conf"
    RUN_TIMEOUT=420 LXCPP_CACHE_DIR="$BASE_CACHE" expect 0 lxcpp-create -n "$C1" -t debian -- -r bookworm --variant minbase
    start "$C1"
    systemd_has_started
    has_an_address
    expect 0 lxcpp-net leases
    out_matches "$C1 .*$ADDRESS"
    expect 0 lxcpp-ls -f
    out_has "$ADDRESS"
    know_the_mirror
    RUN_TIMEOUT=400 attach "$C1" sh -c 'export DEBIAN_FRONTEND=noninteractive; apt-get -q update && apt-get -qy --no-install-recommends install nginx'
    expect 0 lxcpp-net publish "$C1" 8080:80
    page_from busybox wget -q -O - http://127.0.0.1:8080/
    page_from busybox wget -q -O - http://198.51.100.1:8080/
    page_from nsenter --net="/proc/$OUTSIDE/ns/net" -- busybox wget -q -O - http://198.51.100.1:8080/
    page_from lxcpp-attach -n "$C1" -- bash -c 'exec 3<>/dev/tcp/198.51.100.1/8080; printf "GET / HTTP/1.0\r\n\r\n" >&3; cat <&3'
    attach "$C1" cat /var/log/nginx/access.log
    out_has '198.51.100.2 - '
    # After a stop and a start it is there again; and it goes with the container.
    RUN_TIMEOUT=90 expect 0 lxcpp-stop -n "$C1"
    start "$C1"
    systemd_has_started
    has_an_address
    page_from nsenter --net="/proc/$OUTSIDE/ns/net" -- busybox wget -q -O - http://198.51.100.1:8080/
    RUN_TIMEOUT=90 expect 0 lxcpp-stop -n "$C1"
    run nsenter --net="/proc/$OUTSIDE/ns/net" -- busybox wget -q -T 2 -O - http://198.51.100.1:8080/
    out_is ''
    expect 0 lxcpp-destroy -n "$C1"
    expect 0 lxcpp-net down
    rm -rf "$LXCPP_STATE_DIR/.network"
    kill "$OUTSIDE" "$WAY_OUT"
    wait 2>/dev/null
}
