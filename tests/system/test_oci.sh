# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016
# The oci template: images that umoci made and skopeo copied, out of directories, archives and a registry.

# shellcheck source=tests/system/oci_images.sh
source "$(dirname "${BASH_SOURCE[0]}")/oci_images.sh"

test_directories_and_archives() {
    make_image
    copy oci:img:v1 oci-archive:a.tar:v1
    copy oci:img:v1 docker-archive:d.tar:app:v1
    copy oci:img:v1 dir:flat
    gzip -k a.tar
    chmod -R a+rX flat a.tar a.tar.gz d.tar
    runs -u "oci:$PWD/img:v1"
    local first
    first=$(trees)
    is "$(printf '%s\n' "$first" | wc -l)" 3 "number of layers"
    runs -u "oci:$PWD/img"
    runs -u "oci-archive:$PWD/a.tar:v1"
    runs -u "oci-archive:$PWD/a.tar.gz"
    runs -u "docker-archive:$PWD/d.tar:app:v1"
    runs -u "dir:$PWD/flat"
    is "$(trees)" "$first" "layers, which all forms share"
    refused -u "oci:$PWD/nothing"
    err_has "$PWD/nothing"
    is "$(find "$LXCPP_CACHE_DIR/images/tmp" "$LXCPP_CACHE_DIR/images/files" -type f | wc -l)" 0 "number of files left in the cache"
}

# As "podman save" and "skopeo copy" leave them below umask 077: the caller's rights count, for what the caller named.
test_images_that_only_root_may_read() {
    make_image
    copy oci:img:v1 oci-archive:a.tar:v1
    copy oci:img:v1 docker-archive:d.tar:app:v1
    copy oci:img:v1 dir:flat
    mkdir private
    mv img a.tar d.tar flat private
    chmod -R go-rwx private
    runs -u "oci:$PWD/private/img:v1"
    grep -qx "source: oci:$PWD/private/img:v1" "$LXCPP_CACHE_DIR"/images/images/*/record || fail "the source is not told as it was given"
    rm -rf "$LXCPP_CACHE_DIR/images"
    runs --url="oci-archive:private/a.tar" # relative to where we are
    grep -qx "source: oci-archive:$PWD/private/a.tar" "$LXCPP_CACHE_DIR"/images/images/*/record || fail "the source cannot be found from elsewhere"
    runs -u "docker-archive:$PWD/private/d.tar:app:v1"
    runs -u "dir:$PWD/private/flat"
    ln -s img private/current
    runs -u "oci:$PWD/private/current:v1"
    : >private/empty
    refused -u "oci-archive:$PWD/private/empty"
    err_has "$PWD/private/empty"
    is "$(find private -newer private/empty)" '' "files of the image that were written to"
}

test_a_store_on_btrfs() {
    make_image
    local where="$PWD/btrfs" backend fingerprint
    command -v mkfs.btrfs >/dev/null || skip "no mkfs.btrfs"
    truncate -s 400M disk && mkfs.btrfs -q disk >/dev/null 2>&1 && mkdir btrfs || { fail "mkfs.btrfs"; return; }
    mount -o loop disk btrfs 2>/dev/null || skip "no btrfs in this kernel"
    chmod 0755 btrfs
    mkdir btrfs/ct
    export LXCPP_CACHE_DIR="$where/cache"
    LXCPATH="$where/ct"
    expect 0 lxcpp-image pull "oci:$PWD/img:v1" --alias app
    is "$(trees | wc -l)" 3 "number of layers"
    for backend in btrfs overlay best dir; do
        expect 0 lxcpp-create -P "$LXCPATH" -n "$C1" -B "$backend" -t oci -- -u "oci:$PWD/img:v1"
        expect 0 lxcpp-execute -P "$LXCPATH" -n "$C1"
        out_is "$PRINTS"
        expect 0 lxcpp-execute -P "$LXCPATH" -n "$C1" -- /bin/sh -c 'cat /d/opaque/b /d/new; test ! -e /d/old && test ! -e /link && echo x >/tmp/mine'
        out_is $'b\nnew'
        expect 0 lxcpp-destroy -P "$LXCPATH" -n "$C1"
    done
    expect 0 lxcpp-image verify app
    fingerprint=$(sed -n 's/^fingerprint: //p' "$LXCPP_CACHE_DIR"/images/images/*/record)
    expect 0 lxcpp-image delete "$fingerprint"
    expect 0 lxcpp-image prune
    is "$(trees)" '' "layers that remain"
    umount btrfs
}

# What overlayfs shows of our trees is what umoci unpacks; times of directories aside.
listing() (
    cd "$1" || exit 1
    find . \( -type d -printf '%p %y %m %U:%G\n' \) -o -printf '%p %y %m %U:%G %n %T@ %l\n' | sort
    find . -type f -print0 | sort -z | xargs -0 sha256sum
)

# The one image of the store at merged/.
merge_trees() {
    local lowers='' tree
    for tree in $(sed -n 's/^tree: //p' "$LXCPP_CACHE_DIR"/images/images/*/record); do
        lowers="$LXCPP_CACHE_DIR/images/trees/$tree${lowers:+:$lowers}"
    done
    mkdir merged
    mount -t overlay -o "ro,userxattr,lowerdir=$lowers" overlay merged || fail "the trees cannot be stacked"
}

