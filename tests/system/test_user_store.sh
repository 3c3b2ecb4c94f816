# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The store of images of an ordinary user.

# shellcheck source=tests/system/image_tree.sh
source "$(dirname "${BASH_SOURCE[0]}")/image_tree.sh"
# shellcheck source=tests/system/users.sh
source "$(dirname "${BASH_SOURCE[0]}")/users.sh"

# A small root file system with several owners, a setuid program, links and a directory that no member names.
make_archive() {
    need_tool busybox
    local root="$SANDBOX/root"
    mkdir -p "$root/bin" "$root/etc" "$root/srv" "$root/implied/deep"
    cp "$(command -v busybox)" "$root/bin/busybox"
    ln -s busybox "$root/bin/sh"
    echo 'ID=small' >"$root/etc/os-release"
    echo secret >"$root/etc/shadow"
    ln "$root/etc/shadow" "$root/etc/shadow-"
    mkfifo "$root/srv/fifo"
    echo deep >"$root/implied/deep/file"
    chown 0:42 "$root/etc/shadow"
    chown -h 33:34 "$root/srv" "$root/bin/sh"
    chmod 0640 "$root/etc/shadow"
    chmod 4755 "$root/bin/busybox"
    chmod 0700 "$root/srv"
    tar -C "$root" --numeric-owner --no-recursion -cf "$SANDBOX/root.tar" bin bin/busybox etc etc/os-release etc/shadow etc/shadow- srv srv/fifo bin/sh implied/deep/file
    chmod 0644 "$SANDBOX/root.tar"
    FINGERPRINT=$(digest "$SANDBOX/root.tar")
}

tree() { find "$STORE/trees/$FINGERPRINT" -printf '%P %m %U:%G\n' | sort; }
# What belongs to ids of anna's range anywhere below her home.
of_many_ids() { find "$SANDBOX/home/anna" -uid +$((FIRST - 1)) -print; }
import_as_anna() { expect 0 "${AS_ANNA[@]}" lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a amd64 --alias small "$@"; }

