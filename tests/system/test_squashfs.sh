# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Images whose root file system is a squashfs: what is in it, damaged ones, and those that we write.

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

# What the kernel, or else unsquashfs, sees in an image: names, types, modes, owners, times, links, attributes and contents.
seen_in() { # IMAGE
    local where="$SANDBOX/tmp/seen"
    mkdir "$where"
    if mount -o loop,ro -t squashfs "$1" "$where" 2>/dev/null; then
        all_of "$where"
        umount "$where"
    else
        unsquashfs -quiet -no-progress -force -dest "$where" "$1" >/dev/null || fail "unsquashfs $1"
        all_of "$where"
    fi
    rm -rf "$where"
}

all_of() {
    (cd "$1" && describe . && find . -type f -exec sha256sum {} + | LC_ALL=C sort &&
        python3 -c 'import os
for top, directories, files in os.walk("."):
    for path in sorted(os.path.join(top, name) for name in directories + files):
        for name in sorted(os.listxattr(path, follow_symlinks=False)):
            print(path, name, os.getxattr(path, name, follow_symlinks=False))' | LC_ALL=C sort)
}

test_we_write_what_others_write() { # 300 s
    payload
    need_tool python3
    python3 - "$TREE_IN" <<-'PYTHON'
	import os, sys
	tree = sys.argv[1]
	capability = bytes.fromhex("0100000200200000000000000000000000000000")
	os.setxattr(tree + "/bin/busybox", b"security.capability", capability)
	for name in ("/deep/er", "/deep/random", "/etc"):
	    os.setxattr(tree + name, b"user.note", b"the same for several " * 3)
	os.makedirs(tree + "/many")
	for i in range(300):
	    open(f"{tree}/many/a name of some length {i}", "w").write(str(i) * (i % 50))
	    if i % 3 == 0: os.mkdir(f"{tree}/many/b {i}")
	with open(tree + "/sparse", "wb") as file:
	    file.seek(3_000_000)
	    file.write(b"end")
	    file.truncate(9_000_000)
	PYTHON
    expect 0 env SOURCE_DATE_EPOCH=1767225600 lxcpp-image publish "$TREE_IN" --keep-identity -d test -r 1 --alias tree
    local tree="$LXCPP_CACHE_DIR/images/trees/$OUT" kind theirs
    mksquashfs "$tree" "$SANDBOX/theirs" -comp gzip -quiet -no-progress >/dev/null 2>&1 || fail mksquashfs
    theirs=$(seen_in "$SANDBOX/theirs")
    for kind in "zstd-3 128K" "xz-1 1M" "gzip-1 4096"; do
        # shellcheck disable=SC2086
        set -- $kind
        expect 0 lxcpp-image export tree "$SANDBOX/files-$1" --format=squashfs --compression="$1" --block-size="$2"
        local exported="$OUT" image="$SANDBOX/files-$1/rootfs.squashfs"
        is "$(cat "$SANDBOX/files-$1/incus.tar.xz" "$image" | sha256sum | cut -c1-64)" "$exported" fingerprint
        (cd "$SANDBOX/files-$1" && sha256sum -c --quiet SHA256SUMS) || fail SHA256SUMS
        is "$(seen_in "$image")" "$theirs" "what is in an image of $kind"
    done
    expect 0 lxcpp-image export tree "$SANDBOX/again" --format=tar,squashfs --compression=zstd-3
    cmp "$SANDBOX/again/rootfs.squashfs" "$SANDBOX/files-zstd-3/rootfs.squashfs" || fail "two images of one tree differ"
    [ -e "$SANDBOX/again/rootfs.tar.xz" ] || fail "there is no tar archive"
    expect 0 lxcpp-image import "$SANDBOX/files-xz-1/incus.tar.xz" "$SANDBOX/files-xz-1/rootfs.squashfs" --alias again
    is "$(all_of "$LXCPP_CACHE_DIR/images/trees/$OUT")" "$(all_of "$tree")" "what we read again"
    expect 0 lxcpp-create -n "$C1" --image again
    start "$C1"
    attach "$C1" cat /deep/er/small
    out_is small
    stop "$C1"
}

test_options_of_an_export() {
    payload
    expect 0 lxcpp-image publish "$TREE_IN" -d test -r 1 --alias tree
    local option
    for option in --format=zip --format= --format=squashfs,zip; do
        expect 1 lxcpp-image export tree "$SANDBOX/files" "$option"
        err_has "tar, squashfs, or both"
    done
    expect 1 lxcpp-image export tree "$SANDBOX/files" --compression=xz
    err_has "add --format=squashfs"
    expect 1 lxcpp-image export tree "$SANDBOX/files" --format=squashfs --compression=zstd-23
    err_has "levels of zstd are 1 to 22"
    for option in 1000 2M 2K 4096X 0; do
        expect 1 lxcpp-image export tree "$SANDBOX/files" --format=squashfs --block-size="$option"
        err_has "a power of two from 4K to 1M"
    done
    [ ! -e "$SANDBOX/files" ] || fail "something was written"
}
