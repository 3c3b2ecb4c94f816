# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The oci template and registries that want more than a name: certificates of clients, mirrors that lack something.

# shellcheck source=tests/system/oci_images.sh
source "$(dirname "${BASH_SOURCE[0]}")/oci_images.sh"

# NAME.crt and NAME.key, signed by ca.crt; certificates are made for a few days only.
make_certificate() { # NAME EXTENSION
    {
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" &&
            openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" -days 2 -extfile <(printf '%s\n' "$2")
    } >>openssl.log 2>&1 || { cat openssl.log; fail "openssl cannot make $1"; exit 1; }
}

test_a_client_shows_its_certificate() {
    make_image
    need_tool openssl
    unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.crt -days 2 \
        -subj "/CN=lxcpp test authority" 2>openssl.log || { cat openssl.log; fail "openssl"; exit 1; }
    make_certificate server "subjectAltName=IP:127.0.0.1"
    make_certificate client "extendedKeyUsage=clientAuth"
    start_registry "tls: {certificate: $PWD/server.crt, key: $PWD/server.key, clientcas: [$PWD/ca.crt]}" </dev/null
    local url="docker://127.0.0.1:$PORT/app:v1" certs="$LXCPP_CONFIG_DIR/certs.d/127.0.0.1:$PORT"
    mkdir -p "$certs" theirs
    cp ca.crt client.key theirs/ && cp client.crt theirs/client.cert
    copy --dest-cert-dir "$PWD/theirs" oci:img:v1 "$url"
    install -m 0644 ca.crt "$certs/ca.crt"
    refused -u "$url" # without one
    err_has "https://127.0.0.1:$PORT/v2/app/manifests/v1"
    err_has "the server wants to see a certificate of ours"
    install -m 0644 client.crt "$certs/client.cert"
    refused -u "$url"
    err_has "client.cert: there is no client.key for it"
    install -m 0600 client.key "$certs/client.key"
    refused -u "$url" # it is for the host's root alone
    err_has "the template is root of the container only"
    expect 0 lxcpp-image pull "$url" --alias pulled # which is the host's root
    expect 0 lxcpp-image delete pulled
    chmod 0644 "$certs/client.key"
    runs -u "$url"
    end_registry
}

# $1 of the registry's repositories is the mirror of origin.invalid, $2 is the origin itself.
mirror() {
    printf '[[registry]]\nprefix = "origin.invalid"\nlocation = "%s"\ninsecure = true\n[[registry.mirror]]\nlocation = "%s"\ninsecure = true\n' \
        "127.0.0.1:$PORT/$2" "127.0.0.1:$PORT/$1" >"$LXCPP_CONFIG_DIR/registries.conf"
}

test_what_a_mirror_lacks_comes_from_the_origin() {
    make_image
    start_registry </dev/null
    copy --dest-tls-verify=false oci:img:v1 "docker://127.0.0.1:$PORT/near/app:v1"
    copy --dest-tls-verify=false oci:img:v1 "docker://127.0.0.1:$PORT/far/app:v1"
    mirror near far
    # The mirror has lost a layer: the link of its repository to it.
    local links="$SANDBOX/registry/docker/registry/v2/repositories/near/app/_layers/sha256" layer
    layer=$(sed 's/.*"layers":\[{[^}]*"digest":"sha256:\([0-9a-f]*\)".*/\1/' "img/blobs/sha256/$(sed 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/' img/index.json)")
    [ -d "$links/$layer" ] || { fail "there is no link to the layer $layer"; return; }
    rm -r "${links:?}/$layer"
    expect 0 lxcpp-create -n "$C1" -t oci -- -u "docker://origin.invalid/app:v1"
    err_has "mirror 127.0.0.1:$PORT: "
    err_has "near/app/blobs/sha256:$layer"
    expect 0 lxcpp-execute -n "$C1"
    out_is "$PRINTS"
    expect 0 lxcpp-destroy -n "$C1"
    # All of it is somewhere else.
    rm -rf "$LXCPP_CACHE_DIR/images"
    mirror nowhere far
    runs -u "docker://origin.invalid/app:v1"
    end_registry
}

# Of an image that is there but for one layer only that one is fetched: the registry has no other any more.
test_a_lost_layer_is_fetched_alone() {
    make_image
    start_registry </dev/null
    local url="docker://127.0.0.1:$PORT/app:v1" links="$SANDBOX/registry/docker/registry/v2/repositories/app/_layers/sha256" place layers trees
    copy --dest-tls-verify=false oci:img:v1 "$url"
    insecure "127.0.0.1:$PORT"
    expect 0 lxcpp-image pull "$url" --alias app
    mapfile -t layers < <(grep -o '"digest":"sha256:[0-9a-f]*"' "img/blobs/sha256/$(sed 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/' img/index.json)" | grep -o '[0-9a-f]\{64\}')
    mapfile -t trees < <(sed -n 's/^tree: //p' "$LXCPP_CACHE_DIR"/images/images/*/record)
    is "${#layers[@]} ${#trees[@]}" "4 3" "configuration and layers; trees" # of the manifest
    mkdir away
    for place in 0 1 2; do
        mv "$links"/* away/
        mv "away/${layers[place + 1]}" "away/${layers[0]}" "$links/"
        rm -r "$LXCPP_CACHE_DIR/images/trees/${trees[place]:?}"
        expect 0 lxcpp-image pull "$url"
        expect 0 lxcpp-image verify app
        out_is "ok: 1 image"
        # Damaged, not lost.
        echo more >"$LXCPP_CACHE_DIR/images/trees/${trees[place]}/more"
        expect 0 lxcpp-image pull "$url"
        expect 0 lxcpp-image verify app
        mv away/* "$links/"
    done
    runs -u "$url"
    end_registry
}