test_store_of_a_user() { # 300 s
    make_users
    make_archive
    expect 0 "${AS_ANNA[@]}" lxcpp-image list
    expect 0 "${AS_ANNA[@]}" lxcpp-image verify
    [ ! -e "$STORE" ] || fail "looking made a store"
    umask 077 # whatever theirs is
    import_as_anna
    umask 022
    out_is "$FINGERPRINT"
    is "$(tree)" " 700 $FIRST:$FIRST
bin 755 $FIRST:$FIRST
bin/busybox 4755 $FIRST:$FIRST
bin/sh 777 $((FIRST + 33)):$((FIRST + 34))
etc 755 $FIRST:$FIRST
etc/os-release 644 $FIRST:$FIRST
etc/shadow 640 $FIRST:$((FIRST + 42))
etc/shadow- 640 $FIRST:$((FIRST + 42))
implied 755 $FIRST:$FIRST
implied/deep 755 $FIRST:$FIRST
implied/deep/file 644 $FIRST:$FIRST
srv 700 $((FIRST + 33)):$((FIRST + 34))
srv/fifo 644 $FIRST:$FIRST" "files and owners of the tree"
    is "$(find "$SANDBOX/home/anna" -path "$STORE/trees/*" -prune -o ! -user $ANNA -print)" "" "what is not hers but trees"
    is "$(find "$SANDBOX/home/anna/.cache" -path "$STORE/trees/*" -prune -o -perm /077 -print)" "" "what others may read"
    is "$(cat "$STORE/ids")" "0 $FIRST 65536" "the note of ids"
    expect 0 "${AS_ANNA[@]}" lxcpp-image list --format csv
    out_has ",small,small,1,"
    expect 0 "${AS_ANNA[@]}" lxcpp-image info small
    expect 0 "${AS_ANNA[@]}" lxcpp-image alias set other small
    expect 0 "${AS_ANNA[@]}" lxcpp-image verify
    out_is "ok: 1 image"
    expect 0 "${AS_ANNA[@]}" lxcpp-image export small "$SANDBOX/home/anna/out"
    is "$(find "$SANDBOX/home/anna/out" ! -user $ANNA)" "" "exported files that are not hers"
    is "$(tar --numeric-owner -tvf "$SANDBOX/home/anna/out/rootfs.tar.xz" | awk 'NF == 6 && $NF ~ "etc/shadow$" {print $1, $2}')" "-rw-r----- 0/42" "owner in the archive"
    chown $((FIRST + 7)) "$STORE/trees/$FINGERPRINT/etc/shadow"
    expect 1 "${AS_ANNA[@]}" lxcpp-image verify
    out_has "etc/shadow"
    expect 0 "${AS_ANNA[@]}" lxcpp-image delete small
    is "$(of_many_ids)" "" "what is left of the tree"
    # What a killed command left goes with the next one.
    mkdir "$STORE/trees/.left.new"
    echo left >"$STORE/trees/.left.new/file"
    chown -R $((FIRST + 5)):$((FIRST + 6)) "$STORE/trees/.left.new"
    import_as_anna
    [ ! -e "$STORE/trees/.left.new" ] || fail "a leftover of other ids stays"
    expect 0 "${AS_ANNA[@]}" lxcpp-image prune --all
    is "$(of_many_ids)" "" "what is left of the tree"
    expect 0 "${AS_ANNA[@]}" lxcpp-image verify
    out_is "ok: 0 images"
    forget_users
}

test_users_do_not_see_each_other() { # 300 s
    make_users
    make_archive
    import_as_anna
    expect 0 "${AS_BERT[@]}" lxcpp-image list --format csv
    out_lacks small
    expect 1 "${AS_BERT[@]}" "LXCPP_CACHE_DIR=$SANDBOX/home/anna/.cache/lxcpp" lxcpp-image list
    expect 1 "${AS_BERT[@]}" "XDG_CACHE_HOME=$SANDBOX/home/anna/.cache" lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a amd64
    chmod 0711 "$SANDBOX/home/anna/.cache" "$SANDBOX/home/anna/.cache/lxcpp"
    expect 1 "${AS_BERT[@]}" "LXCPP_CACHE_DIR=$SANDBOX/home/anna/.cache/lxcpp" lxcpp-image list
    err_has "Permission denied"
    expect 1 "${AS_BERT[@]}" stat "$STORE/trees"
    # Not even with the setuid program of the image: its id is anna's first, and the way to it is closed.
    run "${AS_BERT[@]}" "$STORE/trees/$FINGERPRINT/bin/busybox" id && fail "another user runs a program of the tree"
    # Anna herself has the files through the tool only.
    expect 1 "${AS_ANNA[@]}" cat "$STORE/trees/$FINGERPRINT/etc/shadow"
    # Root has its own store, whoever's home and directories it was given.
    mount -t tmpfs tmpfs /var/cache
    local before
    before=$(find "$SANDBOX/home/anna" -printf '%p %u:%g %m %T@\n' | sort)
    expect 0 env -u LXCPP_CACHE_DIR "HOME=$SANDBOX/home/anna" "XDG_CACHE_HOME=$SANDBOX/home/anna/.cache" lxcpp-image list --format csv
    out_lacks small
    expect 0 env -u LXCPP_CACHE_DIR "HOME=$SANDBOX/home/anna" "XDG_CACHE_HOME=$SANDBOX/home/anna/.cache" lxcpp-image import "$SANDBOX/root.tar" -d mine -r 1 -a amd64
    [ -d "/var/cache/lxcpp/images/trees/$FINGERPRINT" ] || fail "root's image is not in root's store"
    umount /var/cache
    expect 1 env "LXCPP_CACHE_DIR=$SANDBOX/home/anna/.cache/lxcpp" lxcpp-image import "$SANDBOX/root.tar" -d mine -r 1 -a amd64
    err_has "must belong to uid 0, and it belongs to uid $ANNA"
    expect 1 env "LXCPP_CACHE_DIR=$SANDBOX/home/anna/.cache/lxcpp" lxcpp-image list
    err_has "must belong to uid 0"
    expect 1 env "LXCPP_CACHE_DIR=$SANDBOX/home/anna/.cache/lxcpp" lxcpp-create -n "$C1" --image small
    err_has "must belong to uid 0"
    is "$(find "$SANDBOX/home/anna" -printf '%p %u:%g %m %T@\n' | sort)" "$before" "anna's files after root was there"
    forget_users
}

test_users_without_ids() {
    make_users
    make_archive
    expect 1 "${AS_CARL[@]}" lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a amd64
    err_is_one_line
    err_has "carl has no subordinate ones in /etc/subuid and /etc/subgid: root gives some with: usermod --add-subuids "
    # No user namespaces below this one.
    # shellcheck disable=SC2016
    expect 1 "${AS_ANNA[@]}" unshare --user --map-current-user --keep-caps \
        sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a amd64
    err_is_one_line
    err_has "enter a user namespace: "
    err_has "No space left on device (user namespaces are switched off: root allows them with sysctl -w user.max_user_namespaces=10000)"
    echo "carl:100000:65536" >>"$SANDBOX/accounts/subuid"
    expect 1 "${AS_CARL[@]}" lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a amd64
    err_has "/etc/subuid and /etc/subgid do not both give as many to carl alone"
    is "$(find "$SANDBOX/home/carl/.cache" ! -type d 2>/dev/null)" "" "what a refused import left"
    # Somebody else's range, in a note that carl wrote.
    mkdir -p -m 0700 "$SANDBOX/home/carl/.cache/lxcpp/images"
    echo "0 $FIRST 65536" >"$SANDBOX/home/carl/.cache/lxcpp/images/ids"
    chown -R $CARL:$CARL "$SANDBOX/home/carl"
    echo "carl:100000:65536" >>"$SANDBOX/accounts/subgid"
    expect 1 "${AS_CARL[@]}" lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a amd64
    err_has "the files of the store belong to the ids $FIRST-$((FIRST + 65535)), which"
    # The range is taken away from anna.
    import_as_anna
    echo "$BERT:$((FIRST + 65536)):65536" >"$SANDBOX/accounts/subuid"
    expect 1 "${AS_ANNA[@]}" lxcpp-image delete small
    err_has "any more: only root can remove them"
    expect 0 "${AS_ANNA[@]}" lxcpp-image list
    out_has small
    forget_users
}

test_programs_of_uidmap_are_missing() {
    make_users
    make_archive
    cp "$(realpath "$(command -v newuidmap)")" "$SANDBOX/newuidmap"
    chmod 0755 "$SANDBOX/newuidmap"
    mount --bind "$SANDBOX/newuidmap" /usr/bin/newuidmap
    expect 1 "${AS_ANNA[@]}" lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a amd64
    err_is_one_line
    err_has "/usr/bin/newuidmap (which must be setuid root, where programs may gain rights): newuidmap: "
    umount /usr/bin/newuidmap
    mkdir "$SANDBOX/bin"
    mount -t tmpfs tmpfs "$SANDBOX/bin"
    mkdir "$SANDBOX/bin/upper" "$SANDBOX/bin/work"
    mount -t overlay -o "lowerdir=/usr/bin,upperdir=$SANDBOX/bin/upper,workdir=$SANDBOX/bin/work" overlay /usr/bin || skip "/usr/bin cannot be hidden"
    rm /usr/bin/newgidmap
    expect 1 "${AS_ANNA[@]}" lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a amd64
    err_is_one_line
    err_has "/usr/bin/newgidmap is not there, without which only root can use subordinate ids: install the package uidmap"
    umount -l /usr/bin # the test runs out of it
    umount -l "$SANDBOX/bin"
    import_as_anna
    expect 0 "${AS_ANNA[@]}" unshare --map-auto --map-root-user rm -r "$STORE" # as the manual page has it
    is "$(of_many_ids)" "" "what is left of the tree"
    forget_users
}

test_layers_of_a_user() { # 300 s
    # shellcheck source=tests/system/test_oci.sh
    source "$(dirname "${BASH_SOURCE[0]}")/test_oci.sh"
    make_users
    make_image
    local tree lowers='' uid gid path config="$SANDBOX/home/anna/.config/lxcpp"
    chmod 0755 "$SANDBOX/tmp"
    expect 0 "${AS_ANNA[@]}" lxcpp-image pull "oci:$PWD/img:v1"
    expect 0 "${AS_ANNA[@]}" lxcpp-image verify
    out_is "ok: 1 image"
    umoci unpack --image img:v1 other >umoci.log 2>&1 || fail "umoci unpack"
    for tree in $(sed -n 's/^tree: //p' "$STORE"/images/*/record); do
        lowers="$STORE/trees/$tree${lowers:+:$lowers}"
    done
    mkdir merged
    mount -t overlay -o "ro,userxattr,lowerdir=$lowers" overlay merged || fail "the trees cannot be stacked"
    find other/rootfs -printf '%U %G %p\n' | while read -r uid gid path; do chown -h "$((FIRST + uid)):$((FIRST + gid))" "$path"; done
    is "$(listing merged)" "$(listing other/rootfs)" "what the layers make"
    umount merged
    start_registry </dev/null
    skopeo --insecure-policy copy -q --dest-tls-verify=false oci:img:v1 "docker://127.0.0.1:$PORT/app:v1" >skopeo.log 2>&1 || fail "skopeo copy"
    expect 1 "${AS_ANNA[@]}" lxcpp-image pull "docker://127.0.0.1:$PORT/app:v1"
    mkdir -p "$config"
    LXCPP_CONFIG_DIR="$config" insecure "127.0.0.1:$PORT"
    chown -R $ANNA:$ANNA "$SANDBOX/home/anna/.config"
    expect 0 "${AS_ANNA[@]}" lxcpp-image pull "docker://127.0.0.1:$PORT/app:v1"
    is "$(find "$STORE/trees" -mindepth 1 -maxdepth 1 | wc -l)" 3 "layers, which both sources share"
    expect 0 "${AS_ANNA[@]}" lxcpp-image refresh app:v1
    out_has "is the newest"
    end_registry
    expect 0 "${AS_ANNA[@]}" lxcpp-image prune --all
    is "$(of_many_ids)" "" "what is left of the layers"
    forget_users
}

