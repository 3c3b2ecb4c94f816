# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Images of which something was lost or changed in the store: verify names it, who brings the image again mends it.

# shellcheck source=tests/system/image_tree.sh
source "$(dirname "${BASH_SOURCE[0]}")/image_tree.sh"

IMPORT=()
import_root() { # of busybox, as the image bb; its tree is $TREE
    need_tool busybox
    make_payload "$SANDBOX/root"
    tar -C "$SANDBOX/root" --owner=0 --group=0 --numeric-owner -cf "$SANDBOX/root.tar" .
    IMPORT=(lxcpp-image import "$SANDBOX/root.tar" -d bb -r 1 --alias bb)
    expect 0 "${IMPORT[@]}"
    TREE="$LXCPP_CACHE_DIR/images/trees/$OUT"
}

is_whole() {
    expect 0 lxcpp-image verify
    out_is "ok: $1"
    is "$(find "$LXCPP_CACHE_DIR/images/trees" -mindepth 1 -maxdepth 1 -name '.*')" "" "rests of trees"
}

test_an_import_mends() {
    import_root
    expect 0 lxcpp-create -q -n "$C1" --image bb -B overlay
    rm "$TREE/etc/motd"
    echo x >>"$TREE/etc/hostname"
    expect 1 lxcpp-image verify
    out_has "etc/hostname"
    expect 0 "${IMPORT[@]}"
    err_has "it is made anew"
    is_whole "1 image"
    expect 0 "${IMPORT[@]}"
    [[ "$ERR" != *anew* ]] || fail "a tree that is as it was is made anew"
    rm -r "$TREE"
    expect 1 lxcpp-image verify
    out_has "it is not there"
    expect 1 lxcpp-create -n "$C2" --image bb
    err_has "is gone: pull or import the image again"
    expect 1 lxcpp-start -n "$C1"
    expect 0 "${IMPORT[@]}"
    is_whole "1 image"
    start "$C1"
    attach "$C1" cat /etc/motd
    out_has "is the name"
}

test_a_running_container_keeps_its_tree() {
    import_root
    expect 0 lxcpp-create -q -n "$C1" --image bb -B overlay
    start "$C1"
    rm "$TREE/etc/motd"
    expect 1 "${IMPORT[@]}"
    err_has "while $C1 runs: stop it first"
    attach "$C1" ls /etc/hostname
    stop "$C1"
    expect 0 "${IMPORT[@]}"
    is_whole "1 image"
    start "$C1"
    attach "$C1" cat /etc/motd
}

test_a_record_that_cannot_be_read() {
    import_root
    local record="$LXCPP_CACHE_DIR/images/images/${TREE##*/}/record"
    echo damaged >"$record"
    expect 1 lxcpp-image verify
    expect 0 "${IMPORT[@]}"
    is_whole "1 image"
    expect 0 lxcpp-image info bb
}

# A layer in the middle too: those above it are relative to what it holds.
test_a_pull_mends_layers() {
    need_tool umoci
    cd "$SANDBOX/tmp" || return
    local r=bundle/rootfs tree
    {
        umoci init --layout img && umoci new --image img:v1 && umoci unpack --image img:v1 bundle
        mkdir -p $r/a && echo 1 >$r/a/1 && umoci repack --refresh-bundle --image img:v1 bundle
        echo 2 >$r/a/2 && rm $r/a/1 && umoci repack --refresh-bundle --image img:v1 bundle
        echo 3 >$r/a/3 && umoci repack --refresh-bundle --image img:v1 bundle
    } >umoci.log 2>&1 || { cat umoci.log; fail "umoci could not make the image"; return; }
    local pull=(lxcpp-image pull "oci:$PWD/img:v1" --alias img)
    expect 0 "${pull[@]}"
    is_whole "1 image"
    for tree in "$LXCPP_CACHE_DIR"/images/trees/*; do
        rm "$tree"/a/[123]
        expect 1 lxcpp-image verify
        expect 0 "${pull[@]}"
        err_has "it is made anew"
        is_whole "1 image"
        mv "$tree" "$SANDBOX/tmp/gone"
        expect 1 lxcpp-image verify
        expect 0 "${pull[@]}"
        is_whole "1 image"
        rm -r "$SANDBOX/tmp/gone"
    done
}
