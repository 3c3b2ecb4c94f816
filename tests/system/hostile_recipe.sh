# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Recipes that mean harm: what the tests of attacks on lxcpp-distrobuilder share.
#
#   hostile_payload           payload (small_recipe.sh) with all of busybox' tools, a canary, and readings of the host
#   attack WHAT SCRIPT        builds with SCRIPT as the post-unpack action, which may end either way, but soon; unharmed
#   unharmed WHAT             the host is as it was, nothing runs, nothing is left over, no message drives a terminal
# shellcheck source=tests/system/canary.sh
source "$(dirname "${BASH_SOURCE[0]}")/canary.sh"
# shellcheck source=tests/system/small_recipe.sh
source "$(dirname "${BASH_SOURCE[0]}")/small_recipe.sh"

hostile_payload() {
    payload
    local name
    for name in $(busybox --list); do [ -e "$ROOT/bin/$name" ] || ln -s busybox "$ROOT/bin/$name"; done
    tar -C "$ROOT" --numeric-owner -cf "$SANDBOX/recipe/root.tar" .
    echo secret >"$SANDBOX/recipe/secret" && chmod 0600 "$SANDBOX/recipe/secret"
    # One that is ours alone: others on the machine use theirs.
    trap 'umount -l /tmp 2>/dev/null' EXIT
    mount -t tmpfs -o mode=1777,size=8m tmpfs /tmp
    echo mine >/tmp/file && chmod 0666 /tmp/file
    canary_make
    harmless_recipe
    host_reading >"$SANDBOX/host.before"
}

host_reading() {
    find /tmp -mindepth 1 -printf '%P %y %m %U:%G %s %C@\n' | sort
    stat -c '%n %a %u:%g %t:%T' /dev /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx
    find /dev/shm -name '*planted*'
    hostname
    local knob
    for knob in kernel/hostname kernel/core_pattern kernel/modprobe kernel/printk fs/suid_dumpable net/ipv4/ip_forward vm/overcommit_memory; do
        echo "$knob $(cat "/proc/sys/$knob" 2>&1)"
    done
    find "$SANDBOX/recipe" ! -name '*.yaml' -type f -printf '%P %y %m %U:%G %s %T@\n' | sort
    ip -o link
}

harmless_recipe() { recipe true >"$RECIPE"; }

# $1: the whole of the post-unpack action. A short recipe: the attack, one step after it, and files.
recipe_with_action() {
    recipe true | sed '/^packages:$/,$d' >"$RECIPE"
    {
        printf 'packages: {manager: apt}\nactions:\n- trigger: post-unpack\n  action: |\n    #!/bin/sh\n'
        sed 's/^/    /' <<<"$1"
        printf -- '- trigger: post-packages\n  action: |\n    #!/bin/sh\n    echo after >>/srv/after\n'
    } >>"$RECIPE"
}

build_either_way() {
    local start=$SECONDS
    RUN_TIMEOUT=60 run lxcpp-distrobuilder "$@"
    CODE=$?
    [ $CODE -le 1 ] || fail "$WHAT: exit code $CODE of lxcpp-distrobuilder $*"
    [ $((SECONDS - start)) -lt 30 ] || fail "$WHAT: took $((SECONDS - start)) s"
    if [ $CODE = 1 ]; then [[ $ERR == *"lxcpp-distrobuilder: "* ]] || fail "$WHAT: it does not say why"; fi
}

unharmed() {
    canary_intact "$1"
    host_reading >"$SANDBOX/host.after"
    cmp -s "$SANDBOX/host.before" "$SANDBOX/host.after" || { fail "$1: the host changed"; diff "$SANDBOX/host.before" "$SANDBOX/host.after"; cp "$SANDBOX/host.after" "$SANDBOX/host.before"; }
    [ ! -d "$BUILDS/tmp" ] || is "$(ls -A "$BUILDS/tmp")" "" "$1: what is left in the cache"
    [ ! -d "$BUILDS/trees" ] || is "$(find "$BUILDS/trees" -maxdepth 1 -name '.*')" "" "$1: unfinished layers"
    is "$(find "$TO" -name '.lxcpp-*')" "" "$1: what is left in the target"
    no_controls "$1"
}

no_controls() {
    local text="${OUT//[$'\n\t\r']/}${ERR//[$'\n\t\r']/}"
    ! LC_ALL=C grep -qa -e $'[\001-\037]' -e $'\302[\200-\237]' <<<"$text" || fail "$1: a message has control characters"
}

attack() {
    WHAT="$1"
    recipe_with_action "$2"
    build_either_way build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --compression none --no-manifest
    err_has "post-unpack action 1 of 1"
    unharmed "$1"
}

# What a step of a good build left in the image.
in_image() { tar -xOf "$TO/rootfs.tar" "./$1"; }

# After all of it.
cache_is_usable() {
    harmless_recipe
    build build-lxc --compression none
    is "$(in_image srv/hostname)" distrobuilder "a build after the attacks"
    expect 0 lxcpp-distrobuilder cache prune --all --cache-dir "$BUILDS"
    umount /tmp
}
