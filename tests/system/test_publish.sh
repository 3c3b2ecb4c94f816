# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Images made of containers and directories, written as files and as a tree for a web server, and read again: by import,
# by our download template and by LXC's own.

# shellcheck source=tests/system/image_tree.sh
source "$(dirname "${BASH_SOURCE[0]}")/image_tree.sh"

hex_line() { [[ "$OUT" =~ ^[0-9a-f]{64}$ ]] || fail "no fingerprint: $OUT"; }

# A small system as a directory, and as an image of the store.
publish_payload() { # ALIAS [OPTION…]
    need_tool busybox
    local root="$SANDBOX/payload"
    if [ ! -d "$root" ]; then
        make_payload "$root"
        mkdir -p "$root/etc/ssh" "$root/run" "$root/tmp"
        echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
        echo secret >"$root/etc/ssh/ssh_host_ed25519_key"
        echo '127.0.0.1 localhost old' >"$root/etc/hosts"
        printf 'ID=alpine\nVERSION_ID=3.20\n' >"$root/etc/os-release"
        chmod 4755 "$root/bin/busybox"
    fi
    expect 0 env SOURCE_DATE_EPOCH=1767225600 lxcpp-image publish "$root" --alias "$1" "${@:2}"
    hex_line
    FINGERPRINT="$OUT" TREE="$LXCPP_CACHE_DIR/images/trees/$OUT"
}

test_a_directory() {
    publish_payload web
    is "$(cat "$TREE/etc/hostname")" LXC_NAME "the name in the image"
    is "$(cat "$TREE/etc/hosts")" "127.0.0.1 localhost LXC_NAME" "the name in /etc/hosts"
    is "$(stat -c %s "$TREE/etc/machine-id")" 0 "size of the machine id"
    [ ! -e "$TREE/etc/ssh/ssh_host_ed25519_key" ] || fail "the host key is in the image"
    is "$(stat -c '%a %u:%g' "$TREE/bin/busybox")" "4755 0:0" "mode and owner of a program"
    expect 0 lxcpp-image info web
    out_has "alpine"
    out_has "made on this machine"
    local first="$FINGERPRINT"
    publish_payload web
    is "$FINGERPRINT" "$first" "fingerprint of the same tree"
    publish_payload kept --keep-identity -d other -r 1
    is "$(cat "$TREE/etc/hostname")" old "the name that is kept"
    [ -e "$TREE/etc/ssh/ssh_host_ed25519_key" ] || fail "the host key is gone"
    expect 0 lxcpp-image verify
    expect 1 lxcpp-image publish "$SANDBOX/nowhere/root"
    err_is_one_line
    expect 1 lxcpp-image publish "$SANDBOX/payload" -a z80
    err_has "z80: no such architecture"
}

test_a_container_of_an_overlay() {
    publish_payload base
    expect 0 lxcpp-create -n "$C1" --image base -B overlay
    start "$C1"
    attach "$C1" sh -c 'echo mine >/srv-file && rm /etc/motd && mkdir /new && echo x >/new/y'
    expect 0 lxcpp-image publish "$C1" --alias changed # while it runs
    err_has "it stands still while its files are read"
    is "$(state_of "$C1")" RUNNING "state afterwards"
    stop "$C1"
    TREE="$LXCPP_CACHE_DIR/images/trees/$OUT"
    expect 0 lxcpp-image publish "$C1" --alias changed
    hex_line
    TREE="$LXCPP_CACHE_DIR/images/trees/$OUT"
    is "$(cat "$TREE/srv-file" "$TREE/new/y")" $'mine\nx' "what was written"
    [ ! -e "$TREE/etc/motd" ] || fail "what was removed is in the image"
    is "$(stat -c '%u:%g' "$TREE/srv-file")" 0:0 "owner of what was written"
    expect 0 lxcpp-create -n "$C2" --image changed
    start "$C2"
    attach "$C2" cat /srv-file /etc/hostname
    out_is "mine
$C2"
    stop "$C2"
    expect 1 lxcpp-image publish nobody
    err_has "nobody: there is no such container"
}

