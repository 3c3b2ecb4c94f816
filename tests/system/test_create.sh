# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

test_template_contract() {
    cat >"$SANDBOX/tmp/template" <<'T'
#!/bin/sh
for word in "$@"; do echo "arg $word"; done >"$LXCPP_TEST_RECORD"
for word in "$@"; do
    case "$word" in --rootfs=*) mkdir "${word#*=}/etc" && exit 0 ;; esac
done
exit 3
T
    chmod +x "$SANDBOX/tmp/template"
    touch "$SANDBOX/tmp/record"
    chmod 0777 "$SANDBOX/tmp" "$SANDBOX/tmp/record"
    LXCPP_TEST_RECORD="$SANDBOX/tmp/record" expect 0 \
        lxcpp-create -n "$C1" --privileged -t "$SANDBOX/tmp/template" -- --release one "two words"
    OUT=$(<"$SANDBOX/tmp/record")
    out_has "arg --path=$LXCPATH/$C1"
    out_has "arg --name=$C1"
    out_has "arg --rootfs="
    out_has "arg --release"
    out_has "arg two words"
}

test_secrets_for_a_template_are_not_written_down() {
    cat >"$SANDBOX/tmp/template" <<'T'
#!/bin/sh
for word in "$@"; do
    case "$word" in --rootfs=*) mkdir "${word#*=}/etc" ;; iAmSecret) seen=1 ;; esac
done
[ "$seen" = 1 ]
T
    chmod +x "$SANDBOX/tmp/template"
    expect 0 lxcpp-create -n "$C1" -t "$SANDBOX/tmp/template" -- --password iAmSecret --token=iAmSecret --url docker://user:iAmSecret@host/image
    OUT=$(grep '^# Parameters' "$LXCPATH/$C1/config")
    out_is '# Parameters passed to the template: --password *** --token=*** --url docker://***@host/image'
    OUT=$(grep -ral iAmSecret "$LXCPATH" "$LXCPP_STATE_DIR" "$LXCPP_CACHE_DIR" 2>/dev/null)
    out_is ""
}

test_template_in_user_namespace() {
    cat >"$SANDBOX/tmp/template" <<'T'
#!/bin/sh
for word in "$@"; do case "$word" in --rootfs=*) rootfs=${word#*=} ;; esac; done
{ id -u; cat /proc/self/uid_map; for word in "$@"; do echo "$word"; done; } >"$rootfs/seen"
T
    chmod +x "$SANDBOX/tmp/template"
    expect 0 lxcpp-create -n "$C1" -t "$SANDBOX/tmp/template"
    OUT=$(<"$LXCPATH/$C1/rootfs/seen")
    out_matches '^0'
    out_has "--mapped-uid"
    [[ "$OUT" =~ $'\n'\ +0\ +0\  ]] && fail "the template runs with the host's root"
    # What it made is root's of the container: unshifted on disk.
    is "$(stat -c %u "$LXCPATH/$C1/rootfs/seen")" 0 "owner on disk"
}

test_failing_template_leaves_nothing() {
    expect 1 lxcpp-create -n "$C1" -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT" --fail
    err_has "template-testinit"
    [ ! -e "$LXCPATH/$C1" ] || fail "$LXCPATH/$C1 is still there"
    expect 1 lxcpp-info -n "$C1"
    expect 0 lxcpp-ls -1
    out_is ""
}

test_template_that_leaves_nothing() {
    local idle
    idle=$(support idle-template)
    printf '#!/bin/sh\nexit 0\n' >"$idle"
    chmod 0755 "$idle"
    expect 1 lxcpp-create -n "$C1" -t "$idle"
    err_has "left nothing in the root file system"
    err_is_one_line
    expect 1 lxcpp-create -n "$C1" -t "$idle" --dir "$SANDBOX/tmp/elsewhere"
    [ ! -e "$SANDBOX/tmp/elsewhere" ] || fail "the other directory is still there"
    is "$(ls -A "$LXCPATH" | grep -v '^inventory')" "" "what is left"
    expect 0 lxcpp-inventory check
    [ -x /usr/share/lxc/templates/lxc-busybox ] || return 0
    expect 1 lxcpp-create -n "$C1" -t busybox -- --help
    err_has "lxcpp-create -t busybox -h shows its options"
    expect 0 lxcpp-ls -1
    out_is ""
}

