# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lxcpp-distrobuilder and mirrors that somebody tampered with: each source of the table, each file, each kind of signature.

# In the same run the mirrors as they were build well: what is refused is refused for that alone.
tampered() {
    local tool
    for tool in python3 busybox gpg mksquashfs xorriso mke2fs make gcc; do need_tool "$tool"; done
    RUN_TIMEOUT=280 run python3 "$(dirname "${BASH_SOURCE[0]}")/../support/tampered_mirrors.py" "$SANDBOX/tmp" "$@" || fail "what should be refused, or built"
    out_matches "^$# mirrors, [0-9]+ builds, 0 wrong$"
}

test_archives_of_mirrors() { # 300 s
    tampered alpaquita alpine alt apertis arch funtoo gentoo opensuse rootfs rootfs_signed ubuntu void
}

test_images_packages_and_registries() { # 300 s
    tampered nixos openwrt vyos almalinux rockylinux centos oracle openeuler springdale docker fedora slackware busybox debootstrap
}
