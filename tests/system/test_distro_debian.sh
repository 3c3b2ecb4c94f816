# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Debian by recipes, from the mirror of apt's sources: built, imported in each form that it is written in, and booted.

# shellcheck source=tests/system/test_user_store.sh
source "$(dirname "${BASH_SOURCE[0]}")/test_user_store.sh"
# shellcheck source=tests/system/lives.sh
source "$(dirname "${BASH_SOURCE[0]}")/lives.sh"

EXAMPLE="$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../doc/examples/debian.yaml")"

urls_of_apt() { sed '/^[[:space:]]*#/d' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -oE 'https?://[^ ]+' | sed 's|/*$||'; }

# What a container's apt is told; debootstrap finds the host's mirror by itself.
needs_recipe_mirror() {
    needs_mirror
    local security
    MIRROR=$(urls_of_apt | grep -m1 '/debian$') || skip "no mirror of Debian in apt's sources"
    security=$(urls_of_apt | grep -m1 'debian-security$') || security="$MIRROR-security"
    VARS="vars.mirror=$MIRROR,vars.security=$security"
    TO="$SANDBOX/images"
    mkdir "$TO"
}

# minbase and what systemd needs; nothing is fetched from within.
small_recipe() {
    cat <<'YAML'
image: {distribution: debian, release: bookworm}
source: {downloader: debootstrap, variant: minbase}
targets:
  lxc:
    config:
    - {type: all, content: lxc.include = LXC_TEMPLATE_CONFIG/debian.common.conf}
    - {type: user, content: lxc.include = LXC_TEMPLATE_CONFIG/debian.userns.conf}
files:
- {path: /etc/hostname, generator: hostname}
- {path: /etc/hosts, generator: hosts}
- {path: /etc/machine-id, generator: dump}
packages:
  manager: apt
  cleanup: true
  sets:
  - {packages: [dbus, systemd, systemd-sysv], action: install, early: true}
actions:
- trigger: post-packages
  action: |-
    #!/bin/sh
    set -eu
    test "$(id -u)" = 0
    echo "by a recipe" >/etc/motd
mappings: {architecture_map: debian}
YAML
}

one() { # PATTERN: the one file of the images that it is for
    local found
    found=$(compgen -G "$TO/$1") || fail "there is no $1: $(ls "$TO")"
    echo "$found"
}

# Of an id range of its own, to its end; then it goes, to leave room for the next.
boots() { # NAME
    start "$1"
    systemd_is_running "$1"
    attach "$1" cat /proc/self/uid_map
    out_matches '^ *0 +[1-9][0-9]* +65536$'
    attach "$1" cat /etc/hostname /proc/sys/kernel/hostname
    out_is "$1"$'\n'"$1"
    attach "$1" cat /etc/machine-id
    [[ "$OUT" =~ ^[0-9a-f]{32}$ ]] || fail "no machine-id of its own"
    RUN_TIMEOUT=120 expect 0 lxcpp-stop -n "$1" -t 60
    is "$(state_of "$1")" STOPPED state
    expect 0 lxcpp-destroy -n "$1"
}

build_example() { RUN_TIMEOUT=900 expect 0 lxcpp-distrobuilder build "$EXAMPLE" "$TO" --cache-dir "$SANDBOX/builds" --compression zstd-3 -o "$VARS" "$@"; }

test_bookworm_of_the_example_boots_from_each_image() { # 1500 s
    needs_recipe_mirror
    build_example --output lxc,incus,oci
    RUN_TIMEOUT=200
    expect 0 lxcpp-image import "$TO/meta.tar.xz" "$TO/rootfs.tar.zst" -d debian -r bookworm --alias lxc
    expect 0 lxcpp-image import "$TO/incus.tar.zst" "$TO/rootfs.squashfs" --alias incus
    expect 0 lxcpp-create -n "$C1" --image lxc
    err_has "You just created a Debian bookworm"
    boots "$C1"
    expect 0 lxcpp-create -n "$C2" --image incus
    boots "$C2"
    expect 0 lxcpp-create -n "$C3" -t oci -- --url "oci-archive:$(one '*.oci.tar')"
    boots "$C3"
    python3 -c 'import json, sys; names = {one["name"] for one in json.load(open(sys.argv[1]))["packages"]}; sys.exit(not {"systemd", "sudo", "apt"} <= names)' \
        "$TO/manifest.spdx.json" || fail "the manifest lacks packages"
}

test_trixie_of_the_example_boots_from_a_unified_image_and_a_layout() { # 1200 s
    needs_recipe_mirror
    build_example --output incus,oci --type unified --oci-form layout -o image.release=trixie
    RUN_TIMEOUT=200
    expect 0 lxcpp-image import "$(one '*.tar.zst')" --alias unified
    expect 0 lxcpp-create -n "$C1" --image unified
    boots "$C1"
    expect 0 lxcpp-create -n "$C2" -t oci -- --url "oci:$(one '*.oci')"
    boots "$C2"
}

test_bookworm_of_a_user_boots() { # 900 s
    needs_recipe_mirror
    make_users
    AS_ANNA+=("LXCPP_LIBEXEC_DIR=$LXCPP_LIBEXEC_DIR" "LXCPP_DATA_DIR=$LXCPP_DATA_DIR")
    TO="$SANDBOX/home/anna/images"
    small_recipe >"$SANDBOX/home/anna/small.yaml"
    RUN_TIMEOUT=600 expect 0 "${AS_ANNA[@]}" lxcpp-distrobuilder build-lxc "$SANDBOX/home/anna/small.yaml" "$TO" --compression zstd-3 -o "source.url=$MIRROR"
    is "$(find "$TO" ! -user $ANNA)" "" "files that are not hers"
    is "$(tar --numeric-owner -tvf "$TO/rootfs.tar.zst" ./etc/shadow | awk '{print $1, $2}')" "-rw-r----- 0/42" "owner in the archive"
    RUN_TIMEOUT=200
    expect 0 lxcpp-image import "$TO/meta.tar.xz" "$TO/rootfs.tar.zst" -d debian -r bookworm --alias hers
    expect 0 lxcpp-create -n "$C1" --image hers
    is "$(<"$LXCPP_CACHE_DIR/images/trees/$(ls "$LXCPP_CACHE_DIR/images/trees")/etc/motd")" "by a recipe" "what an action wrote"
    boots "$C1"
    expect 0 "${AS_ANNA[@]}" lxcpp-distrobuilder cache prune --all
    expect 0 "${AS_ANNA[@]}" unshare --map-auto --map-root-user rm -rf "$SANDBOX/home/anna/.cache"
    forget_users
}
