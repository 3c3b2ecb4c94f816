# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

test_global_items() {
    expect 0 lxcpp-config -l
    out_has lxc.lxcpath
    is "$(wc -l <<<"$OUT")" 7 "number of keys"
    expect 0 lxcpp-config lxc.lxcpath
    out_is "$LXCPATH"
    expect 1 lxcpp-config lxc.no.such
    [[ "$OUT$ERR" == *"lxc.no.such"* ]] || fail "the unknown item is not named"
    expect 0 lxcpp-config lxc.bdev.zfs.root
}

test_get_set_unset() {
    make_container "$C1"
    sed -i '1i # the first comment' "$LXCPATH/$C1/config"
    expect 0 lxcpp-config set "$C1" lxc.uts.name changed
    expect 0 lxcpp-config get "$C1" lxc.uts.name
    out_is changed
    grep -q '^# the first comment$' "$LXCPATH/$C1/config" || fail "the comment is gone"
    expect 0 lxcpp-config unset "$C1" lxc.uts.name
    grep -q 'lxc.uts.name' "$LXCPATH/$C1/config" && fail "the line is still there"
    expect 1 lxcpp-config set "$C1" lxc.no.such.key 1
    expect 1 lxcpp-config set "$C1" lxc.tty.max many
    err_has many
}

test_show_origin() {
    echo 'lxc.uts.name = included' >"$SANDBOX/tmp/part.conf"
    make_container "$C1" "lxc.include = $SANDBOX/tmp/part.conf"
    expect 0 lxcpp-config show --origin "$C1"
    out_has "$SANDBOX/tmp/part.conf:1"
}

test_lint() {
    printf '%s\n' 'lxc.uts.nmae = x' 'lxc.tty.max = many' 'lxc.cgroup.memory.limit_in_bytes = 1G' >"$SANDBOX/tmp/bad.conf"
    expect 1 lxcpp-config lint "$SANDBOX/tmp/bad.conf"
    OUT="$OUT$ERR"
    out_has ":1"
    out_has lxc.uts.name
    out_has ":2"
    out_has ":3"
    out_has memory.max
    printf '%s\n' 'lxc.uts.name = x' >"$SANDBOX/tmp/good.conf"
    expect 0 lxcpp-config lint "$SANDBOX/tmp/good.conf"
}

test_every_installed_config_of_lxc_lints() {
    [ -d /usr/share/lxc/config ] || skip "lxc is not installed"
    local file
    for file in /usr/share/lxc/config/*.conf; do
        run lxcpp-config show "$file"
        [ $? = 0 ] || fail "$file does not load"
    done
}

test_checkconfig() {
    expect 0 lxcpp-checkconfig
    out_has amespace
    expect 0 lxcpp-checkconfig --format json
    need_tool python3
    python3 -m json.tool "$SANDBOX/out" >/dev/null || fail "not JSON"
}

test_full_disk_keeps_the_old_file() {
    mkdir "$SANDBOX/small"
    mount -t tmpfs -o size=64k none "$SANDBOX/small"
    expect 0 lxcpp-create -P "$SANDBOX/small" -n "$C1" -t none
    cp "$SANDBOX/small/$C1/config" "$SANDBOX/tmp/before"
    head -c 1M /dev/zero >"$SANDBOX/small/fill" 2>/dev/null
    run lxcpp-config -P "$SANDBOX/small" set "$C1" lxc.uts.name changed
    differs $? 0 "exit code on a full disk"
    cmp "$SANDBOX/tmp/before" "$SANDBOX/small/$C1/config" || fail "the old config is damaged"
    is "$(ls -A "$SANDBOX/small/$C1" | grep -c -v '^config$\|^rootfs$')" 0 "temporary files left"
    rm "$SANDBOX/small/fill"
    expect 0 lxcpp-destroy -P "$SANDBOX/small" -n "$C1"
    umount "$SANDBOX/small"
}