# Its first message waits in a full pipe, after the container was frozen.
test_interrupted_it_lets_the_container_go_on() {
    publish_payload base
    expect 0 lxcpp-create -n "$C1" --image base -B overlay
    start "$C1"
    mkfifo "$SANDBOX/tmp/full"
    exec 9<>"$SANDBOX/tmp/full"
    dd if=/dev/zero of="$SANDBOX/tmp/full" bs=4096 oflag=nonblock status=none 2>/dev/null
    set -m # or SIGINT is ignored in the background
    lxcpp-image publish "$C1" --alias never >"$SANDBOX/tmp/said" 2>"$SANDBOX/tmp/full" 9>&- &
    local publish=$!
    set +m
    wait_state "$C1" FROZEN
    kill -INT $publish
    wait_state "$C1" RUNNING
    timeout 20 cat <&9 >"$SANDBOX/tmp/drained" &
    local drain=$!
    wait $publish
    is $? 1 "exit code"
    kill $drain
    wait $drain 2>/dev/null
    exec 9>&-
    grep -aq "interrupted by SIGINT; nothing was published" "$SANDBOX/tmp/drained" || fail "it does not say why it ended"
    is "$(cat "$SANDBOX/tmp/said")" "" "its output"
    expect 0 lxcpp-image alias
    out_lacks never
    stop "$C1"
}

test_export_and_import_again() {
    publish_payload web
    expect 0 lxcpp-image export web "$SANDBOX/files"
    hex_line
    local exported="$OUT"
    is "$(cat "$SANDBOX/files/incus.tar.xz" "$SANDBOX/files/rootfs.tar.xz" | sha256sum | cut -c1-64)" "$exported" fingerprint
    (cd "$SANDBOX/files" && sha256sum -c --quiet SHA256SUMS) || fail "SHA256SUMS"
    need_tool xz
    tar -tJf "$SANDBOX/files/rootfs.tar.xz" | grep -qx ./bin/busybox || fail "tar lists no busybox"
    is "$(tar -xJOf "$SANDBOX/files/rootfs.tar.xz" ./etc/hosts)" "127.0.0.1 localhost LXC_NAME" "a file by tar"
    expect 0 lxcpp-image import "$SANDBOX/files/incus.tar.xz" "$SANDBOX/files/rootfs.tar.xz" --sha256 "$exported" --alias again
    is "$OUT" "$exported" "fingerprint of the import"
    diff -r --no-dereference "$TREE" "$LXCPP_CACHE_DIR/images/trees/$exported" || fail "the trees differ"
    expect 1 lxcpp-image export web "$SANDBOX/files"
    err_has "it is there already"
    is "$(find "$SANDBOX/files" -mindepth 1 | wc -l)" 5 "files"
    expect 1 lxcpp-image export nothing "$SANDBOX/files"
}

test_a_server_for_our_template_and_lxcs() {
    need_image_server
    publish_payload web
    expect 0 lxcpp-image server-tree "$WWW" web
    out_is "added images/alpine/3.20/$ARCH/default/20260101_00:00"
    expect 0 lxcpp-image server-tree "$WWW" web
    out_is ""
    tar -C "$SANDBOX/payload" -cf "$SANDBOX/bare.tar" .
    expect 0 lxcpp-image import "$SANDBOX/bare.tar" -d bare
    expect 1 lxcpp-image server-tree "$WWW" --all
    out_is ""
    err_is_one_line
    err_has "lxcpp-image: left out: the image $(digest "$SANDBOX/bare.tar" | cut -c1-12) says '' for its release"
    serve_tls
    expect 0 lxcpp-create -n "$C1" -t download -- --server "$SERVER" -d alpine -r 3.20
    err_has "sha256 of each part"
    start "$C1"
    attach "$C1" cat /etc/hostname
    out_is "$C1"
    stop "$C1"
    need_tool lxc-create
    need_tool wget
    echo "ca_certificate=$SANDBOX/server.crt" >"$SANDBOX/wgetrc"
    mkdir -p "$SANDBOX/lxc/rootfs"
    echo "lxc.net.0.type = empty" >"$SANDBOX/lxc/config"
    expect 0 env WGETRC="$SANDBOX/wgetrc" LXC_CACHE_PATH="$SANDBOX/lxc/cache" /usr/share/lxc/templates/lxc-download \
        --path "$SANDBOX/lxc" --name foreign --rootfs "$SANDBOX/lxc/rootfs" --server "127.0.0.1:$PORT" -d alpine -r 3.20 -a "$ARCH"
    end_servers
    is "$(cat "$SANDBOX/lxc/rootfs/etc/hostname")" foreign "the name that LXC's template gave"
}

