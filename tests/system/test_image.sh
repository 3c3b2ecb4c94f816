# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lxcpp-image: the store of images, as an administrator handles it.

# shellcheck source=tests/system/image_files.sh
source "$(dirname "${BASH_SOURCE[0]}")/image_files.sh"

test_imports_every_form() {
    make_files
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias bb/split
    out_is "$(both incus.tar rootfs.tar)"
    err_has "busybox/1/small"
    err_has "not verified: imported from a file without --sha256"
    import "$FILES/combined.tar" --alias bb/combined --sha256 "$(digest "$FILES/combined.tar")"
    out_is "$(digest "$FILES/combined.tar")"
    err_has "verified: sha256 given at import"
    import "$FILES/meta.tar" "$FILES/rootfs.tar" --alias bb/lxc
    import "$FILES/rootfs.tar" -d bare -r 7 -a amd64 --alias bb/bare # whatever it is
    out_is "$(digest "$FILES/rootfs.tar")"
    is "$(trees | wc -l)" 4 "trees"
    expect 0 lxcpp-image list --format csv
    is "$(cut -d, -f2-6,14 "$SANDBOX/out" | sort)" "aliases,distribution,release,variant,arch,verified
bb/bare,bare,7,,x86_64,false
bb/combined,busybox,1,small,$(uname -m),true
bb/lxc,,,,$(uname -m),false
bb/split,busybox,1,small,$(uname -m),false" "the list"
    expect 0 lxcpp-image list verified=yes
    out_has bb/combined
    out_lacks bb/split
    expect 0 lxcpp-image list BUSY
    is "$(printf '%s\n' "$OUT" | wc -l)" 3 "lines"
    expect 0 lxcpp-image verify
    out_is "ok: 4 images"
    grep -q busybox "$IMAGES/trees/$(digest "$FILES/combined.tar")/etc/passwd" ||
        [ -x "$IMAGES/trees/$(digest "$FILES/combined.tar")/bin/busybox" ] || fail "no busybox in the tree"
    [ ! -e "$IMAGES/trees/$(digest "$FILES/combined.tar")/metadata.yaml" ] || fail "metadata in the root"
}

