# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The parts of an image of busybox as files, and the store that they are imported into.

# shellcheck source=tests/system/image_tree.sh
source "$(dirname "${BASH_SOURCE[0]}")/image_tree.sh"

# The parts of an image of busybox: $FILES/incus.tar, rootfs.tar, combined.tar, meta.tar.
make_files() {
    need_tool busybox
    FILES="$SANDBOX/files"
    mkdir -p "$FILES/templates"
    [ -d "$FILES/rootfs" ] || "$(support template-testinit)" --rootfs="$FILES/rootfs" --testinit "$LXCPP_TESTINIT" --busybox-init
    cat >"$FILES/metadata.yaml" <<-YAML
	architecture: $(uname -m)
	creation_date: 1767225600
	properties: {os: BusyBox, release: "1", variant: small, description: "BusyBox of the test"}
	templates:
	  /etc/hostname: {when: [create], template: hostname.tpl}
	YAML
    echo '{{ container.name }}' >"$FILES/templates/hostname.tpl"
    printf 'lxc.arch = %s\n' "$(uname -m)" >"$FILES/config"
    tar -C "$FILES" -cf "$FILES/incus.tar" metadata.yaml templates
    tar -C "$FILES/rootfs" --owner=0 --group=0 --numeric-owner -cf "$FILES/rootfs.tar" .
    tar -C "$FILES" --owner=0 --group=0 --numeric-owner -cf "$FILES/combined.tar" metadata.yaml rootfs templates
    tar -C "$FILES" -cf "$FILES/meta.tar" config
    IMAGES="$LXCPP_CACHE_DIR/images"
}
both() { cat "$FILES/$1" "$FILES/$2" | digest /dev/stdin; }
trees() { find "$IMAGES/trees" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort; }
import() { expect 0 lxcpp-image import "$@"; }
nothing_there() {
    is "$(trees)" "" "trees"
    is "$(find "$IMAGES/images" "$IMAGES/sums" "$IMAGES/aliases" -mindepth 1)" "" "records, sums and aliases"
    expect 0 lxcpp-image verify
    out_is "ok: 0 images"
}
