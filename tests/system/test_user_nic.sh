# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# lxcpp-user-nic, the setuid helper: what it gives, and to whom it gives nothing. E1 to E10 of the catalogue of attacks.
# network namespace: own

# shellcheck source=tests/system/network.sh
source "$(dirname "${BASH_SOURCE[0]}")/network.sh"
# shellcheck source=tests/system/usernic.sh
source "$(dirname "${BASH_SOURCE[0]}")/usernic.sh"

test_a_pair_on_a_bridge() {
    local a b host index
    install_helper
    make_bridge
    usernet '# who may' '' ' anna veth br0 2 # and why' 'bert macvlan br0 9' 'anna veth br1 9'
    target a "${AS_ANNA[@]}"
    nic_is 0 AS_ANNA "$a" br0 lan c1 3
    is "$ERR" ''
    out_matches "^veth${ANNA}_[0-9a-zA-Z]{4} [0-9]+ - - - - -$"
    read -r host index _ <<<"$OUT"
    OUT=$(ip -d link show "$host")
    out_has 'master br0'
    out_has 'link/ether fe:'
    out_has ',UP'
    out_has "alias lxcpp-user-nic for=u$ANNA bridge=br0 uid=$ANNA container=c1"
    is "$(ip -o link show "$host" | cut -d: -f1)" "$index" "index of the host's end"
    expect 0 nsenter --net -t "$a" busybox ip address add 10.99.0.7/24 dev lan
    expect 0 nsenter --net -t "$a" busybox ip link set lan up
    host_pings 10.99.0.7
    # It goes with its namespace.
    end_target "$a"
    no_peers
    restore_machine
}

test_how_many_is_what_the_kernel_has() {
    local a b other
    install_helper
    make_bridge
    usernet 'anna veth br0 2' "$BERT veth br0 1" 'ann veth br0 9' 'annabel veth br0 9' 'anna veth br00 9' 'anna veth br 9' 'anna veth br0 1x'
    target a "${AS_ANNA[@]}"
    target b "${AS_ANNA[@]}"
    target other "${AS_BERT[@]}"
    nic_is 0 AS_ANNA "$a" br0 eth0
    nic_is 0 AS_ANNA "$a" br0 eth1 c2
    nic_is 3 AS_ANNA "$a" br0 eth2 c3
    err_has "this user has as many interfaces on that bridge as $USERNET allows"
    nic_is 3 AS_ANNA "$b" br0 eth0 c3
    # Two users do not count each other's.
    nic_is 0 AS_BERT "$other" br0 eth0
    nic_is 3 AS_BERT "$other" br0 eth1
    # Nothing that somebody does inside changes the number.
    expect 0 nsenter --net -t "$a" busybox ip link set eth0 down
    expect 0 nsenter --net -t "$a" busybox ip link set eth0 name evil
    nic_is 3 AS_ANNA "$b" br0 eth0 c3
    # Nobody says that one has ended; the next call sees it.
    end_target "$a"
    nic_is 0 AS_ANNA "$b" br0 eth0 c3
    nic_is 0 AS_ANNA "$b" br0 eth1 c3
    nic_is 3 AS_ANNA "$b" br0 eth2 c3
    expect 0 nsenter --net -t "$b" busybox ip link delete eth1
    nic_is 0 AS_ANNA "$b" br0 eth1 c3
    restore_machine
}

test_calls_at_once_do_not_take_more() {
    local a i made=0 pids=''
    install_helper
    make_bridge
    usernet 'anna veth br0 5'
    target a "${AS_ANNA[@]}"
    for i in {1..20}; do
        "${AS_ANNA[@]}" "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER" create br0 "eth$i" c1 0 >"$SANDBOX/tmp/made.$i" 2>&1 &
        pids+=" $!"
    done
    for i in $pids; do wait "$i" && made=$((made + 1)); done
    is "$made" 5 "how many of 20 calls at once made one"
    is "$(peers | wc -l)" 5 "interfaces on the host"
    restore_machine
}