test_imports_compressed_archives() {
    make_files
    need_tool xz
    need_tool zstd
    local archive
    xz -k0 "$FILES/incus.tar"
    for archive in gzip bzip2 xz zstd; do
        tar -C "$FILES/rootfs" -cf "$FILES/root.$archive" "--$archive" .
        import "$FILES/incus.tar.xz" "$FILES/root.$archive" --alias "bb/$archive"
    done
    expect 0 lxcpp-image verify
    out_is "ok: 4 images"
    for archive in "$IMAGES"/sums/*; do sha256sum <"$archive"; done | sort -u | wc -l >"$SANDBOX/tmp/different"
    is "$(cat "$SANDBOX/tmp/different")" 1 "different trees of one root"
}

test_info_tells_everything() {
    make_files
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias b --alias a
    local fingerprint="$OUT"
    expect 1 lxcpp-image refresh a
    err_has "lxcpp-image: busybox/1/small (${fingerprint:0:12}): it came by import from $FILES/incus.tar, which cannot be asked for a newer one"
    expect 0 lxcpp-image info "${fingerprint:0:9}"
    out_matches "Fingerprint: +$fingerprint"
    out_matches 'Aliases: +a, b'
    out_matches 'Distribution: +busybox'
    out_matches 'Description: +BusyBox of the test'
    out_matches 'Verified: +no: imported from a file without --sha256'
    out_matches "Source: +$FILES/incus.tar"
    out_matches "Tree: +$IMAGES/trees/$fingerprint"
    expect 0 lxcpp-image info a --format json
    need_tool python3
    is "$(python3 -c 'import json, sys
image = json.load(open(sys.argv[1]))
print(image["aliases"], image["verified"], len(image["trees"]))' "$SANDBOX/out")" "['a', 'b'] False 1" "the JSON"
    expect 1 lxcpp-image info c
    err_has "lxcpp-image: there is no image c: 'lxcpp-image list' shows what is there"
}

test_refuses_what_is_not_expected() {
    make_files
    local right
    right=$(both incus.tar rootfs.tar)
    cp "$FILES/rootfs.tar" "$FILES/flipped.tar"
    local at # a byte in the middle of busybox
    at=$(($(stat -c %s "$FILES/rootfs.tar") / 2))
    printf '%b' "\\x$(printf %02x $((0x$(od -An -tx1 -j$at -N1 "$FILES/rootfs.tar" | tr -d ' ') ^ 1)))" |
        dd of="$FILES/flipped.tar" bs=1 seek=$at conv=notrunc status=none
    expect 1 lxcpp-image -q import "$FILES/incus.tar" "$FILES/flipped.tar" --sha256 "$right"
    is "$ERR" "" "words in spite of -q"
    expect 1 lxcpp-image import "$FILES/incus.tar" "$FILES/flipped.tar" --sha256 "$right"
    err_has "flipped.tar: the image hashes to $(both incus.tar flipped.tar), expected $right"
    nothing_there
    expect 1 lxcpp-image import "$FILES/incus.tar"
    err_has "incus.tar: is the metadata of an image: give its root file system too"
    expect 1 lxcpp-image import "$FILES/rootfs.tar"
    err_has "rootfs.tar: is a root file system without metadata: say what it is"
    expect 1 lxcpp-image import "$FILES/rootfs.tar" "$FILES/incus.tar"
    err_has "rootfs.tar: is not the metadata of an image, which comes first"
    expect 1 lxcpp-image import "$FILES/combined.tar" "$FILES/rootfs.tar"
    err_has "combined.tar: is a whole image"
    expect 1 lxcpp-image import "$FILES/metadata.yaml"
    err_has "metadata.yaml: "
    expect 1 lxcpp-image import "$FILES/none.tar"
    err_has "open $FILES/none.tar: No such file or directory"
    expect 1 lxcpp-image import "$FILES"
    err_has "$FILES: not a regular file: 'lxcpp-image publish' makes an image of a root file system in a directory"
    mkdir "$FILES/exported"
    : >"$FILES/exported/incus.tar.xz"
    expect 1 lxcpp-image import "$FILES/exported"
    err_has "$FILES/exported: not a regular file: give the image's files, $FILES/exported/incus.tar.xz $FILES/exported/rootfs.tar.xz"
    expect 1 lxcpp-image import -- -
    err_has "cannot be read from the standard input"
    expect 1 lxcpp-image import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias ../x
    err_has "--alias ../x: 1 to 128 of"
    expect 1 lxcpp-image import "$FILES/incus.tar" "$FILES/rootfs.tar" --sha256 xyz
    err_has "--sha256: the sha256 must be 64 hex digits"
    head -c 20000 "$FILES/rootfs.tar" >"$FILES/short.tar"
    expect 1 lxcpp-image import "$FILES/incus.tar" "$FILES/short.tar"
    err_has "short.tar: "
    echo 'architecture: &a [*a]' >"$FILES/metadata.yaml"
    tar -C "$FILES" -cf "$FILES/bad.tar" metadata.yaml
    expect 1 lxcpp-image import "$FILES/bad.tar" "$FILES/rootfs.tar"
    err_has "bad.tar: metadata.yaml:1:15: anchors are not allowed"
    nothing_there
}

test_names_what_changed_in_a_tree() {
    make_files
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias bb
    local fingerprint="$OUT"
    echo more >>"$IMAGES/trees/$fingerprint/etc/passwd"
    expect 1 lxcpp-image verify bb
    out_is "${fingerprint:0:12}: tree ${fingerprint:0:12}: /etc/passwd is not what it was"
    rm -r "$IMAGES/trees/$fingerprint"
    expect 1 lxcpp-image verify
    out_is "${fingerprint:0:12}: tree ${fingerprint:0:12}: it is not there"
    import "$FILES/incus.tar" "$FILES/rootfs.tar" # heals it
    expect 0 lxcpp-image verify bb
    out_is "ok: 1 image"
}

test_aliases() {
    make_files
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias one
    local first="$OUT"
    import "$FILES/combined.tar" --alias two
    local second="$OUT"
    expect 0 lxcpp-image alias set one two
    expect 0 lxcpp-image alias set more/3 "$first"
    expect 0 lxcpp-image alias list --format csv
    is "$(tr -d '\r' <"$SANDBOX/out")" "alias,fingerprint,image
more/3,$first,busybox/1/small
one,$second,busybox/1/small
two,$second,busybox/1/small" "the aliases"
    expect 1 lxcpp-image alias remove two none more/3
    err_has "there is no alias none: none was removed"
    expect 0 lxcpp-image alias remove two more/3
    expect 1 lxcpp-image alias remove two
    err_has "there is no alias two"
    expect 1 lxcpp-image alias set x none
    err_has "there is no image none"
    expect 1 lxcpp-image alias set "a b" one
    err_has "cannot be an alias"
    expect 1 lxcpp-image alias change
    err_has "alias: expected 'set ALIAS IMAGE'"
    expect 0 lxcpp-image delete one
    expect 0 lxcpp-image alias
    is "$(printf '%s\n' "$OUT" | wc -l)" 1 "aliases that are left"
    : >"$IMAGES/aliases/lost"
    expect 1 lxcpp-image verify
    out_has "alias lost is damaged: it means no image"
    expect 0 lxcpp-image alias remove lost
    expect 0 lxcpp-image verify
}

test_an_image_that_is_needed_stays() {
    make_files
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias bb
    expect 0 lxcpp-create -n "$C1" --image bb -B overlay
    expect 0 lxcpp-create -n "$C2" --image bb -B dir
    expect 1 lxcpp-image delete bb
    err_has "image $(both incus.tar rootfs.tar | cut -c1-12) is needed by $C1"
    err_is_one_line
    expect 0 lxcpp-image prune --all
    expect 0 lxcpp-image list --format json
    out_has "\"$C1\""
    out_has "\"$C2\""
    # Without an inventory the directories say it.
    rm -f "$LXCPP_STATE_DIR"/inventory.db*
    expect 1 lxcpp-image delete bb
    err_has "is needed by $C1"
    expect 0 lxcpp-inventory rebuild
    expect 1 lxcpp-image delete bb
    err_has "is needed by $C1"
    expect 0 lxcpp-image verify
    expect 0 lxcpp-destroy -n "$C1"
    expect 0 lxcpp-image prune --unused # the copy counts here
    expect 0 lxcpp-image info bb
    expect 0 lxcpp-image delete bb
    out_matches '^deleted busybox/1/small \([0-9a-f]{12}\): [0-9.]+ [kM]B freed$'
    nothing_there
    expect 0 lxcpp-destroy -n "$C2"
}

test_prune() {
    make_files
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias old
    local old="$OUT"
    import "$FILES/combined.tar" --alias new
    touch -d '40 days ago' "$IMAGES/images/$old/record"
    mkdir -p "$IMAGES/trees/.$(printf '%064d' 1).new/etc" "$IMAGES/trees/$(printf '%064d' 2)" "$IMAGES/images/.new-abc" "$IMAGES/files/00"
    echo half >"$IMAGES/files/00/$(printf '%064d' 3).part"
    expect 0 lxcpp-image verify
    out_has "left over: interrupted work $(printf '%012d' 0) ("
    out_has "left over: tree without an image $(printf '%012d' 0) ("
    expect 0 lxcpp-image prune --dry-run
    out_is "would delete busybox/1/small (${old:0:12})"
    expect 0 lxcpp-image prune
    out_has "deleted busybox/1/small (${old:0:12})"
    is "$(trees)" "$(digest "$FILES/combined.tar")" "trees"
    is "$(find "$IMAGES/files" -type f; find "$IMAGES/images" -name '.*')" "" "leftovers"
    expect 0 lxcpp-image prune --older-than 1
    expect 0 lxcpp-image info new
    expect 0 lxcpp-image prune --unused
    nothing_there
}

test_four_imports_at_once_unpack_once() {
    make_files
    local i pids=()
    for i in 1 2 3 4; do
        lxcpp-image import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias "bb/$i" >"$SANDBOX/tmp/out.$i" 2>"$SANDBOX/tmp/err.$i" &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" || fail "an import failed: $(cat "$SANDBOX"/tmp/err.*)"; done
    is "$(sort -u "$SANDBOX"/tmp/out.*)" "$(both incus.tar rootfs.tar)" "fingerprints"
    is "$(trees | wc -l)" 1 "trees"
    is "$(cat "$SANDBOX"/tmp/err.* | grep -c '^Unpacking.*files$')" 1 "times that it was unpacked"
    expect 0 lxcpp-image alias list
    is "$(printf '%s\n' "$OUT" | wc -l)" 5 "lines"
}

# However far it came, what is there is sound, and the next one does it all.
test_killed_commands_leave_a_sound_store() {
    make_files
    local ms signal
    for signal in KILL INT; do
        for ms in 1 2 4 6 9 13 18 25 40; do
            timeout -s $signal "$(printf '0.%03d' $ms)" lxcpp-image import "$FILES/combined.tar" --alias bb >/dev/null 2>&1
            expect 0 lxcpp-image verify
            import "$FILES/combined.tar" --alias bb
            timeout -s $signal "$(printf '0.%03d' $ms)" lxcpp-image delete bb >/dev/null 2>&1
            expect 0 lxcpp-image verify
            lxcpp-image delete "$(digest "$FILES/combined.tar")" >/dev/null 2>&1
        done
    done
    import "$FILES/combined.tar" --alias bb
    expect 0 lxcpp-image verify
    out_is "ok: 1 image"
    is "$(trees)" "$(digest "$FILES/combined.tar")" "trees"
}

test_full_disk() {
    make_files
    mkdir "$SANDBOX/small"
    mount -t tmpfs -o size=700k tmpfs "$SANDBOX/small" || skip "no tmpfs"
    local LXCPP_CACHE_DIR="$SANDBOX/small"
    export LXCPP_CACHE_DIR
    IMAGES="$LXCPP_CACHE_DIR/images"
    expect 1 lxcpp-image import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias bb
    err_has "unpack into $IMAGES: "
    err_has "No space left on device"
    nothing_there
    mount -o remount,size=50m "$SANDBOX/small"
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias bb
    expect 0 lxcpp-image verify
    # No room for one more record: the image is not half there.
    head -c 60m /dev/zero >"$SANDBOX/small/fill" 2>/dev/null
    expect 1 lxcpp-image import "$FILES/combined.tar"
    err_has "No space left on device"
    expect 1 lxcpp-image alias set other bb
    rm "$SANDBOX/small/fill"
    expect 0 lxcpp-image verify
    out_is "ok: 1 image"
    import "$FILES/combined.tar"
    umount "$SANDBOX/small"
}

test_a_user_may_look() {
    make_files
    need_tool setpriv
    chmod 0711 "$SANDBOX"
    mkdir "$SANDBOX/user"
    chown 12345:12345 "$SANDBOX/user"
    local LXCPP_CACHE_DIR="$SANDBOX/user" LXCPP_STATE_DIR="$SANDBOX/user/state"
    export LXCPP_CACHE_DIR LXCPP_STATE_DIR
    expect 0 setpriv --reuid=12345 --regid=12345 --clear-groups lxcpp-image list
    expect 0 setpriv --reuid=12345 --regid=12345 --clear-groups lxcpp-image verify
    expect 1 setpriv --reuid=12345 --regid=12345 --clear-groups lxcpp-image import "$FILES/combined.tar"
    err_has "has no subordinate ones in /etc/subuid and /etc/subgid"
}

test_commands_and_their_options() {
    expect 1 lxcpp-image
    err_has "which command? 'lxcpp-image --help' lists them"
    expect 1 lxcpp-image lst
    err_has "there is no command lst; did you mean 'list'?"
    expect 1 lxcpp-image rm x
    err_has "there is no command rm; did you mean 'delete'?"
    expect 1 lxcpp-image show x
    err_has "there is no command show; did you mean 'info'?"
    expect 1 lxcpp-image list --sha256 x
    err_has "unrecognized option '--sha256'"
    expect 1 lxcpp-image delete
    err_has "delete: which image?"
    expect 1 lxcpp-image prune --all --unused
    err_has "prune: --unused spares images of which there is a container, --all takes those too that none needs: give one of them"
    expect 1 lxcpp-image pull https://127.0.0.1:debian/12
    err_has "'https://127.0.0.1:debian/12': a URL says no image: give it with --server, and the image's name for itself"
    expect 1 lxcpp-image prune x
    err_has "prune: it takes no names"
    expect 1 lxcpp-image list colour=red
    err_has "colour=red: filters are distribution=, "
    expect 1 lxcpp-image list --format xml
    expect 0 lxcpp-image -q list
    expect 0 lxcpp image list
    [ ! -e "$LXCPP_CACHE_DIR/images" ] || fail "looking made a store"
    cd "$SANDBOX" && mkdir rootfs
    expect 1 lxcpp-image publish rootfs
    err_has "lxcpp-image: rootfs: there is no such container: for the directory of that name give ./rootfs"
    expect 1 lxcpp-image publish other
    err_has "other: there is no such container"
    [[ "$ERR" != *./other* ]] || fail "a directory that is not there is proposed"
    expect 1 lxcpp-image pull localhost:22.04
    err_has "there is no server localhost in image-servers.conf: an OCI image is docker://localhost:22.04"
}

broken() { printf 'lxc.nonsense = x\n' >>"$LXCPATH/$1/config"; }

# While the directories say what is needed: one that cannot be read is told, the others count.
test_a_broken_container_stops_nothing() {
    make_files
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias bb
    local needed="$OUT"
    import "$FILES/combined.tar" --alias other
    expect 0 lxcpp-create -n "$C1" --image bb -B overlay
    cp "$LXCPATH/$C1/config" "$SANDBOX/tmp/config"
    broken "$C1"
    rm -f "$LXCPP_STATE_DIR"/inventory.db*
    expect 0 lxcpp-image list --format csv
    err_is_one_line
    err_has "$C1/config:"
    out_has "$needed,bb,"
    out_matches ",$C1"
    expect 0 lxcpp-image info bb
    out_matches "Used by: +$C1"
    expect 1 lxcpp-image delete bb
    err_has "is needed by $C1"
    expect 0 lxcpp-image prune --all
    err_has "$C1/config:"
    out_has "deleted busybox/1/small ($(digest "$FILES/combined.tar" | cut -c1-12))"
    is "$(trees)" "$needed" "trees"
    echo nonsense >"$LXCPATH/$C1/image"
    sed -i /lxc.rootfs.path/d "$LXCPATH/$C1/config"
    expect 0 lxcpp-image list
    out_has bb
    expect 1 lxcpp-image prune --all
    err_has "which image $C1 needs cannot be read, so that none is taken away"
    expect 1 lxcpp-image delete bb
    err_has "which image $C1 needs cannot be read"
    is "$(trees)" "$needed" "trees"
    cp "$SANDBOX/tmp/config" "$LXCPATH/$C1/config"
    expect 1 lxcpp-image delete bb
    err_has "is needed by $C1" # the root lies on it
    expect 0 lxcpp-destroy -n "$C1"
}

test_a_damaged_record_can_be_deleted() {
    make_files
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias bb
    local damaged="$OUT"
    import "$FILES/combined.tar" --alias other
    echo nonsense >"$IMAGES/images/$damaged/record"
    expect 0 lxcpp-image list
    err_has "$damaged/record: line 1"
    out_has other
    expect 1 lxcpp-image verify
    out_has "${damaged:0:12}: "
    expect 1 lxcpp-image prune --all
    err_has "nothing is pruned while that image is there: 'lxcpp-image delete FINGERPRINT' takes it away"
    expect 1 lxcpp-image delete other
    err_has "$damaged/record: line 1"
    sed -i 's/^size: .*/size: 1/' "$IMAGES/images/$(digest "$FILES/combined.tar")/record" # which still is one
    expect 1 lxcpp-image verify other
    out_is "$(digest "$FILES/combined.tar" | cut -c1-12): $IMAGES/images/$(digest "$FILES/combined.tar")/record: it was changed after it was written: its digest is another"
    expect 1 lxcpp-create -n "$C1" --image other
    err_has "/record: it was changed after it was written"
    import "$FILES/combined.tar" # writes it anew
    expect 0 lxcpp-image verify other
    expect 0 lxcpp-image delete bb
    out_has "deleted ${damaged:0:12}: its record could not be read"
    expect 0 lxcpp-image prune
    is "$(trees)" "$(digest "$FILES/combined.tar")" "trees"
    expect 0 lxcpp-image verify
    out_is "ok: 1 image"
}

