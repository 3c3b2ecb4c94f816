# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The download template against a real web server: what it fetches, verifies, refuses, and does not fetch twice.

# shellcheck source=tests/system/image_tree.sh
source "$(dirname "${BASH_SOURCE[0]}")/image_tree.sh"

SERIAL=20260101_05:24

image_server() { # with one image, debian-like
    need_image_server
    BUILD="alpine/edge/$ARCH/default/$SERIAL"
    make_payload "$SANDBOX/payload"
    add_build alpine edge "$SERIAL" "$SANDBOX/payload"
    write_streams "$BUILD"
    serve_tls
}

# The program alone, as create calls it; leaves $SANDBOX/made/image.
download() {
    mkdir -p "$SANDBOX/made/rootfs"
    rm -f "$SANDBOX/made/image"
    run "$LXCPP_DATA_DIR/templates/lxcpp-download" --path="$SANDBOX/made" --name=made --rootfs="$SANDBOX/made/rootfs" \
        --server "$SERVER" "$@"
}
downloaded() { is "$(cat "$SANDBOX/made/image" 2>&1)" "$1" "the image left to create"; }

test_an_image_over_tls() {
    image_server
    download -d alpine -r edge || fail "exit code"
    downloaded "$(fingerprint_of "$BUILD")"
    err_has "alpine/edge/default/$ARCH $SERIAL: verified: index over TLS; sha256 of each part"
    local tree="$LXCPP_CACHE_DIR/images/trees/$(fingerprint_of "$BUILD")"
    [ -x "$tree/bin/busybox" ] || fail "no busybox in the tree"
    is "$(find "$LXCPP_CACHE_DIR/images/files" -type f | wc -l)" 0 "files of the download that stayed"
    # Again, by another name: nothing is asked for.
    local before
    before=$(requests .)
    download alpine/edge || fail "exit code"
    downloaded "$(fingerprint_of "$BUILD")"
    is "$(requests .)" "$before" "requests"
    end_servers
}

test_list() {
    image_server
    expect 0 "$LXCPP_DATA_DIR/templates/lxcpp-download" --list --server "$SERVER"
    out_matches $'^DIST    RELEASE  ARCH +VARIANT  BUILD           SIZE\nalpine  edge     '"$ARCH"' +default  20260101_05:24  [0-9.]+ [kM]B$'
    expect 1 "$LXCPP_DATA_DIR/templates/lxcpp-download" --list --server "$SERVER" -d fedora
    err_has "the server has no image that this chooses"
    download -d alpine && fail "no release was given"
    err_has "--release is missing"
    download -d alpine -r 3.99 && fail "there is no such release"
    err_has "alpine has no release 3.99; it has edge"
    end_servers
}

test_only_known_authorities() {
    image_server
    unset SSL_CERT_FILE
    download -d alpine -r edge && fail "an unknown authority was trusted"
    err_has "SSL certificate problem"
    end_servers
}

test_plain_http_needs_a_key_or_a_word() {
    need_image_server
    BUILD="alpine/edge/$ARCH/default/$SERIAL"
    make_payload "$SANDBOX/payload"
    add_build alpine edge "$SERIAL" "$SANDBOX/payload"
    write_streams "$BUILD"
    serve
    SERVER="http://127.0.0.1:$PORT"
    download -d alpine -r edge && fail "plain http was believed"
    err_has "plain http, and no key for this server"
    download -d alpine -r edge --no-validate || fail "exit code"
    err_has "warning: not verified: --no-validate: no signature was looked at; index over plain http"
    downloaded "$(fingerprint_of "$BUILD")"
    end_servers
}

make_key() {
    need_tool gpg
    export GNUPGHOME="$SANDBOX/gnupg"
    mkdir -m 0700 "$GNUPGHOME"
    gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-gen-key images ed25519 sign 0 2>/dev/null ||
        skip "gpg makes no key"
    mkdir -p "$LXCPP_CONFIG_DIR/image-keys"
    gpg --batch --quiet --armor --export images >"$LXCPP_CONFIG_DIR/image-keys/127.0.0.1.asc"
}
sign() { # FILE SUFFIX
    gpg --batch --quiet --yes --pinentry-mode loopback --passphrase '' --armor -o "$1$2" --detach-sign "$1"
}
end_agent() { gpgconf --kill all; unset GNUPGHOME; }