test_killed_create_leaves_nothing_defined() {
    cat >"$SANDBOX/tmp/template" <<'T'
#!/bin/sh
echo started
sleep 60
:
T
    chmod +x "$SANDBOX/tmp/template"
    lxcpp-create -n "$C1" -t "$SANDBOX/tmp/template" >"$SANDBOX/tmp/progress" 2>&1 </dev/null &
    local create=$!
    until grep -q started "$SANDBOX/tmp/progress"; do kill -0 $create 2>/dev/null || break; done
    kill -9 $create
    wait $create 2>/dev/null
    local rest
    for rest in $(pgrep -f '^sleep 60$'); do
        timeout 20 tail --pid="$rest" -f /dev/null || fail "what the template had started goes on"
    done
    expect 0 lxcpp-ls -1
    out_is ""
    expect 1 lxcpp-info -n "$C1"
    # The name is free again.
    make_container "$C1"
}

test_same_name_twice() {
    make_container "$C1"
    expect 1 lxcpp-create -n "$C1" -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    err_has "exists"
    err_is_one_line
    expect 0 lxcpp-info -n "$C1" -s -H
    out_is STOPPED
}

test_help_of_a_template() {
    printf '#!/bin/sh\n[ "$*" = -h ] && echo "the template has --flavour"\n' >"$SANDBOX/tmp/template"
    chmod +x "$SANDBOX/tmp/template"
    expect 0 lxcpp-create -t "$SANDBOX/tmp/template" -h
    err_has "--template=TEMPLATE"
    err_has "the template has --flavour"
    out_is ""
    expect 1 lxcpp-create -t no-such-template -h
    err_has "no template no-such-template"
}

test_template_none_and_missing() {
    printf 'lxc.uts.name = other\n' >"$SANDBOX/tmp/c.conf"
    expect 0 lxcpp-create -n "$C1" -t none -f "$SANDBOX/tmp/c.conf"
    expect 0 lxcpp-info -n "$C1" -c lxc.uts.name -H
    out_is other
    expect 1 lxcpp-create -n "$C2" -t no-such-template
    err_has no-such-template
    [ ! -e "$LXCPATH/$C2" ] || fail "a container without a template was left"
    expect 1 lxcpp-create -n "$C2"
}

test_broken_config_is_refused() {
    printf 'lxc.uts.name = x\nlxc.no.such.key = 1\nlxc.tty.max = 3\n' >"$SANDBOX/tmp/c.conf"
    expect 1 lxcpp-create -n "$C1" -t none -f "$SANDBOX/tmp/c.conf"
    err_has "c.conf"
    err_has "lxc.no.such.key"
    [ ! -e "$LXCPATH/$C1" ] || fail "it was created nevertheless"
}

test_bad_names() {
    local long
    long=$(printf 'a%.0s' {1..256})
    local name
    for name in a/b .. . .hidden $'line\nfeed' "$long" "" "a b" ../../etc -x; do
        run lxcpp-create --name="$name" -t none
        local code=$?
        [ $code = 1 ] || fail "exit code $code for the name '$name'"
        is "$(printf '%s' "$ERR" | grep -c '')" 1 "lines of error for '$name'"
    done
    is "$(ls -A "$LXCPATH" | grep -v '^inventory')" "" "content of the lxcpath"
}

test_ranges_do_not_overlap() {
    make_container "$C1"
    make_container "$C2"
    make_container "$C3"
    start "$C1"
    start "$C2"
    start "$C3"
    local name
    for name in "$C1" "$C2" "$C3"; do
        attach "$name" /bin/testinit uid-map
        [[ "$OUT" =~ ^\ *0\ +([0-9]+)\ +65536$ ]] || fail "uid map of $name: $OUT"
        echo "${BASH_REMATCH[1]}" >>"$SANDBOX/tmp/bases"
    done
    sort -n "$SANDBOX/tmp/bases" | awk 'NR > 1 && $1 < last + 65536 {bad = 1} {last = $1} END {exit bad}' ||
        fail "ranges overlap: $(tr '\n' ' ' <"$SANDBOX/tmp/bases")"
    grep -qx 0 "$SANDBOX/tmp/bases" && fail "a container has the host's ids"
    # On disk everything is unshifted, so N containers share one tree.
    is "$(stat -c %u "$LXCPATH/$C1/rootfs/bin/testinit")" 0 "owner on disk"
}