# What the metadata does not say is looked for in the root file system.
test_an_image_that_does_not_say_what_it_is() {
    make_files
    mkdir -p "$FILES/rootfs/etc"
    printf '%s\n' 'ID=testix' 'VERSION_ID="7"' 'VERSION_CODENAME=seven' 'PRETTY_NAME="Testix 7"' >"$FILES/rootfs/etc/os-release"
    tar -C "$FILES/rootfs" --owner=0 --group=0 --numeric-owner -cf "$FILES/rootfs.tar" .
    import "$FILES/meta.tar" "$FILES/rootfs.tar" --alias plain # LXC's, which does not
    err_has "testix/seven ("
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias said # which does
    expect 0 lxcpp-image list --format csv
    is "$(cut -d, -f2-5,8 "$SANDBOX/out" | sort)" "aliases,distribution,release,variant,description
plain,testix,seven,,Testix 7
said,busybox,1,small,BusyBox of the test" "the list"
    expect 0 lxcpp-image server-tree "$SANDBOX/tmp/www" plain
    out_has "added images/testix/seven/"
}

# A store that somebody else fills: containers are made of it, and it is read; what would change it says why not.
test_a_store_that_cannot_be_written() {
    make_files
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias bb
    import "$FILES/combined.tar" --alias other
    rm -f "$IMAGES"/locks/* # nobody has used it yet
    mount --bind "$LXCPP_CACHE_DIR" "$LXCPP_CACHE_DIR" && mount -o remount,ro,bind "$LXCPP_CACHE_DIR" || skip "no bind mounts"
    local backend
    for backend in overlay dir best; do
        expect 0 lxcpp-create -q -n "$C1" --image bb -B $backend
        is "$ERR" "" "what -q says"
        expect 0 lxcpp-start -n "$C1"
        expect 0 lxcpp-attach -n "$C1" -- sh -c 'echo mine >/new && cat /new /etc/hostname'
        out_is "mine
$C1"
        expect 0 lxcpp-destroy -f -n "$C1"
    done
    expect 0 lxcpp-image info bb
    expect 0 lxcpp-image verify
    out_is "ok: 2 images"
    expect 0 lxcpp-image export bb "$SANDBOX/tmp/out"
    local command
    for command in "import $FILES/rootfs.tar -d x" "delete bb" "alias set x bb" "prune --all"; do
        # shellcheck disable=SC2086
        expect 1 lxcpp-image $command
        err_has "$IMAGES"
        err_has "ead-only file system"
    done
    umount "$LXCPP_CACHE_DIR"
    expect 0 lxcpp-image verify
    out_is "ok: 2 images"
}

test_one_image_by_two_words_goes_once() {
    make_files
    import "$FILES/combined.tar" --alias one --alias two
    local image="$OUT"
    expect 0 lxcpp-image delete two "$image" one "${image:0:8}"
    out_matches '^deleted busybox/1/small \([0-9a-f]{12}\): [0-9.]+ [kM]B freed$'
    import "$FILES/combined.tar" --alias one
    expect 1 lxcpp-image delete none one
    err_is_one_line
    err_has "there is no image none"
    nothing_there
}

# What an image says of itself is a stranger's text: it must not drive the terminal of who imports it.
test_words_of_an_image_are_harmless() {
    make_files
    sed -i 's/os: BusyBox/os: "Evil\\e[31m\\nroot"/' "$FILES/metadata.yaml"
    tar -C "$FILES" -cf "$FILES/incus.tar" metadata.yaml templates
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias evil
    err_has 'evil\x1b[31m\x0aroot/1/small ('
    expect 0 lxcpp-image delete evil
    out_has 'deleted evil\x1b[31m\x0aroot/1/small ('
}
