# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lxcpp-ls --nesting: what a container says of its own containers.

# An lxcpp-ls of the container's making, that does what the words say.
answering() {
    local name="$1"
    shift
    printf '%s\n' '#!/bin/sh' "$@" >"$LXCPATH/$name/rootfs/bin/lxcpp-ls"
    chmod 0755 "$LXCPATH/$name/rootfs/bin/lxcpp-ls"
}

listing() { answering "$1" "cat <<'JSON'" "$2" JSON; }

two() {
    need_tool busybox
    make_container "$C1"
    make_container "$C2"
    start "$C1"
    start "$C2"
}

readonly INNER='[{"name": "in", "state": "RUNNING", "pid": 7, "autostart": true, "groups": ["web"], "interface": [], "ipv4": ["10.1.2.3"], "ipv6": [], "unprivileged": true},
 {"name": "in/deep", "state": "STOPPED", "pid": null, "autostart": null, "groups": null, "interface": [], "ipv4": [], "ipv6": [], "unprivileged": null}]'

test_shapes() {
    two
    listing "$C1" "$INNER"
    expect 0 lxcpp-ls -1
    out_is "$C1"$'\n'"$C2"
    expect 0 lxcpp-ls -1 --nesting
    out_is "$C1"$'\n'"$C1/in"$'\n'"$C1/in/deep"$'\n'"$C2"
    is "$ERR" "" "a container without lxcpp-ls is no error"
    expect 0 lxcpp-ls -f --nesting
    out_matches "$C1 +RUNNING"$'[^\n]*\n''\\in +RUNNING +1 +web +10.1.2.3 +- +true *'$'\n'' \\deep +STOPPED +- +- +- +- +-'
    expect 0 lxcpp-ls --nesting --format json -F NAME,PID
    out_has "\"name\": \"$C1/in/deep\""
    out_has '"pid": 7'
    expect 0 lxcpp-ls -1 --nesting=0
    out_is "$C1"$'\n'"$C2"
    expect 1 lxcpp-ls -1 --nesting=x
    err_is_one_line
    err_has "--nesting=x: expected a number of levels"
    # By their own names and states, and never without the one around them.
    expect 0 lxcpp-ls -1 --nesting --filter 'a$|deep'
    out_is "$C1"
    expect 0 lxcpp-ls -1 --nesting --filter 'a$|in|deep' --running
    out_is "$C1"$'\n'"$C1/in"
    expect 0 lxcpp-freeze -n "$C1"
    expect 0 lxcpp-ls -1 --nesting
    out_is "$C1"$'\n'"$C2"
    expect 0 lxcpp-unfreeze -n "$C1"
}

test_what_is_asked() {
    two
    answering "$C1" 'echo "$*" >/arguments; id -u >/user; cat /proc/self/cgroup >/groups; grep Cap /proc/self/status >/rights' 'env >/environment; echo "[]"'
    SECRET=word expect 0 lxcpp-ls --nesting=3 -f -F name,ram
    local root="$LXCPATH/$C1/rootfs"
    is "$(<"$root/arguments")" "--format=json --fancy-format=NAME,STATE,RAM --nesting=2"
    expect 0 lxcpp-ls --nesting=1 -1
    is "$(<"$root/arguments")" "--format=json --fancy-format=NAME,STATE"
    is "$(<"$root/user")" 0
    attach "$C1" cat /proc/self/cgroup
    out_is "$(<"$root/groups")"
    attach "$C1" grep Cap /proc/self/status
    out_is "$(<"$root/rights")"
    ! grep -q SECRET "$root/environment" || fail "the environment of the caller came along"
}

# Each of these is the answer of $C1 ("a"); $C2 answers well and must be shown whatever $C1 does.
refused() {
    local why="$1"
    shift
    answering "$C1" "$@"
    local begin=$SECONDS
    expect 0 lxcpp-ls -1 --nesting=1
    out_is "$C1"$'\n'"$C2"$'\n'"$C2/well"
    err_is_one_line
    err_has "lxcpp-ls: --nesting: $C1: $why"
    [ $((SECONDS - begin)) -lt 20 ] || fail "took $((SECONDS - begin)) s"
    expect 0 lxcpp-ls -q -1 --nesting=1
    is "$ERR" ""
}