test_parallel_creates_get_different_ranges() {
    local number pids=()
    for number in 1 2 3 4 5 6; do
        lxcpp-create -n "$CASE_ID-$number" -t none </dev/null >"$SANDBOX/tmp/log.$number" 2>&1 &
        pids+=($!)
    done
    for number in "${pids[@]}"; do wait "$number" || fail "a parallel create failed: $(cat "$SANDBOX"/tmp/log.*)"; done
    local bases
    bases=$(cat "$LXCPATH"/"$CASE_ID"-*/config | awk '/^lxc.idmap *= *u 0/ {print $5}' | sort -u | wc -l)
    is "$bases" 6 "different ranges"
}

test_privileged_is_a_word() {
    CREATE_OPTIONS=--privileged make_container "$C1"
    start "$C1"
    attach "$C1" /bin/testinit uid-map
    out_matches '^ *0 +0 +4294967295$'
    expect 0 lxcpp-ls -f -F NAME,UNPRIVILEGED
    out_matches "$C1 +false"
}

test_explicit_idmap_is_obeyed() {
    make_container "$C1" 'lxc.idmap = u 0 3000000 65536' 'lxc.idmap = g 0 3100000 65536'
    start "$C1"
    attach "$C1" /bin/testinit uid-map
    out_matches '^ *0 +3000000 +65536$'
    attach "$C1" /bin/testinit gid-map
    out_matches '^ *0 +3100000 +65536$'
}

test_directory_elsewhere() {
    CREATE_OPTIONS="--dir=$SANDBOX/elsewhere" make_container "$C1"
    [ -e "$SANDBOX/elsewhere/bin/testinit" ] || fail "the root file system is not in --dir"
    start "$C1"
    attach "$C1" /bin/testinit exit 0
    stop "$C1"
    expect 1 lxcpp-create -n "$C2" -t none --dir=relative/path
}

test_other_lxcpath() {
    mkdir "$SANDBOX/other"
    expect 0 lxcpp-create -P "$SANDBOX/other/" -n "$C1" -t none
    [ -e "$SANDBOX/other/$C1/config" ] || fail "not created below -P"
    expect 0 lxcpp-ls -P "$SANDBOX/other" -1
    out_is "$C1"
    expect 0 lxcpp-ls -1
    out_is ""
    expect 0 lxcpp-destroy -P "$SANDBOX/other" -n "$C1"
}

test_stock_busybox_template() {
    [ -x /usr/share/lxc/templates/lxc-busybox ] || skip "lxc-templates' busybox is not installed"
    need_tool busybox
    expect 0 lxcpp-create -n "$C1" -t busybox
    start "$C1"
    attach "$C1" /bin/sh -c 'echo inside'
    out_is inside
    attach "$C1" /bin/cat /proc/self/uid_map
    [[ "$OUT" =~ ^\ *0\ +0\  ]] && fail "not unprivileged"
    expect 0 lxcpp-stop -n "$C1" -t 20
}

test_stock_local_template() {
    [ -x /usr/share/lxc/templates/lxc-local ] || skip "lxc's local template is not installed"
    make_rootfs "$SANDBOX/tmp/tree"
    tar -C "$SANDBOX/tmp/tree" -cJf "$SANDBOX/tmp/rootfs.tar.xz" .
    mkdir "$SANDBOX/tmp/meta"
    printf 'lxc.init.cmd = /sbin/init\n' >"$SANDBOX/tmp/meta/config"
    cp "$SANDBOX/tmp/meta/config" "$SANDBOX/tmp/meta/config-user"
    touch "$SANDBOX/tmp/meta/"{templates,excludes,excludes-user,create-message}
    tar -C "$SANDBOX/tmp/meta" -cJf "$SANDBOX/tmp/meta.tar.xz" .
    expect 0 lxcpp-create -n "$C1" -t local -- -m "$SANDBOX/tmp/meta.tar.xz" -f "$SANDBOX/tmp/rootfs.tar.xz"
    start "$C1"
    attach "$C1" /bin/testinit echo yes
    out_is yes
}

test_existing_directory_is_refused() {
    mkdir "$SANDBOX/tmp/mine"
    echo precious >"$SANDBOX/tmp/mine/file"
    expect 1 lxcpp-create -n "$C1" -t none --dir "$SANDBOX/tmp/mine"
    err_has "exists already"
    is "$(<"$SANDBOX/tmp/mine/file")" precious
}