test_groups_share_what_their_line_gives() {
    local a other team=56001
    local -a in_team=(setpriv "--reuid=$ANNA" "--regid=$ANNA" "--groups=$team") bert_in_team=(setpriv "--reuid=$BERT" "--regid=$team" --clear-groups)
    install_helper
    make_bridge
    echo "team:x:$team:anna" >>/etc/group
    usernet '@tea veth br0 9' '@team veth br0 2' 'anna veth br0 1' '@other veth br0 9'
    target a "${AS_ANNA[@]}"
    target other "${AS_BERT[@]}"
    # In group(5) is not what counts, but what the caller is.
    nic_is 0 AS_ANNA "$a" br0 eth0
    nic_is 3 AS_ANNA "$a" br0 eth1
    in_team_as=("${in_team[@]}")
    nic_is 0 in_team "$a" br0 eth1
    nic_is 0 bert_in_team "$other" br0 eth0
    nic_is 3 bert_in_team "$other" br0 eth1
    nic_is 3 in_team "$a" br0 eth2
    OUT=$(ip -d link)
    out_has "for=g$team bridge=br0 uid=$BERT"
    restore_machine
}

test_a_pair_on_no_bridge() {
    local a
    install_helper
    usernet 'anna veth none 1'
    target a "${AS_ANNA[@]}"
    nic_is 0 AS_ANNA "$a" none
    nic_is 3 AS_ANNA "$a" none eth1
    local port
    port=$(ip -o link show type veth | sed -n 's/^[0-9]*: \(veth[^@:]*\).*/\1/p')
    is "$(cat "/proc/sys/net/ipv6/conf/$port/accept_ra" "/proc/sys/net/ipv6/conf/$port/accept_redirects" "/proc/sys/net/ipv4/conf/$port/accept_redirects" | tr -d '\n')" 000 "what the host believes of $port"
    restore_machine
}

test_rules_of_somebody_else() {
    local a
    install_helper
    make_bridge
    target a "${AS_ANNA[@]}"
    rm -f "$USERNET"
    nic_is 3 AS_ANNA "$a" br0
    is "$ERR" 'lxcpp-user-nic: not permitted'
    usernet 'anna veth br0 1'
    chown "$ANNA" "$USERNET"
    nic_is 1 AS_ANNA "$a" br0
    err_has 'must be a file of root that nobody else may write to'
    chown 0 "$USERNET"
    chmod 0664 "$USERNET"
    nic_is 1 AS_ANNA "$a" br0
    rm "$USERNET"
    mkfifo "$USERNET"
    nic_is 1 AS_ANNA "$a" br0
    rm "$USERNET"
    ln -s /etc/passwd "$USERNET"
    nic_is 1 AS_ANNA "$a" br0
    no_peers
    restore_machine
}

# --- the catalogue -----------------------------------------------------------------------------------------------------

# CVE-2017-5985: interfaces into network namespaces of others.
test_e1_only_into_namespaces_of_ones_own() { # 900 s
    local a b mine half before
    install_helper
    make_bridge
    usernet 'anna veth br0 100' 'bert veth br0 100'
    target a "${AS_ANNA[@]}"
    target b "${AS_BERT[@]}"
    before=$(links)
    local -a anna=("${AS_ANNA[@]}" "$CALLER")
    # The first process, another user's, and one of anna's in the host's namespace.
    "${AS_ANNA[@]}" sleep infinity &
    mine=$!
    TARGETS+=" $mine"
    until [ "$(cat "/proc/$mine/comm")" = sleep ]; do read -r -t 0.01 <> <(:) || true; done
    # One that is hers by its user namespace, in the host's network.
    "${AS_ANNA[@]}" unshare --user sleep infinity &
    half=$!
    TARGETS+=" $half"
    until [ "$(cat "/proc/$half/comm")" = sleep ]; do read -r -t 0.01 <> <(:) || true; done
    # As descriptors that somebody opened for her; she could not open them all herself.
    for words in "1 1" "$b $b" "$mine $mine" "1 $a" "$b $a" "$mine $a" "$a $b" "$a 1" "$a $mine" "$half $half" "$half 1" "$half $a"; do
        read -r process space <<<"$words"
        expect 2 setpriv "--reuid=$ANNA" "--regid=$ANNA" --clear-groups --inh-caps=+sys_ptrace --ambient-caps=+sys_ptrace -- \
            "$CALLER" "$process" "/proc/$space/ns/net" "$HELPER" create br0 eth0 c1 0
        err_has 'lxcpp-user-nic: descriptor '
    done
    is "$(links)" "$before" "the host's interfaces"
    # Descriptors that are something else, and none.
    expect 2 "${anna[@]}" - - "$HELPER" create br0 eth0 c1 0
    expect 2 "${anna[@]}" "$a" - "$HELPER" create br0 eth0 c1 0
    expect 2 "${anna[@]}" "$a" "/proc/$a/ns/user" "$HELPER" create br0 eth0 c1 0
    expect 2 "${anna[@]}" "$a" "/proc/$a/ns/uts" "$HELPER" create br0 eth0 c1 0
    expect 2 "${anna[@]}" "$a" /dev/null "$HELPER" create br0 eth0 c1 0
    # A process that ends, whose number another one gets, at any moment of the call.
    local rounds=${LXCPP_NIC_RACES:-2000} # 20000 by hand: ctest's own limit is for the others
    RUN_TIMEOUT=$((100 + rounds / 4)) expect 0 "${anna[@]}" race "$rounds" "$HELPER" create br0 eth0 c1 0
    out_matches '^0: [0-9]+ times'
    is "$(grep -vE '^(0|1|2|3): ' <<<"$OUT")" '' "other exit codes"
    is "$(ip -o link | grep -c 'eth0@')" 0 "interfaces that came to the host"
    end_target "$mine"
    end_target "$half"
    end_target "$a"
    no_peers
    restore_machine
}

