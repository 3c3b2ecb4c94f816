# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lxcpp-distrobuilder: what steps find of those before, and what is left when one fails.

# shellcheck source=tests/system/small_recipe.sh
source "$(dirname "${BASH_SOURCE[0]}")/small_recipe.sh"

fails() { expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" "$@"; }

# As in distrobuilder, which has one chroot for all of them, and another one for post-files.
test_steps_find_what_others_left_in_tmp_and_run() {
    payload 'ls -A /tmp /run >/srv/late; echo late >/tmp/late'
    sed -i 's|echo unpacked.*|echo early >/tmp/early; mkdir /run/dir; echo unpacked >>/srv/asked|; s|echo done|ls -A /tmp >>/srv/asked; ls -A /run >/srv/listed; echo done|' "$RECIPE"
    sed -i '/trigger: post-packages/i - {trigger: post-packages, action: "#!/bin/sh\\nrm -r /tmp/early\\nln -s /srv /tmp/link\\n"}' "$RECIPE"
    local how
    for how in "" "" --disable-overlay; do
        # shellcheck disable=SC2086
        build build-lxc $how
        is "$(tar -xOf "$TO/rootfs.tar.xz" ./srv/asked | tr '\n' ' ')" "unpacked refresh update install one two remove three clean link done " "steps${how:+ ($how)}"
        is "$(tar -xOf "$TO/rootfs.tar.xz" ./srv/listed)" dir "/run"
        is "$(tar -xOf "$TO/rootfs.tar.xz" ./srv/late | tr -s '\n' ' ')" "/run: /tmp: " "what post-files finds, of"
        is "$(tar -tf "$TO/rootfs.tar.xz" | grep -E '^\./(tmp|run|\.lxcpp)' | sort | tr '\n' ' ')" "./run/ ./tmp/ " "of it in the image"
    done
    # Resumed after the first action.
    sed -i 's|rm -r /tmp/early|rm /tmp/early; echo again >>/srv/asked|' "$RECIPE"
    build build-lxc
    is "$(tar -xOf "$TO/rootfs.tar.xz" ./srv/asked | tail -3 | tr '\n' ' ')" "again link done " "steps of a build that went on"
}

test_all_failures_of_a_step_keep_its_tree() {
    payload
    local action tree
    for action in 'kill -9 $$' 'exit 7'; do
        sed -i "s|echo unpacked.*|echo it >/tmp/mine; $action|" "$RECIPE"
        fails --cleanup=false
        sed -i "s|echo it >/tmp/mine; .*|echo unpacked >>/srv/asked|" "$RECIPE"
        err_has "a shell in it: lxcpp-distrobuilder enter $BUILDS/failed/"
        tree=$(sed -n 's/.*lxcpp-distrobuilder enter //p' <<<"$ERR")
        expect 0 lxcpp-distrobuilder enter "$tree" -- cat /tmp/mine /srv/hostname
        is "$OUT" $'it\ndistrobuilder' "what is in it"
        expect 0 lxcpp-distrobuilder cache list --cache-dir "$BUILDS"
        out_matches "$(basename "$tree") +failed, kept by --cleanup=false: enter $tree"
        rm -r "$BUILDS/failed"
    done
    sed -i '0,/#!.bin.sh/s|#!/bin/sh|#!/bin/bash|' "$RECIPE"
    fails --cleanup=false
    err_has "post-unpack action 1 of 1: the script wants /bin/bash, which the root file system does not have"
    err_has "the script of $RECIPE:"
    [ -d "$BUILDS"/failed/*/srv ] || fail "no tree is kept of a step without its interpreter"
    rm -r "$BUILDS/failed"
    sed -i 's|#!/bin/bash|#!/bin/sh|; s|{cmd: ask, flags: \[install\]}|{cmd: nobody, flags: [x]}|' "$RECIPE"
    fails --cleanup=false
    err_has "install one, two: nobody: there is no such program in the root file system"
    [ -d "$BUILDS"/failed/*/srv ] || fail "no tree is kept of a step without its program"
}

test_a_step_that_takes_too_long_keeps_its_tree() {
    payload
    sed -i 's|echo unpacked.*|echo it >/srv/it; sleep 1000|' "$RECIPE"
    fails --cleanup=false -t 2
    err_has "post-unpack action 1 of 1: it was not finished in time (--timeout)"
    is "$(cat "$BUILDS"/failed/*/srv/it)" it "the tree"
    is "$(ls -A "$BUILDS/tmp")" "" "what is left in the cache"
}

test_trees_that_nobody_kept_are_not_entered() {
    payload
    mkdir -p "$SANDBOX/failed/tree"
    expect 1 lxcpp-distrobuilder enter "$SANDBOX/none"
    err_has "is not a tree that a build with --cleanup=false kept"
    expect 1 lxcpp-distrobuilder enter "$BUILDS/failed/1-1" -- true
    err_has "is not a tree"
    build build-lxc
    expect 1 lxcpp-distrobuilder enter "$BUILDS/failed/1-1" -- true
    err_has "there is no such tree"
    expect 1 lxcpp-distrobuilder enter "$BUILDS/failed/1-1"
    err_has "there is no terminal for a shell"
    expect 1 lxcpp-distrobuilder enter "$SANDBOX/failed/tree" -- true
    err_has "is not empty, and what is in it is not the builder's"
}

test_another_users_tree_is_not_entered() {
    # shellcheck source=tests/system/users.sh
    source "$(dirname "${BASH_SOURCE[0]}")/users.sh"
    payload
    make_users
    local tree builds="$SANDBOX/home/anna/builds"
    sed -i "s|echo unpacked.*|echo hers >/tmp/mine; exit 7|" "$RECIPE"
    chown $ANNA "$TO"
    expect 1 "${AS_ANNA[@]}" lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$builds" --cleanup=false
    tree=$(sed -n 's/.*lxcpp-distrobuilder enter //p' <<<"$ERR")
    expect 0 "${AS_ANNA[@]}" lxcpp-distrobuilder cache list --cache-dir "$builds"
    out_has "enter $tree"
    expect 1 "${AS_BERT[@]}" lxcpp-distrobuilder enter "$tree" -- cat /tmp/mine
    err_is_one_line
    err_has "belongs to another user (uid $FIRST), and only they can enter it"
    out_is ""
    expect 0 "${AS_ANNA[@]}" lxcpp-distrobuilder enter "$tree" -- cat /tmp/mine
    out_is hers
    forget_users
}

test_errors_of_generators_name_the_recipe() {
    payload
    sed -i 's|/etc/copied|/etc/hostname/copied|' "$RECIPE"
    fails
    err_has "$RECIPE:$(grep -n '/etc/hostname/copied' "$RECIPE" | head -1 | cut -d: -f1):3: copy /etc/hostname/copied: "
    err_has " in the root file system"
    ! grep -q -- "$BUILDS" <<<"${ERR##*lxcpp-distrobuilder: }" || fail "a path of the build is told: $ERR"
}

test_who_uses_the_cache_is_told() {
    payload
    sed -i 's|echo unpacked.*|sleep 1000|' "$RECIPE"
    lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" 2>"$SANDBOX/build.err" &
    local pid=$!
    wait_for_text "$SANDBOX/build.err" "post-unpack"
    expect 1 lxcpp-distrobuilder cache prune --cache-dir "$BUILDS"
    err_has "$BUILDS is in use by a running build; prune it when that is done"
    kill -INT $pid
    wait $pid
    expect 0 lxcpp-distrobuilder cache prune --cache-dir "$BUILDS"
}

test_a_layout_is_one_result() {
    payload
    build build-oci --oci-form layout --no-manifest
    is "$(grep -c blobs <<<"$ERR")" 0 "blobs that are told"
    err_has ".oci/  "
    build build-oci --oci-form layout --no-manifest --json
    is "$(python3 -c 'import json, sys; print(*(one["path"].rsplit("/", 2)[1] for one in map(json.loads, sys.stdin) if one["event"] == "output"))' <<<"$OUT")" \
        small-1-x86_64-default-20260101_0000.oci "the outputs"
}

test_half_a_tree_is_not_packed() {
    payload
    mkdir -p "$SANDBOX/half/.lxcpp-output-abcdef/root" "$SANDBOX/half/bin"
    expect 1 lxcpp-distrobuilder pack-lxc "$RECIPE" "$SANDBOX/half" "$TO" --cache-dir "$BUILDS"
    err_has "$SANDBOX/half is not finished: its build was killed, or is still at work"
    is "$(ls -A "$TO")" "" "the target"
    expect 1 lxcpp-distrobuilder build-dir "$RECIPE" "$SANDBOX/half" --cache-dir "$BUILDS"
    err_has "is half of what a build that was killed has made"
}

test_a_second_document_is_told_and_not_read() {
    payload
    printf -- '---\nnonsense: [\n' >>"$RECIPE"
    expect 0 lxcpp-distrobuilder validate "$RECIPE"
    err_has "$RECIPE:$(($(wc -l <"$RECIPE") - 1)):1: a second document begins"
}