test_servers_of_users() { # 300 s
    make_users
    make_archive
    need_image_server
    local key
    mkdir "$SANDBOX/home/anna/made"
    tar -C "$SANDBOX/home/anna/made" -xf "$SANDBOX/root.tar"
    chown -R $ANNA:$ANNA "$SANDBOX/home/anna/made"
    expect 0 "${AS_ANNA[@]}" lxcpp-image publish "$SANDBOX/home/anna/made" -d small -r 2 --alias made
    import_as_anna
    chown $ANNA "$WWW"
    need_tool gpg
    "${AS_ANNA[@]}" gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-gen-key anna@example.org ed25519 sign never 2>/dev/null || skip "gpg cannot make a key"
    key=$("${AS_ANNA[@]}" gpg --batch --with-colons --list-keys 2>/dev/null | awk -F: '$1 == "fpr" {print $10; exit}')
    "${AS_ANNA[@]}" gpgconf --kill all
    expect 0 "${AS_ANNA[@]}" lxcpp-image server-tree "$WWW" small made --sign "$key"
    local agent kind # which stays, and must not be in the command's namespaces
    agent=$(pgrep -u $ANNA -x gpg-agent)
    for kind in user mnt; do is "$(readlink "/proc/$agent/ns/$kind")" "$(readlink "/proc/$$/ns/$kind")" "$kind namespace of gpg-agent"; done
    "${AS_ANNA[@]}" gpg --batch --quiet --verify "$WWW/streams/v1/index.json.gpg" "$WWW/streams/v1/index.json" 2>/dev/null || fail "signature of the index"
    mkdir -p "$SANDBOX/home/bert/.config/lxcpp/image-keys"
    "${AS_ANNA[@]}" gpg --batch --export "$key" >"$SANDBOX/home/bert/.config/lxcpp/image-keys/anna.gpg"
    "${AS_ANNA[@]}" gpgconf --kill all
    is "$(find "$WWW" ! -user $ANNA)" "" "files of the server's tree that are not hers"
    chmod -R a+rX "$WWW"
    serve_tls
    AS_BERT+=("SSL_CERT_FILE=$SSL_CERT_FILE")
    FIRST=$((FIRST + 65536)) STORE="$SANDBOX/home/bert/.cache/lxcpp/images"
    printf '%s\n' '[anna]' "url = $SERVER" 'keyring = anna.gpg' "fingerprint = $key" >"$SANDBOX/home/bert/.config/lxcpp/image-servers.conf"
    chown -R $BERT:$BERT "$SANDBOX/home/bert/.config"
    expect 0 "${AS_BERT[@]}" lxcpp-image pull anna:small/1 --alias one
    is "$(sed -n 's/^signer: //p' "$STORE"/images/*/record)" "$key" "who signed the image"
    expect 0 "${AS_BERT[@]}" lxcpp-image pull small/2 --server "$SERVER" --alias two
    is "$(stat -c %u:%g "$STORE"/trees/*/etc/shadow | sort -u)" "$FIRST:$FIRST
$FIRST:$((FIRST + 42))" "owners in the trees"
    expect 0 "${AS_BERT[@]}" lxcpp-image verify
    out_is "ok: 2 images"
    expect 0 "${AS_BERT[@]}" lxcpp-image refresh --all
    expect 0 "${AS_BERT[@]}" lxcpp-image delete one two
    is "$(find "$SANDBOX/home/bert" -uid +$((FIRST - 1)))" "" "what is left of the trees"
    end_servers
    forget_users
}

test_full_disk_and_two_at_once() { # 300 s
    make_users
    make_archive
    mkdir "$SANDBOX/home/anna/.cache"
    mount -t tmpfs -o "size=1500k,mode=0700,uid=$ANNA,gid=$ANNA" tmpfs "$SANDBOX/home/anna/.cache"
    expect 1 "${AS_ANNA[@]}" lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a amd64
    err_has "No space left on device"
    is "$(of_many_ids)" "" "what is left of the tree"
    expect 0 "${AS_ANNA[@]}" lxcpp-image verify
    out_is "ok: 0 images"
    mount -o remount,size=64m "$SANDBOX/home/anna/.cache"
    local first
    "${AS_ANNA[@]}" lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a amd64 >"$SANDBOX/first" 2>&1 &
    first=$!
    import_as_anna
    wait "$first" || fail "the other import: $(<"$SANDBOX/first")"
    expect 0 "${AS_ANNA[@]}" lxcpp-image verify
    out_is "ok: 1 image"
    umount "$SANDBOX/home/anna/.cache"
    forget_users
}