# CVE-2018-6556: root opens what the user names.
test_e2_no_path_of_the_user_is_opened() {
    local a secret="$SANDBOX/secret"
    install_helper
    make_bridge
    usernet 'anna veth br0 9'
    target a "${AS_ANNA[@]}"
    mkdir -m 0700 "$secret"
    mkfifo "$secret/fifo"
    need_tool strace
    for word in "$secret/fifo" "$secret" ../../etc/shadow /dev/tty; do
        nic_is 2 AS_ANNA "$a" "$word"
        nic_is 2 AS_ANNA "$a" br0 "$word"
        nic_is 2 AS_ANNA "$a" br0 eth0 "$word"
        nic_is 2 AS_ANNA "$a" br0 eth0 c1 "$word"
        nic_is 2 AS_ANNA "$a" br0 eth0 c1 0 "$word"
    done
    # All that it opens by a name.
    expect 0 strace -u anna -f -o "$SANDBOX/tmp/trace" -e trace=%file -s 200 "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER" create br0 eth0 c1 0
    OUT=$(sed -n '/execve("[^"]*lxcpp-user-nic"/,$p' "$SANDBOX/tmp/trace" | sed '/execve.*lxcpp-bridge-port"/,$d' | grep -o '"[^"]*"' | tr -d '"')
    out_has "$USERNET" # it is the right part that is looked at
    OUT=$(sort -u <<<"$OUT" | grep -vxE '/etc/(passwd|group|lxcpp/lxcpp-usernet)|/etc/suid-debug|/run/.lxcpp-user-nic.lock|/proc/sys/net|/proc/(self|[0-9]+)/(fdinfo/3|ns/(user|net)|exe)|/|/dev/null|/sys/fs/cgroup(/unified)?(/cgroup.controllers)?' |
        grep -vE 'lxcpp-user-nic$|^(create|br0|eth0|c1|0|)$')
    is "$OUT" '' "other files that are opened"
    restore_machine
}

# CVE-2022-47952: the answer tells what there is.
test_e3_what_exists_and_what_is_forbidden_look_alike() {
    local a answers='' bridge
    install_helper
    make_bridge
    ip link add name secret0 type bridge
    ip link add name dummy0 type veth peer name dummy1
    ip link property add dev br0 altname alias0
    usernet 'bert veth br0 9' 'anna veth gone0 9' 'anna veth dummy0 9' 'anna veth alias0 9' 'anna veth zero0 0' 'bert veth secret0 1'
    target a "${AS_ANNA[@]}"
    # Forbidden and there, forbidden and not there, allowed and not there, allowed and no bridge, by another name, none.
    for bridge in br0 secret0 nothing0 gone0 dummy0 alias0 zero0 none; do
        nic AS_ANNA "$a" "$bridge"
        answers+="$? $ERR|$OUT"$'\n'
    done
    is "$(sort -u <<<"$answers" | sed '/^$/d')" '3 lxcpp-user-nic: not permitted|' "what is said"
    # Not sooner either: the shortest of many calls in turn, as this machine does other things, too.
    local there absent
    expect 0 "${AS_ANNA[@]}" "$CALLER" compare 200 "$a" "/proc/$a/ns/net" secret0 nothing0 "$HELPER" create X eth0 c1 0
    read -r there absent <<<"$OUT"
    local difference=$((there > absent ? there - absent : absent - there))
    [ $difference -lt 1000 ] || fail "what is there takes $there us and what is not $absent us"
    is "$(peers)" '' "interfaces that were made"
    restore_machine
}