test_signed_trees_are_verified_and_old_builds_go() {
    need_image_server
    need_tool gpg
    export GNUPGHOME="$SANDBOX/gnupg"
    mkdir -m 0700 "$GNUPGHOME"
    gpg --batch --quiet --passphrase '' --quick-gen-key publisher ed25519 sign 0 2>/dev/null || skip "gpg makes no key here"
    local key build
    key=$(gpg --batch --with-colons --list-keys | awk -F: '/^fpr/ { print $10; exit }')
    gpg --batch --export "$key" >"$SANDBOX/key.gpg"
    publish_payload web
    expect 0 lxcpp-image server-tree "$WWW" web --sign "$key" --keep 1
    err_has "signed by $key"
    gpg --batch --quiet --verify "$WWW/streams/v1/index.json.gpg" "$WWW/streams/v1/index.json" 2>/dev/null || fail "signature of the index"
    build="$WWW/images/alpine/3.20/$ARCH/default"
    gpg --batch --quiet --verify "$build/20260101_00:00/SHA256SUMS.asc" "$build/20260101_00:00/SHA256SUMS" 2>/dev/null || fail "signature of the sums"
    expect 0 env SOURCE_DATE_EPOCH=1767312000 lxcpp-image publish "$SANDBOX/payload" --alias web
    expect 0 lxcpp-image server-tree "$WWW" web --sign "$key" --keep 1
    out_is "added images/alpine/3.20/$ARCH/default/20260102_00:00
removed images/alpine/3.20/$ARCH/default/20260101_00:00"
    is "$(ls "$build")" 20260102_00:00 "builds"
    expect 1 lxcpp-image server-tree "$WWW" web --sign 0123456789012345678901234567890123456789
    err_has "there is no secret key '0123456789012345678901234567890123456789' in the GnuPG home: 'gpg --list-secret-keys' shows"
    expect 1 lxcpp-image server-tree "$WWW" web --sign nobody
    err_has "there is no secret key 'nobody'"
    gpgconf --kill all
    unset GNUPGHOME
}

test_lack_of_room_is_told_before_the_work() {
    publish_payload web
    truncate -s 20M "$SANDBOX/zeros" && tr '\0' x <"$SANDBOX/zeros" >"$SANDBOX/payload/big"
    expect 0 lxcpp-image publish "$SANDBOX/payload" --alias big
    [[ "$ERR" != *warning* ]] || fail "it warns although there is room"
    mkdir "$SANDBOX/small" && mount -t tmpfs -o size=3m none "$SANDBOX/small"
    expect 0 lxcpp-image export big "$SANDBOX/small" # of letters that are all the same
    err_has "warning: the image takes "
    err_has " unpacked, and $SANDBOX/small has 3.1 MB free: it will hardly fit"
    LXCPP_CACHE_DIR="$SANDBOX/small/cache" expect 1 lxcpp-image publish "$SANDBOX/payload"
    err_has "warning: the files take "
    err_has "No space left on device"
    LXCPP_CACHE_DIR="$SANDBOX/small/cache" expect 0 lxcpp-image verify
    out_is "ok: 0 images"
    umount "$SANDBOX/small"
}