test_layers_are_stacked_as_umoci_does() {
    make_image
    runs -u "oci:$PWD/img:v1"
    umoci unpack --image img:v1 other >umoci.log 2>&1 || fail "umoci unpack"
    merge_trees
    is "$(listing merged)" "$(listing other/rootfs)" "what the layers make"
    umount merged
}

# Each file with the first of its names.
names_of_files() (
    cd "$1" || exit 1
    find . ! -type d -printf '%i %p\n' | sort -k 2 | awk '{ if (!($1 in first)) first[$1] = $2; print $2, first[$1] }'
    find . -mindepth 1 -type d -printf '%p %t\n' | sort
)

# What overlayfs does not do by itself: all names of a file of a layer below go on to be one file, when one of them is linked.
test_hard_links_to_files_of_layers_below() {
    need_tool umoci
    mkdir -p lower/d/e && cd lower || return
    echo one >d/a; ln d/a d/e/a2; ln d/a d/removed
    echo two >d/m; ln d/m d/m2
    echo three >d/c; ln d/c d/e/c2
    ln -s there d/s; ln d/s d/e/s2
    touch -d @1000 d/e d
    tar -cf ../1.tar d
    echo other >d/m; chmod 0600 d/m; rm d/m2; ln d/c d/again; ln d/a d/b; ln d/s d/s3; ln d/a d/b2
    tar --no-recursion -cf ../2.tar d/a d/b d/b2 d/m d/c d/again d/s d/s3
    tar --delete -f ../2.tar d/a d/s d/c # links to what is below remain; and a file of which one name changed
    : >d/.wh.removed
    tar -rf ../2.tar d/.wh.removed
    cd ..
    {
        umoci init --layout img && umoci new --image img:v1
        umoci raw add-layer --image img:v1 1.tar && umoci raw add-layer --image img:v1 2.tar
        umoci config --image img:v1 --config.cmd /x && umoci unpack --image img:v1 other
    } >umoci.log 2>&1 || { cat umoci.log; fail "umoci could not make the image"; return; }
    expect 0 lxcpp-image pull "oci:$PWD/img:v1"
    merge_trees
    is "$(names_of_files merged)" "$(names_of_files other/rootfs)" "files with their names"
    # Only the number of names of one that lost some is that of the layer below.
    is "$(listing merged | sed 's|^\(./d/m2 f 644 0:0\) 2|\1 1|')" "$(listing other/rootfs)" "what the layers make"
    is "$(stat -c %h merged/d/a)" 4 "names of one file: a, b, b2 and e/a2"
    umount merged
}