# LXC d8f2c55: a list of groups was read beyond its end.
test_e5_no_groups_one_and_a_thousand() {
    local a number groups=''
    install_helper
    make_bridge
    usernet '@last veth br0 9'
    for number in {60001..61000}; do
        groups+="$number,"
        echo "g$number:x:$number:anna" >>/etc/group
    done
    echo "last:x:61000:" >>/etc/group # its second name: the first one counts
    target a "${AS_ANNA[@]}"
    local -a one=(setpriv "--reuid=$ANNA" "--regid=$ANNA" "--groups=61000") all=(setpriv "--reuid=$ANNA" "--regid=$ANNA" "--groups=${groups%,}")
    nic_is 3 AS_ANNA "$a" br0
    nic_is 3 one "$a" br0
    usernet '@g61000 veth br0 9'
    nic_is 3 AS_ANNA "$a" br0
    nic_is 0 one "$a" br0
    nic_is 0 all "$a" br0 eth1
    nic_is 3 AS_ANNA "$a" br0 eth2
    usernet '@g60001 veth br0 9'
    nic_is 0 all "$a" br0 eth3
    usernet '@g610000 veth br0 9' '@g6100 veth br0 9' '@g6 veth br0 9' '@6100 veth br0 9'
    nic_is 3 all "$a" br0 eth4
    usernet '@61000 veth br0 9'
    nic_is 0 all "$a" br0 eth4
    restore_machine
}

# CVE-2021-4034 and what else an environment can hold.
test_e6_no_arguments_and_a_hostile_environment() {
    local a name
    install_helper
    make_bridge
    usernet 'anna veth br0 50'
    target a "${AS_ANNA[@]}"
    expect 2 "${AS_ANNA[@]}" env ARGC0=1 "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER"
    expect 2 "${AS_ANNA[@]}" "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER"
    expect 2 "${AS_ANNA[@]}" "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER" delete br0 eth0 c1 0
    expect 2 "${AS_ANNA[@]}" env BIG=100000 "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER" create br0 eth0 c1 0
    [ ${#ERR} -lt 200 ] || fail "a long argument is repeated"
    expect 2 "${AS_ANNA[@]}" "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER" create br0 eth0 c1 0 $(seq 1 2000)
    no_peers
    # Closed 0, 1 and 2: nothing that is opened later takes their place.
    for name in 0 1 2 012; do
        run "${AS_ANNA[@]}" env "CLOSE=$name" "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER" create br0 "eth$name" c1 0
    done
    is "$(cat "$USERNET")" 'anna veth br0 50' "the rules"
    run "${AS_ANNA[@]}" LD_PRELOAD=/nonexistent.so LD_LIBRARY_PATH=/tmp GCONV_PATH=/tmp LC_ALL=../../tmp LOCPATH=/tmp TMPDIR=/nowhere MALLOC_CHECK_=3 \
        GLIBC_TUNABLES=glibc.malloc.check=3 LXCPP_RUNTIME_DIR=/tmp/evil LXCPP_LIBEXEC_DIR=/tmp/evil LXCPP_CONFIG_DIR=/tmp/evil PATH=/tmp/evil \
        "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER" create br0 lan c1 0
    out_matches "^veth${ANNA}_"
    [ ! -e /tmp/evil ] || fail "a directory of the environment was used"
    restore_machine
}

# Whoever calls may bound what it may use, and stop or kill it where they can.
test_e7_limits_of_the_caller() {
    local a b limit number=0 made=0 pid
    install_helper
    make_bridge
    usernet 'anna veth br0 100' 'bert veth br0 100'
    target a "${AS_ANNA[@]}"
    target b "${AS_BERT[@]}"
    # CPU, FSIZE, DATA, STACK, CORE, NPROC, NOFILE, MEMLOCK, AS, LOCKS, SIGPENDING
    for limit in 0:1 1:0 1:1 2:100000 3:200000 4:0 6:0 7:5 8:0 9:30000000 10:0 11:0; do
        run "${AS_ANNA[@]}" env "LIMIT=$limit" "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER" create br0 "eth$number" c1 0
        code=$?
        # With too little memory it does not even begin.
        case $code in 0) made=$((made + 1)) ;; 1 | 127 | 134 | 137 | 139) ;; *) fail "exit code $code with the limit $limit" ;; esac
        is "$(peers | wc -l)" $made "interfaces with the limit $limit"
        number=$((number + 1))
    done
    # Afterwards all is as it should be.
    nic_is 0 AS_ANNA "$a" br0 last
    # Waiting for the lock: it is root alone, and its caller cannot stop it.
    hold_lock "$ANNA" &
    local holder=$!
    TARGETS+=" $holder"
    until [ -e "$SANDBOX/tmp/held" ]; do read -r -t 0.02 <> <(:) || true; done
    "${AS_ANNA[@]}" "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER" create br0 waits c1 0 >"$SANDBOX/tmp/waits" 2>&1 &
    pid=$!
    local deadline=$((SECONDS + 5))
    until [ "$(awk '/^Seccomp:/ {print $2}' "/proc/$pid/status")" = 2 ]; do
        [ $SECONDS -lt $deadline ] || { fail "it keeps its rights"; break; }
        read -r -t 0.01 <> <(:) || true
    done
    for signal in STOP KILL TERM INT TSTP XCPU; do
        run "${AS_ANNA[@]}" kill "-$signal" "$pid"
        err_has 'not permitted'
    done
    is "$(awk '/^Uid:/ {print $2, $3, $4, $5}' "/proc/$pid/status")" "0 0 0 65534" "who it is, and last for files"
    # E10: what it can do.
    is "$(awk '/^Cap(Inh|Prm|Eff|Bnd|Amb):/ {printf "%s ", $2}' "/proc/$pid/status")" \
        "0000000000000000 0000000000001000 0000000000001000 0000000000000000 0000000000000000 " "capabilities"
    is "$(awk '/^NoNewPrivs:/ {print $2}' "/proc/$pid/status")" 1 "NoNewPrivs"
    is "$(awk '/^Seccomp:/ {print $2}' "/proc/$pid/status")" 2 "Seccomp"
    is "$(awk '/^Groups:/ {print $2}' "/proc/$pid/status")" "" "Groups"
    # Others are not kept waiting.
    nic_is 0 AS_BERT "$b" br0 eth0
    kill "$holder"
    wait "$pid"
    is $? 0 "exit code of the call that waited"
    restore_machine
}
# The lock of a user, as the helper takes it.
hold_lock() {
    exec python3 - "$1" "$SANDBOX/tmp/held" <<'P'
import fcntl, os, struct, sys, time
file = os.open("/run/.lxcpp-user-nic.lock", os.O_RDWR)
fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, int(sys.argv[1]), 1, 0))  # F_OFD_SETLK
open(sys.argv[2], "w").close()
while True: time.sleep(1000)
P
}

