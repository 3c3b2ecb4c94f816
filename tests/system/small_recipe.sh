# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# What the tests of lxcpp-distrobuilder share: a small root file system, and a recipe of it.

# A root file system in an archive, and a recipe of it whose package manager writes down what it is asked for.
payload() {
    need_tool busybox
    ROOT="$SANDBOX/root" TO="$SANDBOX/target" RECIPE="$SANDBOX/recipe/small.yaml" BUILDS="$SANDBOX/builds"
    mkdir -p "$ROOT/bin" "$ROOT/sbin" "$ROOT/etc" "$ROOT/proc" "$ROOT/sys" "$ROOT/dev" "$ROOT/run" "$ROOT/tmp" "$ROOT/usr/sbin" "$ROOT/srv" "$SANDBOX/recipe" "$TO"
    cp "$(command -v busybox)" "$ROOT/bin/busybox"
    local name
    for name in sh cat echo ls sleep kill mkdir rm touch mount umount hostname ln setsid; do ln -s busybox "$ROOT/bin/$name"; done
    printf '#!/bin/sh\necho "$@" >>/srv/asked\n' >"$ROOT/bin/ask"
    chmod 755 "$ROOT/bin/ask"
    chmod 1777 "$ROOT/tmp"
    echo 'root:x:0:0::/:/bin/sh' >"$ROOT/etc/passwd"
    echo old >"$ROOT/etc/hostname"
    chown 12:34 "$ROOT/srv"
    tar -C "$ROOT" --numeric-owner -cf "$SANDBOX/recipe/root.tar" .
    chmod 0644 "$SANDBOX/recipe/root.tar"
    echo of the host >"$SANDBOX/recipe/file"
    recipe "${1:-true}" >"$RECIPE"
}

# $1: the post-files action's last command.
recipe() {
    cat <<EOF
image:
  distribution: small
  release: "1"
  serial: "20260101_0000"
source:
  downloader: rootfs-http
  url: file://$SANDBOX/recipe/root.tar
  sha256: $(sha256sum <"$SANDBOX/recipe/root.tar" | cut -c1-64)
targets:
  lxc:
    create_message: made of {{ image.description }}
    config:
    - type: all
      content: lxc.include = LXC_TEMPLATE_CONFIG/common.conf
    - type: user
      content: lxc.include = LXC_TEMPLATE_CONFIG/userns.conf
files:
- path: /etc/hostname
  generator: hostname
- path: /etc/motd
  generator: dump
  content: hello
- path: /etc/copied
  source: file
  generator: copy
packages:
  custom_manager:
    clean: {cmd: ask, flags: [clean]}
    install: {cmd: ask, flags: [install]}
    remove: {cmd: ask, flags: [remove]}
    refresh: {cmd: ask, flags: [refresh]}
    update: {cmd: ask, flags: [update]}
  update: true
  cleanup: true
  sets:
  - action: install
    packages: [one, two]
  - action: remove
    packages: [three]
actions:
- trigger: post-unpack
  action: |
    #!/bin/sh
    set -e
    hostname >/srv/hostname
    echo unpacked >>/srv/asked
- trigger: post-packages
  action: |
    #!/bin/sh
    setsid sleep 1000 </dev/null >/dev/null 2>&1 &
    echo done >>/srv/asked
- trigger: post-files
  action: |
    #!/bin/sh
    ls /etc/motd /etc/copied >/srv/seen
    $1
matrix:
  releases: ["1", "2"]
  variants: [default, cloud]
  exclude:
  - release: "2"
    variant: cloud
EOF
}

build() { expect 0 lxcpp-distrobuilder "$1" "$RECIPE" "$TO" --cache-dir "$BUILDS" "${@:2}"; }
cached_steps() { grep -c '(cached)' <<<"$ERR"; }
wait_for_text() { timeout 60 bash -c 'until grep -q -- "$2" "$1" 2>/dev/null; do read -rt 0.05 <> <(:) || :; done' _ "$1" "$2" || fail "'$2' did not come: $(cat "$1")"; }
