# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2154
# lxcpp-distrobuilder for an ordinary user: the attacks of test_distro_attacks.sh, and its end at any moment.
# shellcheck source=tests/system/test_distro_attacks.sh
source "$(dirname "${BASH_SOURCE[0]}")/test_distro_attacks.sh"
# shellcheck source=tests/system/users.sh
source "$(dirname "${BASH_SOURCE[0]}")/users.sh"

eval "of_root_$(declare -f hostile_payload)"
eval "of_anybody_$(declare -f unharmed)"

# What the tests call lxcpp-distrobuilder is anna's from here on; she has files that nobody else has.
hostile_payload() {
    of_root_hostile_payload
    make_users
    trap 'umount -l /tmp 2>/dev/null; forget_users' EXIT
    BUILDS="$SANDBOX/home/anna/builds"
    chown $ANNA:$ANNA "$TO"
    chmod 0700 "$SANDBOX/home/anna"
    local mine="$SANDBOX/home/anna/mine" program
    mkdir "$mine" && echo hers >"$mine/file" && chmod 0600 "$mine/file" && chown -R $ANNA:$ANNA "$mine"
    program=$(command -v lxcpp-distrobuilder)
    mkdir "$SANDBOX/anna"
    {
        echo '#!/bin/sh'
        printf 'exec'
        printf ' %q' "${AS_ANNA[@]}" "LXCPP_LIBEXEC_DIR=$LXCPP_LIBEXEC_DIR" "LXCPP_DATA_DIR=$LXCPP_DATA_DIR" "$program"
        printf ' "$@"\n'
    } >"$SANDBOX/anna/lxcpp-distrobuilder"
    chmod 755 "$SANDBOX/anna/lxcpp-distrobuilder"
    PATH="$SANDBOX/anna:$PATH"
    canary_reading >"$SANDBOX/canary.before" # the mounts are ours
    hers_reading >"$SANDBOX/hers.before"
}

hers_reading() { (cd "$SANDBOX/home/anna/mine" && find . -printf '%p %y %m %U:%G %s %T@\n' && cat file); }

# Processes of hers, or of her ids.
processes_of_hers() {
    awk -v anna=$ANNA -v first=$FIRST '/^Name:/ {name = $2} /^Uid:/ && ($2 == anna || ($2 >= first && $2 < first + 65536)) {print name}' /proc/[0-9]*/status 2>/dev/null
}

unharmed() {
    of_anybody_unharmed "$1"
    is "$(hers_reading)" "$(cat "$SANDBOX/hers.before")" "$1: the user's own files"
    is "$(processes_of_hers)" "" "$1: what still runs"
}

# Those of root's that another user could feel, and what only a user has: her own id is in the namespace of the build.
test_attacks_on_a_users_builds() {
    hostile_payload
    attack "everybody" 'kill -9 -1; exit 9'
    err_has "exit code 9"
    attack "its parent" 'kill -9 $PPID; kill -STOP $PPID; kill -9 1; exit 9'
    err_has "exit code 9"
    attack "in a session of its own, twice forked" "(setsid sh -c '(trap \"\" HUP TERM INT; while :; do sleep 1; done) &' &) ; exit 0"
    is $CODE 0 "exit code"
    attack "as any user" 'for id in 1 65535 65536 54001 1000000; do
    echo "u$id:x:$id:$id::/:/bin/sh" >>/etc/passwd
    su u$id -c "echo I am u\$(id -u); kill -9 1 \$PPID; cat '"$SANDBOX"'/home/anna/mine/file; echo evil >'"$SANDBOX"'/home/anna/mine/file && echo ma\de"
done; exit 7'
    err_has "I am u65535"
    [[ $ERR != *"I am u65536"* ]] || fail "a program of the build is the user: $ERR"
    [[ $ERR != *made* && $ERR != *hers* ]] || fail "the user's files are in reach: $ERR"
    attack "by what proc shows" "for p in 1 self; do ls /proc/\$p/root$SANDBOX/home /proc/\$p/cwd/../../../../..$SANDBOX/home && echo ma\de; done; exit 7"
    [[ $ERR != *made* ]] || fail "the host's tree is in reach"
    attack "nodes and mounts" "for n in 'b 8 0' 'c 1 1'; do mknod /srv/node \$n && echo ma\de; done; mkdir /srv/d; mount -t devtmpfs none /srv/d && echo ma\de; mount --make-rshared /; mount -t tmpfs none /etc; exit 7"
    [[ $ERR != *made* ]] || fail "a node of the host"
    attack "more namespaces" 'unshare -U -m -p -f -r sh -c "mount -t proc proc /proc; sleep 1000" & unshare -n sleep 1000 & exit 3'
    err_has "exit code 3"
    cache_is_usable
}

# $1: signal of the builder; the action has begun. What ends by a builder that was killed ends soon, but not at once.
ended_by() {
    local pid
    recipe_with_action "(trap '' HUP TERM INT; setsid sleep 1000) & echo begun-$1; sleep 1000"
    lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --debug 2>"$SANDBOX/build.err" >&2 &
    pid=$!
    wait_for_text "$SANDBOX/build.err" "^begun-$1"
    differs "$(processes_of_hers)" "" "processes of a build"
    kill -"$1" $pid
    wait $pid
    CODE=$?
    timeout 20 bash -c 'until [ -z "$(processes_of_hers)" ]; do read -rt 0.02 <> <(:) || :; done' || fail "SIG$1: there still runs $(processes_of_hers | tr '\n' ' ')"
    OUT='' ERR=$(<"$SANDBOX/build.err")
}

test_a_users_build_ends_whole() {
    hostile_payload
    export -f processes_of_hers
    export ANNA FIRST
    local signal
    for signal in INT TERM; do
        ended_by $signal
        is $CODE 1 "exit code after SIG$signal"
        err_has "interrupted by SIG$signal"
        unharmed "SIG$signal"
    done
    ended_by KILL
    is $CODE 137 "exit code after SIGKILL"
    canary_intact SIGKILL
    is "$(ls -A "$TO")" "" "SIGKILL: the target"
    # Of what a killed one left the next build disposes.
    harmless_recipe
    build build-lxc --compression none
    unharmed "the build after SIGKILL"
    cache_is_usable
}