test_e9_names_are_no_games() {
    local a name before
    install_helper
    make_bridge
    ip link add name victim type veth peer name victim1
    ip link property add dev victim altname other-name
    usernet 'anna veth br0 9'
    target a "${AS_ANNA[@]}"
    before=$(ip -o link show victim | sed 's/ state.*//')
    for name in 'eth%d' '%s' . .. '' a/b ../x 'a b' $'a\nb' $'a\tb' a:b ünï sixteencharacter 0123456789abcdef all default; do
        nic_is 2 AS_ANNA "$a" br0 "$name"
        nic_is 2 AS_ANNA "$a" "$name" eth0
    done
    nic_is 1 AS_ANNA "$a" br0 lo
    nic_is 0 AS_ANNA "$a" br0 fifteencharacte
    nic_is 1 AS_ANNA "$a" br0 fifteencharacte
    # Names that the host has are not those inside.
    nic_is 0 AS_ANNA "$a" br0 victim
    nic_is 0 AS_ANNA "$a" br0 other-name
    is "$(ip -o link show victim | sed 's/ state.*//')" "$before" "an interface of the host"
    is "$(ip -o link show br0 | grep -c 'br0:')" 1
    restore_machine
}

# Where programs cannot gain rights, that is said.
test_without_its_rights() {
    local a
    install_helper
    make_bridge
    usernet 'anna veth br0 9'
    target a "${AS_ANNA[@]}"
    expect 3 "${AS_ANNA[@]}" setpriv --no-new-privs "$CALLER" "$a" "/proc/$a/ns/net" "$HELPER" create br0 eth0 c1 0
    err_has 'it is not setuid root, or runs where programs may not gain rights'
    no_peers
    restore_machine
}
