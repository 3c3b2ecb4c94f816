# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2119,SC2154
# A Debian and a BusyBox, as images, by the download template from a web server and by the oci template from a registry:
# the same life as that of a container which the debian template made.

# shellcheck source=tests/system/image_tree.sh
source "$(dirname "${BASH_SOURCE[0]}")/image_tree.sh"
# shellcheck source=tests/system/registry.sh
source "$(dirname "${BASH_SOURCE[0]}")/registry.sh"
# shellcheck source=tests/system/lives.sh
source "$(dirname "${BASH_SOURCE[0]}")/lives.sh"

# A small bookworm as an image of the store, called made. Its tree is in $TREE.
make_debian() {
    needs_mirror
    RUN_TIMEOUT=420 LXCPP_CACHE_DIR="$BASE_CACHE" expect 0 lxcpp-create -n "$C3" -t debian -- -r bookworm --variant minbase
    expect 0 lxcpp-image publish "$C3" --alias made --exclude 'usr/share/doc/*' --exclude 'usr/share/locale/*' --exclude 'usr/share/man/*'
    TREE="$LXCPP_CACHE_DIR/images/trees/$OUT"
    expect 0 lxcpp-destroy -n "$C3"
}

make_busybox() {
    make_payload "$SANDBOX/payload"
    echo '::ctrlaltdel:/bin/reboot' >>"$SANDBOX/payload/etc/inittab"
    expect 0 lxcpp-image publish -q "$SANDBOX/payload" --alias made -d busybox -r 1
    TREE="$LXCPP_CACHE_DIR/images/trees/$OUT"
}

# made is offered by a web server, signed; what is here of it is forgotten.
offer_by_server() { # BEFORE needs need_image_server
    need_tool gpg
    export GNUPGHOME="$SANDBOX/gnupg"
    mkdir -m 0700 "$GNUPGHOME"
    gpg --batch --quiet --passphrase '' --quick-gen-key images ed25519 sign 0 2>/dev/null || skip "gpg makes no key here"
    mkdir -p "$LXCPP_CONFIG_DIR/image-keys"
    gpg --batch --quiet --armor --export images >"$LXCPP_CONFIG_DIR/image-keys/127.0.0.1.asc"
    RUN_TIMEOUT=1200 expect 0 lxcpp-image server-tree "$WWW" made --sign "$(gpg --batch --with-colons --list-keys | awk -F: '/^fpr/ { print $10; exit }')"
    gpgconf --kill all
    unset GNUPGHOME
    expect 0 lxcpp-image delete -q made
    serve_tls
}

# made is an image of a registry: app:v1, with a volume.
offer_by_registry() {
    need_tool umoci
    need_tool skopeo
    {
        umoci init --layout img && umoci new --image img:v1 && umoci insert --image img:v1 "$TREE" / &&
            umoci config --image img:v1 --config.volume /srv/volume --config.env FROM=image
    } >umoci.log 2>&1 || { cat umoci.log; fail "umoci could not make the image"; exit 1; }
    expect 0 lxcpp-image delete -q made
    start_registry </dev/null
    insecure "127.0.0.1:$PORT"
    copy --dest-tls-verify=false oci:img:v1 "docker://127.0.0.1:$PORT/app:v1"
}

# A newer build of app:v1: one file more.
offer_newer() {
    mkdir newer
    echo newer >newer/build
    umoci insert --image img:v1 newer /etc/newer >umoci.log 2>&1 || { cat umoci.log; fail "umoci could not add to the image"; exit 1; }
    copy --dest-tls-verify=false oci:img:v1 "docker://127.0.0.1:$PORT/app:v1"
}

# The root is another; what the container keeps of its own, and what the administrator wrote into its configuration, stay.
is_replaced() { # READY
    expect 0 lxcpp-image pull "docker://127.0.0.1:$PORT/app:v1" --alias app
    echo 'lxc.environment.runtime = MINE=mine' >>"$LXCPATH/$C1/config"
    echo volume >"$LXCPATH/$C1/volumes/0/data"
    expect 0 lxcpp-create -q -n "$C1" --image app --replace
    start "$C1"
    "$1"
    # shellcheck disable=SC2016 # for the shell inside
    attach "$C1" sh -c 'cat /etc/newer/build /srv/volume/data /etc/hostname; ls /root; echo "$FROM $MINE"'
    out_is newer$'\n'volume$'\n'"$C1"$'\n'"image mine"
    halts
}