# The same length, another content.
flip() {
    local at=$(($(stat -c %s "$1") / 2)) byte
    byte=$(od -An -tu1 -j "$at" -N 1 "$1")
    # shellcheck disable=SC2059
    printf "\\$(printf %o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# A download after one byte of FILE was changed: refused, with the file's name.
refuses_flipped() { # FILE
    cp -p "$WWW/$1" "$SANDBOX/tmp/good"
    flip "$WWW/$1"
    rm -rf "$LXCPP_CACHE_DIR"
    download -d alpine -r edge && fail "$1: one byte was another, and nobody saw it"
    err_has "$SERVER/${2:-$1}: "
    cp -p "$SANDBOX/tmp/good" "$WWW/$1"
}

test_signed_streams() {
    image_server
    make_key
    download -d alpine -r edge && fail "it is not signed"
    err_has "there are keys for this server"
    sign "$WWW/streams/v1/index.json" .gpg
    sign "$WWW/streams/v1/images.json" .gpg
    sign "$WWW/images/$BUILD/SHA256SUMS" .asc
    download -d alpine -r edge || fail "exit code"
    err_has "verified: index signed by "
    local file
    for file in streams/v1/index.json streams/v1/images.json "images/$BUILD/incus.tar.xz" "images/$BUILD/rootfs.tar.xz" \
        "images/$BUILD/meta.tar.xz" "images/$BUILD/SHA256SUMS"; do
        refuses_flipped "$file"
    done
    refuses_flipped streams/v1/images.json.gpg streams/v1/images.json
    end_agent
    end_servers
}

test_signed_classic_tree() {
    image_server
    rm -r "$WWW/streams"
    write_classic "$BUILD"
    download -d alpine -r edge || fail "exit code"
    err_has "verified: index over TLS; sha256 of each part in SHA256SUMS"
    make_key
    download --flush-cache -d alpine -r edge && fail "it is not signed"
    err_has "index-system: there are keys for this server"
    sign "$WWW/meta/1.0/index-system" .asc
    sign "$WWW/images/$BUILD/SHA256SUMS" .asc
    rm -r "$LXCPP_CACHE_DIR"
    download -d alpine -r edge || fail "exit code"
    err_has "sha256 of each part in SHA256SUMS signed by "
    local file
    for file in meta/1.0/index-system "images/$BUILD/SHA256SUMS" "images/$BUILD/rootfs.tar.xz" "images/$BUILD/meta.tar.xz"; do
        refuses_flipped "$file"
    done
    end_agent
    end_servers
}

test_an_older_build_is_refused() {
    image_server
    add_build alpine edge 20260102_05:24 "$SANDBOX/payload"
    write_streams "alpine/edge/$ARCH/default/20260102_05:24"
    download -d alpine -r edge || fail "exit code"
    write_streams "$BUILD"
    download --flush-cache -d alpine -r edge && fail "an older build was taken"
    err_has "the newest build of alpine:edge:$ARCH:default is 20260101_05:24, but 20260102_05:24 was seen there before"
    download --flush-cache --allow-rollback -d alpine -r edge || fail "exit code"
    end_servers
    # Without the server there is what was fetched before.
    download --force-cache -d alpine -r edge || fail "exit code"
    downloaded "$(fingerprint_of "alpine/edge/$ARCH/default/20260102_05:24")"
}

test_two_at_once_download_once() {
    image_server
    mkdir -p "$SANDBOX/other/rootfs"
    "$LXCPP_DATA_DIR/templates/lxcpp-download" --path="$SANDBOX/other" --name=other --rootfs="$SANDBOX/other/rootfs" \
        --server "$SERVER" -d alpine -r edge 2>"$SANDBOX/other/err" &
    local other=$!
    download -d alpine -r edge || fail "exit code"
    wait "$other" || fail "the other one: $(<"$SANDBOX/other/err")"
    is "$(<"$SANDBOX/other/image")" "$(fingerprint_of "$BUILD")"
    is "$(requests 'rootfs.tar.xz')" 1 "downloads of the root file system"
    end_servers
}

# Parts of the download, in bytes.
part_size() { find "$LXCPP_CACHE_DIR/images/files" -name '*.part' -size +1024k -printf '%s\n' 2>/dev/null | head -1; }

test_a_killed_download_goes_on() {
    image_server
    head -c 6000000 /dev/urandom >"$SANDBOX/payload/random"
    add_build alpine edge "$SERIAL" "$SANDBOX/payload"
    write_streams "$BUILD"
    local fast="$SERVER" pid
    mkdir -p "$SANDBOX/made/rootfs"
    "$LXCPP_DATA_DIR/templates/lxcpp-download" --path="$SANDBOX/made" --name=made --rootfs="$SANDBOX/made/rootfs" \
        --server "$SERVER/slow" -d alpine -r edge 2>"$SANDBOX/err" &
    pid=$!
    until [ -n "$(part_size)" ]; do
        kill -0 $pid 2>/dev/null || { fail "it ended: $(<"$SANDBOX/err")"; break; }
        read -r -t 0.05 <> <(:) || true
    done
    kill -KILL $pid
    wait $pid
    [ ! -e "$SANDBOX/made/image" ] || fail "it was said to be complete"
    SERVER="$fast"
    download -d alpine -r edge || fail "exit code"
    downloaded "$(fingerprint_of "$BUILD")"
    is "$(requests '^206 .*rootfs.tar.xz')" 1 "requests for the rest"
    end_servers
}

test_a_full_disk_is_named() {
    image_server
    head -c 3000000 /dev/urandom >"$SANDBOX/payload/random"
    add_build alpine edge "$SERIAL" "$SANDBOX/payload"
    write_streams "$BUILD"
    mkdir -p "$LXCPP_CACHE_DIR"
    mount -t tmpfs -o size=2m,mode=0755 tmpfs "$LXCPP_CACHE_DIR"
    download -d alpine -r edge && fail "the disk was full"
    err_has "write $LXCPP_CACHE_DIR/images/files/"
    err_has ".part: No space left on device"
    is "$(find "$LXCPP_CACHE_DIR/images/images" "$LXCPP_CACHE_DIR/images/trees" -mindepth 1 | wc -l)" 0 "images"
    mount -o remount,size=6m "$LXCPP_CACHE_DIR" # for the download, and not for what is in it
    download -d alpine -r edge && fail "the disk was full"
    err_has "unpack into $LXCPP_CACHE_DIR/images: "
    err_has ": No space left on device"
    is "$(find "$LXCPP_CACHE_DIR/images/images" "$LXCPP_CACHE_DIR/images/trees" -mindepth 1 | wc -l)" 0 "images"
    mount -o remount,size=64m "$LXCPP_CACHE_DIR"
    download -d alpine -r edge || fail "exit code"
    downloaded "$(fingerprint_of "$BUILD")"
    umount "$LXCPP_CACHE_DIR"
    end_servers
}

test_a_container_of_it() {
    image_server
    expect 0 lxcpp-create -n "$C1" -t download -- --server "$SERVER" -d alpine -r edge
    err_has "verified: index over TLS"
    err_has "You made $C1 of an image."
    grep -q '^lxc.idmap' "$LXCPATH/$C1/config" || fail "it is not unprivileged"
    grep -q '^lxc.signal.halt = SIGUSR1' "$LXCPATH/$C1/config" || fail "it lacks the image's configuration"
    start "$C1"
    attach "$C1" cat /etc/hostname /etc/motd
    out_is "$C1"$'\n'"$C1 is the name"
    attach "$C1" id -u
    out_is 0
    stop "$C1"
    # The second one asks the server for nothing.
    local before
    before=$(requests .)
    expect 0 lxcpp-create -n "$C2" -t download -- --server "$SERVER" alpine/edge
    is "$(requests .)" "$before" "requests"
    start "$C2"
    attach "$C2" cat /etc/hostname
    out_is "$C2"
    stop "$C2"
    expect 0 lxcpp-create -n "$C3" --privileged -t download -- --server "$SERVER" alpine/edge
    start "$C3"
    attach "$C3" cat /etc/hostname
    out_is "$C3"
    stop "$C3"
    end_servers
}
test_keys_that_the_containers_ids_cannot_read() {
    image_server
    make_key
    chmod 0600 "$LXCPP_CONFIG_DIR/image-keys/127.0.0.1.asc"
    expect 1 lxcpp-create -n "$C1" -t download -- --server "$SERVER" -d alpine -r edge
    err_has "127.0.0.1.asc: Permission denied: the template works with the container's ids and may not read it"
    chmod 0700 "$LXCPP_CONFIG_DIR/image-keys"
    expect 1 lxcpp-create -n "$C1" -t download -- --server "$SERVER" -d alpine -r edge
    err_has "image-keys"
    err_has "Permission denied: the template works with the container's ids and may not read it"
    [ ! -e "$LXCPATH/$C1" ] || fail "a container was left"
    end_agent
    end_servers
}

test_nothing_is_created_by_list_and_help() {
    image_server
    expect 1 lxcpp-create -n "$C1" -t download -- --list --server "$SERVER"
    out_has "alpine  edge"
    expect 1 lxcpp-create -n "$C1" -t download -- --help
    out_has "Usage: lxcpp-create -n NAME -t download"
    expect 1 lxcpp-create -n "$C1" -t download -- -d alpine --server "$SERVER"
    err_has "--release is missing"
    [ ! -e "$LXCPATH/$C1" ] || fail "a container was left"
    end_servers
}

# What a user types at the prompts, one line each; the answer to the last of them may be empty.
test_a_terminal_is_asked() {
    image_server
    need_tool script
    cat >"$SANDBOX/tmp/inner" <<-T
	lxcpp-create -n "$C1" -t download -- --server "$SERVER"
	echo "code \$?"
	read -r line
	echo "then: \$line"
	T
    printf '%s\n' gentoo alpine edge '' 'for the shell' |
        timeout 60 script -qec "sh $SANDBOX/tmp/inner" /dev/null >"$SANDBOX/out" 2>&1
    OUT=$(<"$SANDBOX/out")
    out_has "Distribution: "
    out_has "There is no such one. Distribution: "
    out_has "Release: "
    out_has "Architecture [$ARCH]: "
    out_has "code 0"
    out_has "then: for the shell" # the terminal is the shell's again
    [ -d "$LXCPATH/$C1" ] || fail "no container"
    end_servers
}

test_a_server_with_nothing_but_squashfs() {
    image_server
    need_tool mksquashfs
    local dir="$WWW/images/$BUILD" both
    mksquashfs "$SANDBOX/payload" "$dir/rootfs.squashfs" -all-root -no-progress -quiet -comp xz >/dev/null
    both=$(cat "$dir/incus.tar.xz" "$dir/rootfs.squashfs" | sha256sum | cut -c1-64)
    rm "$dir/rootfs.tar.xz"
    printf '{"format": "products:1.0", "datatype": "image-downloads", "products": {"alpine:edge:%s:default": {"arch": "%s",
        "os": "alpine", "release": "edge", "versions": {"%s": {"items": {%s, %s}}}}}}\n' "$ARCH" "$ARCH" "$SERIAL" \
        "$(json_item incus.tar.xz incus.tar.xz "$dir/incus.tar.xz" ", \"combined_squashfs_sha256\": \"$both\"")" \
        "$(json_item root.squashfs squashfs "$dir/rootfs.squashfs")" >"$WWW/streams/v1/images.json"
    expect 0 lxcpp-create -n "$C1" -t download -- --server "$SERVER" alpine/edge
    start "$C1"
    attach "$C1" cat /etc/hostname
    out_is "$C1"
    stop "$C1"
    expect 0 lxcpp-image info "$both"
    end_servers
}