test_hostile_answers() {
    two
    listing "$C2" '[{"name": "well", "state": "RUNNING"}]'
    refused 'its lxcpp-ls printed no listing' 'echo nonsense'
    refused 'its lxcpp-ls failed' 'cat /dev/zero'
    refused 'its lxcpp-ls printed no listing' 'head -c 9999 /dev/zero'
    refused 'its lxcpp-ls failed' 'while echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; do :; done; exit 1'
    refused 'its lxcpp-ls printed no listing' "echo '[{\"name\": \"../x\", \"state\": \"RUNNING\"}]'"
    refused 'its lxcpp-ls printed no listing' "echo '[{\"name\": \"a\", \"state\": \"RUNNING\"},{\"name\": \"a/b\", \"state\": \"RUNNING\"}]'"
    refused 'its lxcpp-ls failed' 'exit 3'
    refused 'its lxcpp-ls failed' 'kill -9 $$'
    local program="$LXCPATH/$C1/rootfs/bin/lxcpp-ls"
    printf 'no program\n' >"$program"
    expect 0 lxcpp-ls -1 --nesting=1
    out_is "$C1"$'\n'"$C2"$'\n'"$C2/well"
    err_has "lxcpp-ls: --nesting: $C1: run lxcpp-ls: Exec format error"
    chmod 0644 "$program"
    expect 0 lxcpp-ls -1 --nesting=1
    err_has "lxcpp-ls: --nesting: $C1: run lxcpp-ls: Permission denied"
    err_is_one_line
}

test_one_that_never_answers() {
    two
    listing "$C2" '[{"name": "well", "state": "RUNNING"}]'
    refused 'lxcpp-ls did not end in time and was killed' 'exec sleep 1000'
    # What it leaves running keeps nobody waiting.
    answering "$C1" 'sleep 1000 &' 'echo "[]"'
    expect 0 lxcpp-ls -1 --nesting=1
    out_is "$C1"$'\n'"$C2"$'\n'"$C2/well"
}

test_control_characters() {
    two
    listing "$C1" '[{"name": "in", "state": "RUNNING", "groups": ["\u001b[2Jx\u009by\u202ez"]}]'
    local format
    for format in table json csv yaml; do
        expect 0 lxcpp-ls --nesting --format $format -F NAME,GROUPS
        out_has in
        LC_ALL=C grep -qP '\x1b|\xc2\x9b|\xe2\x80\xae' <<<"$OUT" && fail "$format: a control character is printed"
    done
}

test_no_way_to_our_terminal() {
    need_tool script
    two
    answering "$C1" '(: </dev/tty) 2>/dev/null && : >/reached' 'for fd in 0 1 2; do [ -t $fd ] && : >/reached; done' 'echo "[]"'
    expect 0 script -qec "lxcpp-ls -1 --nesting" /dev/null
    out_has "$C1"
    [ ! -e "$LXCPATH/$C1/rootfs/reached" ] || fail "a program of the container has the caller's terminal"
}

# Our own lxcpp-ls inside, with the host's libraries.
test_ours_inside() {
    need_tool busybox
    local stage="${LXCPP_TEST_STAGE:?}${LXCPP_TEST_PREFIX:?}" directory lines=()
    for directory in usr lib lib64; do
        [ -d "/$directory" ] && lines+=("lxc.mount.entry = /$directory $directory none rbind,ro,create=dir")
    done
    make_container "$C1" "${lines[@]}" "lxc.mount.entry = $stage opt none bind,ro,create=dir" \
        'lxc.environment = PATH=/opt/bin:/usr/bin:/bin' 'lxc.environment = LXCPP_STATE_DIR=/var/lib/inner' \
        "lxc.environment = LD_LIBRARY_PATH=/opt/lib:$(find "$stage/lib" -name 'liblxcpp.so.0' -printf '/opt/lib/%P' | sed 's:/liblxcpp.so.0::')"
    mkdir -p "$LXCPATH/$C1/rootfs/var/lib/inner/one"
    printf 'lxc.uts.name = one\nlxc.group = web\n' >"$LXCPATH/$C1/rootfs/var/lib/inner/one/config"
    start "$C1"
    expect 0 lxcpp-ls -f --nesting -F NAME,STATE,GROUPS
    out_matches "$C1 +RUNNING +- *"$'\n''\\one +STOPPED +web'
    is "$ERR" ""
}
