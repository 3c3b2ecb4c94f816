# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# An image server as the documents of the protocols describe it, laid out by hand and served by nginx over TLS.
#
#   make_payload DIR            a small system of busybox
#   add_build DIST RELEASE BUILD PAYLOAD   its files in $WWW/images/DIST/RELEASE/$ARCH/default/BUILD
#   write_streams BUILD-DIR…    streams/v1/index.json and images.json that offer these builds (below images/)
#   write_classic BUILD-DIR…    meta/1.0/index-user and index-system
#   serve_tls                   sets PORT and SERVER (https://127.0.0.1:PORT), and trusts its certificate
WWW='' PORT='' SERVER='' SERVERS='' ARCH=''

need_image_server() {
    local tool
    for tool in nginx openssl python3 xz busybox; do need_tool "$tool"; done
    WWW="$SANDBOX/www"
    mkdir -p "$WWW" "$SANDBOX/nginx"
    case "$(uname -m)" in x86_64) ARCH=amd64 ;; aarch64) ARCH=arm64 ;; *) skip "no name for $(uname -m) in the test" ;; esac
    unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR http_proxy https_proxy no_proxy
}

make_payload() {
    "$(support template-testinit)" --path="$SANDBOX/tmp" --name=payload --rootfs="$1" --testinit "$LXCPP_TESTINIT" --busybox-init
    mkdir -p "$1/etc"
    echo "LXC_NAME is the name" >"$1/etc/motd"
    echo old >"$1/etc/hostname"
}

xz_tar() { tar -C "$1" --owner=0 --group=0 --numeric-owner -cf - "${@:2}" | xz -0; }

add_build() {
    local dir="$WWW/images/$1/$2/$ARCH/default/$3" meta="$SANDBOX/tmp/meta"
    mkdir -p "$dir" "$meta/incus/templates" "$meta/lxc"
    cat >"$meta/incus/metadata.yaml" <<-YAML
	architecture: $(uname -m)
	creation_date: 1767225600
	properties:
	  os: $1
	  release: $2
	  serial: "$3"
	  description: $1 $2 of the test
	templates:
	  /etc/hostname:
	    when: [create, copy]
	    template: hostname.tpl
	YAML
    echo '{{ container.name }}' >"$meta/incus/templates/hostname.tpl"
    printf 'lxc.arch = %s\nlxc.signal.halt = SIGUSR1\nlxc.signal.reboot = SIGTERM\n' "$(uname -m)" >"$meta/lxc/config"
    cp "$meta/lxc/config" "$meta/lxc/config-user"
    echo 'You made LXC_NAME of an image.' >"$meta/lxc/create-message"
    echo '/etc/motd' >"$meta/lxc/templates"
    xz_tar "$meta/incus" metadata.yaml templates >"$dir/incus.tar.xz"
    xz_tar "$meta/lxc" config config-user create-message templates >"$dir/meta.tar.xz"
    xz_tar "$4" . >"$dir/rootfs.tar.xz"
    (cd "$dir" && sha256sum ./*.tar.xz | sed 's| \./| |' >SHA256SUMS)
}

digest() { sha256sum "$1" | cut -c1-64; }
fingerprint_of() { cat "$WWW/images/$1/incus.tar.xz" "$WWW/images/$1/rootfs.tar.xz" | sha256sum | cut -c1-64; }

# One file of a build in images.json.
json_item() { # NAME TYPE FILE [MORE]
    printf '"%s": {"ftype": "%s", "path": "%s", "size": %s, "sha256": "%s"%s}' "$1" "$2" "${3#"$WWW/"}" \
        "$(stat -c %s "$3")" "$(digest "$3")" "${4:-}"
}

write_streams() {
    local build dist release serial products='' names='' key dir
    for build in "$@"; do
        IFS=/ read -r dist release _ _ serial <<<"$build"
        dir="$WWW/images/$build" key="$dist:$release:$ARCH:default"
        products+="${products:+, }\"$key\": {\"arch\": \"$ARCH\", \"os\": \"$dist\", \"release\": \"$release\", \"variant\": \"default\",
            \"release_title\": \"$release\", \"aliases\": \"$dist/$release/default,$dist/$release,$dist\", \"versions\": {\"$serial\": {\"items\": {
            $(json_item incus.tar.xz incus.tar.xz "$dir/incus.tar.xz" ", \"combined_rootxz_sha256\": \"$(fingerprint_of "$build")\""),
            $(json_item root.tar.xz root.tar.xz "$dir/rootfs.tar.xz")}}}}"
        names+="${names:+, }\"$key\""
    done
    mkdir -p "$WWW/streams/v1"
    printf '{"format": "index:1.0", "index": {"images": {"datatype": "image-downloads", "path": "streams/v1/images.json",
        "format": "products:1.0", "products": [%s]}}}\n' "$names" >"$WWW/streams/v1/index.json"
    printf '{"content_id": "images", "datatype": "image-downloads", "format": "products:1.0", "products": {%s}}\n' \
        "$products" >"$WWW/streams/v1/images.json"
}

write_classic() {
    local build dist release arch variant serial
    mkdir -p "$WWW/meta/1.0"
    for build in "$@"; do
        IFS=/ read -r dist release arch variant serial <<<"$build"
        echo "$dist;$release;$arch;$variant;$serial;/images/$build/"
    done | tee "$WWW/meta/1.0/index-user" >"$WWW/meta/1.0/index-system"
}

serve() { # [CERTIFICATE KEY]; sets PORT
    mkfifo "$SANDBOX/port"
    python3 "$(dirname "${BASH_SOURCE[0]}")/../support/nginx_server.py" "$WWW" "$SANDBOX/nginx" "$SANDBOX/port" "$@" &
    SERVERS+=" $!"
    PORT=$(<"$SANDBOX/port")
    rm "$SANDBOX/port"
}

serve_tls() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$SANDBOX/server.key" \
        -out "$SANDBOX/server.crt" -days 2 -subj "/CN=lxcpp test" -addext "subjectAltName=IP:127.0.0.1" 2>/dev/null ||
        skip "openssl cannot make a certificate"
    chmod 0644 "$SANDBOX/server.crt"
    serve "$SANDBOX/server.crt" "$SANDBOX/server.key"
    SERVER="https://127.0.0.1:$PORT"
    export SSL_CERT_FILE="$SANDBOX/server.crt"
}

end_servers() {
    # shellcheck disable=SC2086
    kill $SERVERS
    # shellcheck disable=SC2086
    wait $SERVERS
    SERVERS=''
}

requests() { grep -c "$1" "$SANDBOX/nginx/log"; }
