# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016
# The oci template: images that umoci made and skopeo copied, out of directories, archives and a registry.

# shellcheck source=tests/system/registry.sh
source "$(dirname "${BASH_SOURCE[0]}")/registry.sh"

COMMAND='id; pwd; echo "$FOO"'
PRINTS='uid=33(web) gid=34(web) groups=4(adm)
/d
a b'

# $SANDBOX/tmp/img:v1, a BusyBox in three layers: removed, replaced, opaque and linked files, changed attributes.
make_image() {
    need_tool umoci
    need_tool skopeo
    need_tool busybox
    cd "$SANDBOX/tmp" || exit 1
    local r=bundle/rootfs tool
    {
        umoci init --layout img && umoci new --image img:v1 && umoci unpack --image img:v1 bundle
        mkdir -p $r/bin $r/etc $r/d/opaque $r/srv $r/proc $r/sys $r/dev $r/tmp $r/root
        cp "$(command -v busybox)" $r/bin/busybox
        for tool in sh ls cat echo sleep id env pwd; do ln -s busybox $r/bin/$tool; done
        printf '%s\n' root:x:0:0:root:/root:/bin/sh web:x:33:34:web:/srv:/bin/sh >$r/etc/passwd
        printf '%s\n' root:x:0: web:x:34: adm:x:4:web >$r/etc/group
        echo old >$r/d/old; echo keep >$r/d/keep; echo a >$r/d/opaque/a; ln $r/d/keep $r/d/hard; ln -s d $r/link
        umoci repack --refresh-bundle --image img:v1 bundle
        rm $r/d/old; rm -r $r/d/opaque; mkdir $r/d/opaque; echo b >$r/d/opaque/b; echo new >$r/d/new
        rm $r/link; mkdir $r/link; echo x >$r/link/x
        umoci repack --refresh-bundle --image img:v1 bundle
        ln $r/d/keep $r/d/hard2; chmod 1777 $r/tmp; chown 33:34 $r/srv; rm -r $r/link
        umoci repack --image img:v1 bundle
        umoci config --image img:v1 --config.entrypoint /bin/sh --config.entrypoint -c \
            --config.cmd "$COMMAND" --config.env FOO="a b" --config.user web --config.workingdir /d
    } >umoci.log 2>&1 || { cat umoci.log; fail "umoci could not make the image"; exit 1; }
    chmod -R a+rX img # the template is root of the container only
}

# A container of the image runs the image's command as the image says.
runs() { # TEMPLATE-ARGUMENTS…
    expect 0 lxcpp-create -n "$C1" -t oci -- "$@"
    expect 0 lxcpp-execute -n "$C1"
    out_is "$PRINTS"
    expect 0 lxcpp-destroy -n "$C1"
}

refused() { # TEMPLATE-ARGUMENTS…; the message is in $ERR
    expect 1 lxcpp-create -n "$C1" -t oci -- "$@"
    [ ! -e "$LXCPATH/$C1" ] || fail "a container was left"
}

trees() { ls "$LXCPP_CACHE_DIR/images/trees"; }

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
    chmod 0600 img/index.json
    refused -u "oci:$PWD/img:v1"
    err_has "the template is root of the container only"
    refused -u "oci:$PWD/nothing"
    err_has "$PWD/nothing"
    is "$(find "$LXCPP_CACHE_DIR/images/tmp" "$LXCPP_CACHE_DIR/images/files" -type f | wc -l)" 0 "number of files left in the cache"
}

# What overlayfs shows of our trees is what umoci unpacks; times of directories aside.
listing() (
    cd "$1" || exit 1
    find . \( -type d -printf '%p %y %m %U:%G\n' \) -o -printf '%p %y %m %U:%G %n %T@ %l\n' | sort
    find . -type f -print0 | sort -z | xargs -0 sha256sum
)

test_layers_are_stacked_as_umoci_does() {
    make_image
    runs -u "oci:$PWD/img:v1"
    umoci unpack --image img:v1 other >umoci.log 2>&1 || fail "umoci unpack"
    local lowers='' tree
    for tree in $(sed -n 's/^tree: //p' "$LXCPP_CACHE_DIR"/images/images/*/record); do
        lowers="$LXCPP_CACHE_DIR/images/trees/$tree${lowers:+:$lowers}"
    done
    mkdir merged
    mount -t overlay -o "ro,userxattr,lowerdir=$lowers" overlay merged || fail "the trees cannot be stacked"
    is "$(listing merged)" "$(listing other/rootfs)" "what the layers make"
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
    runs -u "docker://127.0.0.1:$PORT/team/app:v1"
    runs -u "docker://127.0.0.1:$PORT/team/app:v1" # from what is here
    local record
    record=$(cat "$LXCPP_CACHE_DIR"/images/images/*/record)
    [[ "$record" == *"verified: no"* ]] || fail "http counts as verified"
    is "$(sed -n 's/^source: //p' <<<"$record")" "docker://127.0.0.1:$PORT/team/app:v1" "source"
    local digest
    digest=$(sed -n 's/^fingerprint: //p' <<<"$record")
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

# What a container's image said of how to run it is also in an image made of that container.
test_a_published_application_runs() {
    make_image
    local before
    expect 0 lxcpp-create -n "$C1" -t oci -- --url "oci:$PWD/img:v1"
    before=$(grep -c '^lxc\.execute\.cmd' "$LXCPATH/$C1/config")
    is "$before" 1 "commands in the configuration"
    expect 0 lxcpp-image publish "$C1" --alias mine
    expect 0 lxcpp-image info mine
    out_matches "Kind: +application"
    expect 0 lxcpp-create -n "$C2" --image mine
    for key in lxc.execute.cmd lxc.init.uid lxc.init.cwd lxc.environment.runtime; do
        is "$(grep "^$key" "$LXCPATH/$C2/config")" "$(grep "^$key" "$LXCPATH/$C1/config")" "$key"
    done
    expect 0 lxcpp-create -n "$C1" --image mine --replace
    is "$(grep -c '^lxc\.execute\.cmd' "$LXCPATH/$C1/config")" 1 "commands after the replacement"
}
