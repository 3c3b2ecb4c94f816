# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Two users: what one cannot do to the containers of the other. Each command is given twice, so that it is seen to work:
# to bert, who must not get anywhere, and then to anna, whose container it is.

# shellcheck source=tests/system/users.sh
source "$(dirname "${BASH_SOURCE[0]}")/users.sh"

two_users() {
    local user config
    need_tool busybox
    need_tool nsenter
    make_users
    for user in "anna $ANNA" "bert $BERT"; do
        config="$SANDBOX/home/${user% *}/.config/lxcpp"
        mkdir -p "$config"
        echo 'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed' >"$config/default.conf"
        chown -R "${user#* }:${user#* }" "${config%/lxcpp}"
    done
    HERS="$SANDBOX/home/anna/.local/share/lxcpp"
    expect 0 "${AS_ANNA[@]}" lxcpp-create -n "$C1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    expect 0 "${AS_ANNA[@]}" lxcpp-start -n "$C1"
    INIT=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
}

# Not a word of it but an error, whatever the command; then the same by anna.
apart() {
    run "${AS_BERT[@]}" "$@"
    differs $? 0 "exit code of bert's $*"
    out_is ""
    [ -n "$ERR" ] || fail "bert is not told why: $*"
    [ -d "/proc/$INIT" ] || fail "the container is gone after bert's $*"
    expect 0 "${AS_ANNA[@]}" "$@"
}
# Of ours: in one line.
apart_in_one_line() {
    run "${AS_BERT[@]}" "$@"
    err_is_one_line
    apart "$@"
}

test_nothing_of_the_other_is_within_reach() {
    two_users
    apart ls "$HERS"
    apart stat "$HERS/$C1"
    apart cat "$HERS/$C1/config"
    apart cat "$HERS/$C1/.running"
    apart cat "$HERS/inventory.db"
    apart ls "$SANDBOX/home/anna/.cache/lxcpp/run"
    apart ls "$SANDBOX/home/anna/.cache/lxcpp/images"
    apart ls "/proc/$INIT/root/"
    apart kill -0 "$INIT"
    apart nsenter -t "$INIT" -U -m true
    apart mv "$HERS/$C1" "$HERS/$C2"
    apart mv "$HERS/$C2" "$HERS/$C1"
    apart_in_one_line lxcpp-ls -1 -P "$HERS"
    apart_in_one_line lxcpp-ls -f -P "$HERS"
    apart_in_one_line lxcpp-info -n "$C1" -P "$HERS"
    apart_in_one_line lxcpp-wait -n "$C1" -P "$HERS" -s RUNNING -t 1
    apart_in_one_line lxcpp-inventory events -n "$C1" -P "$HERS"
    apart_in_one_line lxcpp-config -n "$C1" -P "$HERS" get lxc.uts.name
    apart_in_one_line lxcpp-config -n "$C1" -P "$HERS" set lxc.group x
    apart_in_one_line lxcpp-attach -n "$C1" -P "$HERS" -- true
    apart_in_one_line env "LXCPP_RUNTIME_DIR=$SANDBOX/home/anna/.cache/lxcpp/run" lxcpp-attach -n "$C1" -P "$HERS" -- true
    apart_in_one_line lxcpp-stop -k -n "$C1" -P "$HERS"
    INIT=$$
    apart_in_one_line lxcpp-image publish "$C1" -P "$HERS" --alias theirs
    expect 0 "${AS_ANNA[@]}" lxcpp-start -n "$C1"
    INIT=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
    apart_in_one_line lxcpp-destroy -f -n "$C1" -P "$HERS"
    forget_users
}

# How many there are is told by no count of links, nor by the one file of all containers.
test_nobody_counts_them() {
    two_users
    local before after number
    seen() { "${AS_BERT[@]}" find "$SANDBOX/home/anna" -printf '%p %n %s %T@ %C@\n' 2>/dev/null | sort; }
    before=$(seen)
    for number in 1 2 3; do
        expect 0 "${AS_ANNA[@]}" lxcpp-create -n "$CASE_ID-$number" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    done
    after=$(seen)
    is "$(grep -c "$CASE_ID-" <<<"$after")" 0 "names that bert sees"
    is "$(awk '{print $1, $2}' <<<"$after")" "$(awk '{print $1, $2}' <<<"$before")" "names and numbers of links that bert sees"
    # The twin: where the directories are open he does.
    chmod 0755 "$SANDBOX/home/anna/.local" "$SANDBOX/home/anna/.local/share" "$HERS"
    is "$(seen | grep -c "$CASE_ID-[0-9]")" 3 "names that bert sees in an open directory"
    chmod 0700 "$HERS"
    for number in 1 2 3; do expect 0 "${AS_ANNA[@]}" lxcpp-destroy -n "$CASE_ID-$number"; done
    expect 0 "${AS_ANNA[@]}" lxcpp-destroy -f -n "$C1"
    forget_users
}