stored() { ls "$LXCPP_CACHE_DIR/images/trees"; }

# An unprivileged container on top of the image.
create_overlay() { # TEMPLATE ARGUMENT…
    RUN_TIMEOUT=420 expect 0 lxcpp-create -n "$C1" -B overlay -t "$1" -- "${@:2}"
    grep -q '^lxc.idmap' "$LXCPATH/$C1/config" || fail "it is not unprivileged"
    is "$(find "$LXCPATH/$C1/overlay/upper" -type f -size +64k)" "" "what was copied"
    TREES=$(stored)
}

# Another one, with a root of its own, when there is nobody left to ask.
create_again() { # TEMPLATE ARGUMENT…
    RUN_TIMEOUT=120 expect 0 lxcpp-create -n "$C2" -B dir -t "$1" -- "${@:2}"
    is "$(stored)" "$TREES" "trees in the store"
    start "$C2"
}

# The image is as it was, whatever was done on top of it.
base_stays() {
    expect 0 lxcpp-destroy -n "$C1"
    expect 0 lxcpp-destroy -n "$C2"
    is "$(comm -13 <(stored) - <<<"$TREES")" "" "trees that are gone"
    expect 0 lxcpp-image verify
}

# In a container on the overlay: packages replace files of the image, and new ones come.
packages_are_upgraded() {
    local file
    start "$C1" -s lxc.net.0.type=none
    systemd_has_started # without what wants low ports, which only root of the host may have on its network
    for file in resolv.conf hosts; do
        lxcpp-attach -n "$C1" -- sh -c "rm -f /etc/$file && cat >/etc/$file" <"/etc/$file" || fail "/etc/$file cannot be written"
    done
    # Nor could sshd listen there.
    attach "$C1" sh -c 'printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d'
    RUN_TIMEOUT=300 attach "$C1" sh -c 'export DEBIAN_FRONTEND=noninteractive
        apt-get -q update && apt-get -qy --no-install-recommends install openssh-server openssh-client sudo cron &&
        apt-get -qy --reinstall install coreutils dash && rm /usr/sbin/policy-rc.d && dpkg --audit'
    halts
}

debian_lives_on_the_overlay() {
    packages_are_upgraded
    debian_lives
}

test_debian_by_download() { # 1800 s
    need_image_server
    make_debian
    offer_by_server
    set -- download --server "$SERVER" -d debian -r bookworm -a "$ARCH"
    create_overlay "$@"
    err_has "verified: index signed by "
    expect 0 lxcpp-create -n "$C3" -t download -- --server "$SERVER" debian/12
    expect 0 lxcpp-destroy -n "$C3"
    end_servers
    create_again "$@"
    systemd_is_running "$C2"
    expect 0 lxcpp-stop -n "$C2" -t 60
    debian_lives_on_the_overlay
    base_stays
}

test_debian_by_oci() { # 900 s
    make_debian
    offer_by_registry
    set -- oci --url "docker://127.0.0.1:$PORT/app:v1"
    create_overlay "$@"
    create_again "$@"
    systemd_is_running "$C2"
    expect 0 lxcpp-stop -n "$C2" -t 60
    debian_lives_on_the_overlay
    offer_newer
    is_replaced systemd_is_running
    end_registry
    base_stays
}

is_up() { attach "$C1" sh -c 'until [ -e /booted ]; do sleep 0.1; done'; }

test_busybox_by_download() { # 300 s
    need_image_server
    make_busybox
    offer_by_server
    set -- download --server "$SERVER" -d busybox -r 1 -a "$ARCH"
    create_overlay "$@"
    end_servers
    create_again "$@"
    lives is_up
    stop "$C2"
    base_stays
}

test_busybox_by_oci() { # 300 s
    need_tool busybox
    make_busybox
    offer_by_registry
    set -- oci --url "docker://127.0.0.1:$PORT/app:v1"
    create_overlay "$@"
    create_again "$@"
    lives is_up
    stop "$C2"
    offer_newer
    is_replaced is_up
    end_registry
    base_stays
}
