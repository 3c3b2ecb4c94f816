# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Images whose root file system is a squashfs: what is in it, and damaged ones.

payload() {
    need_tool mksquashfs
    need_tool busybox
    TREE_IN="$SANDBOX/payload"
    "$(support template-testinit)" --path="$SANDBOX/tmp" --name=payload --rootfs="$TREE_IN" --testinit "$LXCPP_TESTINIT" --busybox-init
    mkdir -p "$TREE_IN/deep/er/dir" "$TREE_IN/dev"
    chmod 1777 "$TREE_IN/deep"
    head -c 3000000 /dev/urandom >"$TREE_IN/deep/random"
    head -c 5000000 /dev/zero >"$TREE_IN/deep/zeros"
    echo small >"$TREE_IN/deep/er/small"
    ln "$TREE_IN/deep/er/small" "$TREE_IN/deep/twin"
    ln -s ../nowhere "$TREE_IN/deep/link"
    mkfifo "$TREE_IN/deep/pipe"
    chown 12:34 "$TREE_IN/deep/er/small"
    chmod 4711 "$TREE_IN/deep/er/small"
    touch -d @1500000000 "$TREE_IN/deep/er/small" "$TREE_IN/deep/er"
}

describe() { (cd "$1" && find . -mindepth 1 -printf '%P %y %m %U:%G %Ts %l %n %s\n' | sed 's/\( d .*\) [0-9]* [0-9]*$/\1/' | LC_ALL=C sort); }

test_holds_what_was_put_in() {
    payload
    local kind
    for kind in gzip xz zstd; do
        rm -f "$SANDBOX/root.squashfs"
        mksquashfs "$TREE_IN" "$SANDBOX/root.squashfs" -comp $kind -quiet -no-progress >/dev/null 2>&1 || fail "mksquashfs -comp $kind"
        expect 0 lxcpp-image import "$SANDBOX/root.squashfs" -d test -r "$kind" --alias "$kind"
        local tree="$LXCPP_CACHE_DIR/images/trees/$OUT"
        is "$OUT" "$(sha256sum "$SANDBOX/root.squashfs" | cut -c1-64)" fingerprint
        is "$(describe "$tree")" "$(describe "$TREE_IN")" "the tree of $kind"
        cmp "$tree/deep/random" "$TREE_IN/deep/random" || fail "content of a file"
        cmp "$tree/deep/zeros" "$TREE_IN/deep/zeros" || fail "content of a file of zeros"
        is "$(stat -c %i "$tree/deep/twin")" "$(stat -c %i "$tree/deep/er/small")" "inode of the hard link"
    done
    expect 0 lxcpp-image verify
    expect 0 lxcpp-create -n "$C1" --image xz
    start "$C1"
    attach "$C1" cat /deep/er/small
    out_is small
    stop "$C1"
}

test_damaged_ones_leave_nothing() {
    payload
    mksquashfs "$TREE_IN" "$SANDBOX/good" -comp zstd -quiet -no-progress >/dev/null 2>&1 || fail "mksquashfs"
    local size place code
    size=$(stat -c %s "$SANDBOX/good")
    for place in 4 8 28 48 64 72 $((size / 2)) $((size - 5000)) $((size - 400)) $((size - 100)); do
        code=0
        cp "$SANDBOX/good" "$SANDBOX/bad"
        printf '\xa5\x5a\xff' | dd of="$SANDBOX/bad" bs=1 seek="$place" conv=notrunc status=none
        run timeout 60 lxcpp-image import "$SANDBOX/bad" -d test -r 1 --sha256 "$(sha256sum "$SANDBOX/bad" | cut -c1-64)" || code=$?
        case $code in
        0) expect 0 lxcpp-image delete "$OUT" ;; # a byte of a file's content, or of padding
        1) err_has bad ;;
        *) fail "exit code $code with damage at $place" ;;
        esac
    done
    head -c $((size / 3)) "$SANDBOX/good" >"$SANDBOX/bad"
    expect 1 lxcpp-image import "$SANDBOX/bad" -d test -r 1
    err_has "bad: damaged: "
    is "$(find "$LXCPP_CACHE_DIR/images/trees" -mindepth 1 -maxdepth 1 | wc -l)" 0 "trees that were left"
}