# One bit of a file is another.
flip() { # FILE OFFSET
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059
    printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

test_each_blob_is_verified() {
    make_image
    copy oci:img:v1 oci:clean:v1
    local blob name
    is "$(ls clean/blobs/sha256 | wc -l)" 5 "number of blobs"
    for blob in clean/blobs/sha256/*; do
        name=${blob##*/}
        rm -rf bad "$LXCPP_CACHE_DIR/images" # what is there already is not read again
        cp -r clean bad
        flip "bad/blobs/sha256/$name" $(($(stat -c %s "$blob") / 2))
        chmod -R a+rX bad
        refused -u "oci:$PWD/bad:v1"
        err_has "bad/blobs/sha256/$name: "
        err_has "sha256 is"
        is "$(ls "$LXCPP_CACHE_DIR/images/images")" '' "images in the store"
    done
    runs -u "oci:$PWD/clean:v1" # with the layers below, which were good
}

test_a_registry() {
    make_image
    start_registry </dev/null
    copy --dest-tls-verify=false oci:img:v1 "docker://127.0.0.1:$PORT/team/app:v1"
    refused -u "docker://127.0.0.1:$PORT/team/app:v1" # http is not spoken unasked
    err_has "https://127.0.0.1:$PORT/v2/team/app/manifests/v1"
    insecure "127.0.0.1:$PORT"
    expect 0 lxcpp-create -n "$C1" -t oci -- -u "docker://127.0.0.1:$PORT/team/app:v1"
    local from="from 127.0.0.1:$PORT over http, which anybody on the way can change" record
    err_has "docker://127.0.0.1:$PORT/team/app:v1: warning: not verified: all digests, from the manifest on, $from"
    expect 0 lxcpp-destroy -n "$C1"
    runs -u "docker://127.0.0.1:$PORT/team/app:v1" # from what is here
    record=$(cat "$LXCPP_CACHE_DIR"/images/images/*/record)
    [[ "$record" == *"verified: no"* ]] || fail "http counts as verified"
    is "$(sed -n 's/^source: //p' <<<"$record")" "docker://127.0.0.1:$PORT/team/app:v1" "source"
    local digest
    digest=$(sed -n 's/^fingerprint: //p' <<<"$record")
    expect 0 lxcpp-image pull "docker://127.0.0.1:$PORT/team/app@sha256:$digest"
    err_has "docker://127.0.0.1:$PORT/team/app@sha256:$digest: verified: all digests, from the one in its name, $from"
    runs -u "docker://127.0.0.1:$PORT/team/app@sha256:$digest"
    grep -q '^verified: yes' "$LXCPP_CACHE_DIR/images/images/$digest/record" || fail "an image by digest is not verified"
    refused -u "docker://127.0.0.1:$PORT/team/app:v2"
    err_has "404 Not Found: MANIFEST_UNKNOWN: manifest unknown"
    refused -u "docker://127.0.0.1:$PORT/team/app:v1" --arch s390x
    err_has "the image is for linux/amd64, not for linux/s390x"
    printf 'blocked = true\n' >>"$LXCPP_CONFIG_DIR/registries.conf"
    refused -u "docker://127.0.0.1:$PORT/team/app:v1"
    err_has "the administrator blocks 127.0.0.1:$PORT"
    end_registry
}

test_a_registry_with_passwords_and_its_own_authority() {
    make_image
    need_tool htpasswd
    need_tool openssl
    unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout r.key -out r.crt -days 2 \
        -subj "/CN=lxcpp test" -addext "subjectAltName=IP:127.0.0.1" 2>/dev/null || skip "openssl cannot make a certificate"
    htpasswd -Bbn user secret >passwords 2>/dev/null
    start_registry "tls: {certificate: $PWD/r.crt, key: $PWD/r.key}" <<<"auth: {htpasswd: {realm: test, path: $PWD/passwords}}"
    copy --dest-tls-verify=false --dest-creds user:secret oci:img:v1 "docker://127.0.0.1:$PORT/app:v1"
    local url="docker://127.0.0.1:$PORT/app:v1"
    refused -u "$url"
    err_has "SSL certificate problem"
    mkdir -p "$LXCPP_CONFIG_DIR/certs.d/127.0.0.1:$PORT"
    install -m 0644 r.crt "$LXCPP_CONFIG_DIR/certs.d/127.0.0.1:$PORT/ca.crt"
    refused -u "$url"
    err_has "401 Unauthorized"
    err_has "log in, or give --username"
    refused -u "$url" --username user --password wrong
    err_has "does not accept the user and password"
    runs -u "$url" --username user --password secret
    grep -q '^verified: yes' "$LXCPP_CACHE_DIR"/images/images/*/record || fail "TLS does not count as verified"
    export LXCPP_REGISTRY_PASSWORD=secret
    runs -u "$url" --username user
    unset LXCPP_REGISTRY_PASSWORD
    printf '{"auths":{"127.0.0.1:%s":{"auth":"%s"}}}' "$PORT" "$(printf user:secret | base64)" >auth.json
    export REGISTRY_AUTH_FILE="$PWD/auth.json"
    runs -u "$url"
    chmod 0600 auth.json
    refused -u "$url"
    err_has "credentials are not looked for in $PWD/auth.json"
    end_registry
}

test_two_creates_of_one_image() {
    make_image
    start_registry </dev/null
    copy --dest-tls-verify=false oci:img:v1 "docker://127.0.0.1:$PORT/app:v1"
    insecure "127.0.0.1:$PORT"
    local name pids=''
    for name in "$C1" "$C2" "$C3"; do
        timeout 100 lxcpp-create -q -n "$name" -t oci -- -q -u "docker://127.0.0.1:$PORT/app:v1" >"$name.log" 2>&1 &
        pids+=" $!"
    done
    for name in $pids; do wait "$name" || { cat ./*.log; fail "a create failed"; }; done
    for name in "$C1" "$C2" "$C3"; do
        expect 0 lxcpp-execute -n "$name"
        out_is "$PRINTS"
    done
    is "$(trees | wc -l)" 3 "number of layers"
    end_registry
}

test_info_tells_what_an_image_says_of_itself() {
    make_image
    umoci config --image img:v1 --config.label org.opencontainers.image.version=1.2 --config.label 'note=a  b' --config.exposedports 80/tcp \
        --config.exposedports 53/udp || fail "umoci config"
    expect 0 lxcpp-image pull "oci:$PWD/img:v1" --alias app
    expect 0 lxcpp-image info app
    out_matches 'Serial: +1\.2'
    out_matches 'Label: +org\.opencontainers\.image\.version = 1\.2'
    out_matches 'Label: +note = a  b'
    out_matches 'Port: +80/tcp'
    out_matches 'Port: +53/udp'
    expect 0 lxcpp-image info app --format json
    out_has '"label.note=a  b"'
    out_has '"port.53/udp=exposed"'
}

# What a container's image said of how to run it is also in an image made of that container.
test_a_published_application_runs() {
    make_image
    local before
    expect 0 lxcpp-create -n "$C1" -t oci -- --url "oci:$PWD/img:v1"
    before=$(grep -c '^lxc\.execute\.cmd' "$LXCPATH/$C1/config")
    is "$before" 1 "commands in the configuration"
    is "$(grep -c 'additional config options' "$LXCPATH/$C1/config")" 1 "times that the options' manual page is named"
    expect 0 lxcpp-image publish "$C1" --alias mine
    expect 0 lxcpp-image info mine
    out_matches "Kind: +application"
    expect 0 lxcpp-create -n "$C2" --image mine
    for key in lxc.execute.cmd lxc.init.uid lxc.init.cwd lxc.environment.runtime; do
        is "$(grep "^$key" "$LXCPATH/$C2/config")" "$(grep "^$key" "$LXCPATH/$C1/config")" "$key"
    done
    expect 0 lxcpp-create -n "$C1" --image mine --replace
    is "$(grep -c '^lxc\.execute\.cmd' "$LXCPATH/$C1/config")" 1 "commands after the replacement"
    is "$(grep -c 'additional config options' "$LXCPATH/$C1/config" "$LXCPATH/$C2/config")" "$LXCPATH/$C1/config:1
$LXCPATH/$C2/config:1" "times that it is named after it"
}
