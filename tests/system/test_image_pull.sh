# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lxcpp-image pull and refresh: images of servers, of directories and archives.

# shellcheck source=tests/system/image_files.sh
source "$(dirname "${BASH_SOURCE[0]}")/image_files.sh"

test_pulls_and_refreshes() {
    need_image_server
    local build="alpine/edge/$ARCH/default" first second
    make_payload "$SANDBOX/payload"
    add_build alpine edge 20260101_05:24 "$SANDBOX/payload"
    write_streams "$build/20260101_05:24"
    serve_tls
    mkdir -p "$LXCPP_CONFIG_DIR"
    printf '[local]\nurl = %s\n' "$SERVER" >"$LXCPP_CONFIG_DIR/image-servers.conf"
    expect 0 lxcpp-image pull local:alpine/edge
    first=$(fingerprint_of "$build/20260101_05:24")
    out_is "$first"
    err_has "verified: "
    expect 0 lxcpp-image info alpine/edge
    out_matches "Verified: +yes: "
    out_matches "Protocol: +simplestreams"
    expect 0 lxcpp-image refresh --all
    out_has "is the newest"
    echo newer >"$SANDBOX/payload/etc/issue"
    add_build alpine edge 20260202_05:24 "$SANDBOX/payload"
    write_streams "$build/20260202_05:24"
    second=$(fingerprint_of "$build/20260202_05:24")
    expect 0 lxcpp-image refresh alpine/edge
    out_is "alpine/edge/default (${first:0:12}): is now alpine/edge/default (${second:0:12})"
    expect 0 lxcpp-image alias list --format csv
    out_has "alpine/edge,$second"
    expect 0 lxcpp-image refresh --all
    out_is "alpine/edge/default (${second:0:12}): is the newest"
    expect 0 lxcpp-image verify
    out_is "ok: 2 images"
    expect 1 lxcpp-image pull local:alpine/3
    expect 1 lxcpp-image pull local:
    err_has "names no image"
    expect 1 lxcpp-image refresh
    end_servers
}

has_part() { # of at least SIZE bytes
    [ -n "$(find "$LXCPP_CACHE_DIR/images/files" -name '*.part' -size "+${1}c" 2>/dev/null)" ]
}

test_an_interrupted_download_goes_on() {
    need_image_server
    need_tool xz
    local build="alpine/edge/$ARCH/default/20260101_05:24" pull
    make_payload "$SANDBOX/payload"
    head -c 4000000 /dev/urandom >"$SANDBOX/payload/random" # some seconds of the slow server
    add_build alpine edge 20260101_05:24 "$SANDBOX/payload"
    write_streams "$build"
    serve_tls
    set -m # or SIGINT is ignored in the background
    lxcpp-image pull --server "$SERVER/slow" alpine/edge >/dev/null 2>"$SANDBOX/tmp/said" &
    pull=$!
    set +m
    until has_part 1500000; do kill -0 $pull 2>/dev/null || break; done
    kill -INT $pull
    wait $pull
    differs $? 0 "exit code of the interrupted pull"
    expect 0 lxcpp-image list --format csv
    is "$(wc -l <"$SANDBOX/out")" 1 "lines: no image is there"
    expect 0 lxcpp-image verify
    out_has "left over: interrupted work"
    expect 0 lxcpp-image pull --server "$SERVER" alpine/edge
    out_is "$(fingerprint_of "$build")"
    expect 0 lxcpp-image verify
    out_is "ok: 1 image"
    end_servers # what it served is in its log then
    is "$(requests "^206 /images/$build/rootfs.tar.xz")" 1 "requests for the rest"
}

blob() { # FILE: into the layout $OCI; prints its descriptor but for the media type
    local sum
    sum=$(digest "$1")
    cp "$1" "$OCI/blobs/sha256/$sum"
    printf '"digest": "sha256:%s", "size": %s' "$sum" "$(stat -c %s "$1")"
}

oci_layout() { # a layout of one layer at $OCI, with the tag v1
    OCI="$SANDBOX/oci"
    local work="$SANDBOX/tmp/oci" layer
    mkdir -p "$OCI/blobs/sha256" "$work"
    tar -C "$FILES/rootfs" --owner=0 --group=0 --numeric-owner -cf "$work/layer" .
    layer=$(blob "$work/layer")
    printf '{"architecture": "%s", "os": "linux", "config": {"Cmd": ["/bin/sh"], "Labels": {"made": "%s"}}, "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}' \
        "$ARCH" "$1" "$(digest "$work/layer")" >"$work/config"
    printf '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {"mediaType": "application/vnd.oci.image.config.v1+json", %s}, "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", %s}]}' \
        "$(blob "$work/config")" "$layer" >"$work/manifest"
    printf '{"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", %s, "annotations": {"org.opencontainers.image.ref.name": "v1"}}]}' \
        "$(blob "$work/manifest")" >"$OCI/index.json"
    echo '{"imageLayoutVersion": "1.0.0"}' >"$OCI/oci-layout"
}

test_pulls_and_refreshes_oci_images() {
    case "$(uname -m)" in x86_64) ARCH=amd64 ;; aarch64) ARCH=arm64 ;; *) skip "no name for $(uname -m) in the test" ;; esac
    make_files
    oci_layout first
    cd "$SANDBOX" || return
    expect 0 lxcpp-image pull oci:oci:v1
    local first="$OUT"
    err_has "is oci:v1"
    expect 0 lxcpp-image pull "oci:$OCI:v1" --alias app
    cd / || return
    expect 0 lxcpp-image info app
    out_matches "Protocol: +oci"
    out_matches "Source: +oci:$OCI:v1"
    expect 0 lxcpp-image refresh app
    out_has "is the newest"
    oci_layout second
    expect 0 lxcpp-image refresh --all
    out_has "is now"
    expect 0 lxcpp-image info app
    out_lacks "$first"
    is "$(trees | wc -l)" 1 "trees: they have the one layer in common"
    expect 0 lxcpp-image delete "$first"
    expect 0 lxcpp-image verify
    out_is "ok: 1 image"
    oci_layout third
    expect 0 lxcpp-image pull "oci:$OCI:v1" --alias app
    err_has "app: was an alias of "
    expect 0 lxcpp-image delete oci:v1 app
    nothing_there
    expect 1 lxcpp-image pull "oci:$OCI:v2"
    expect 1 lxcpp-image pull "oci:$OCI:v1" --no-validate
    err_has "--server and --no-validate are for image servers"
}

test_an_expired_image_is_told() {
    make_files
    echo 'expiry_date: 1767312000' >>"$FILES/metadata.yaml"
    tar -C "$FILES" -cf "$FILES/incus.tar" metadata.yaml templates
    import "$FILES/incus.tar" "$FILES/rootfs.tar" --alias old
    local warning="has expired on 2026-01-02, by its server or itself: it may get no updates" fingerprint="${OUT:0:12}"
    err_has "warning: busybox/1/small ($fingerprint) $warning"
    expect 0 lxcpp-create -n "$C1" --image old
    err_has "lxcpp-create: $C1: warning: the image $fingerprint $warning"
    expect 0 lxcpp-create -n "$C1" --image old --replace
    err_has "$warning"
    expect 0 lxcpp-create -q -n "$C2" --image old
    is "$ERR" "" "what -q says"
    expect 0 lxcpp-image -q import "$FILES/incus.tar" "$FILES/rootfs.tar"
    is "$ERR" "" "what -q says"
}
