# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# What the replays of known attacks (test_replay_*.sh) share: a tree of the host that is open to
# every id, so that nothing but our own care protects it, and of which nothing may change.
#
#   canary_make            makes $CANARY and remembers it
#   canary_intact WHAT     names, types, modes, owners, times, contents and mounts are as they were
#   hostile_template       a template that obeys LXC's contract and then runs the words after --plant
#   plant KIND PLACE       makes PLACE something that leads elsewhere or that hangs a reader

CANARY=''

canary_reading() {
    find "$CANARY" -printf '%P %y %m %U:%G %s %T@ %C@ %i %l\n' | sort
    find "$CANARY" -type f -print0 | sort -z | xargs -0 sha256sum
    awk '{print $1, $3, $4, $5, $6}' /proc/self/mountinfo
}

canary_make() {
    CANARY="$SANDBOX/canary"
    mkdir -m 0777 "$CANARY" "$CANARY/d" "$CANARY/pts" "$CANARY/guard"
    mount -t tmpfs -o size=64k,mode=0777 guard "$CANARY/guard"
    echo secret >"$CANARY/secret" && chmod 0600 "$CANARY/secret"
    echo precious | tee "$CANARY/file" "$CANARY/d/null" "$CANARY/d/ptmx" "$CANARY/d/hostname" >"$CANARY/guard/file"
    chmod 0666 "$CANARY/file" "$CANARY"/d/*
    printf 'lxc.uts.name = stolen\n' >"$CANARY/config"
    mkfifo -m 0666 "$CANARY/fifo"
    install -m 4755 /bin/true "$CANARY/setuid"
    canary_reading >"$SANDBOX/canary.before"
}

canary_intact() {
    canary_reading >"$SANDBOX/canary.after"
    cmp -s "$SANDBOX/canary.before" "$SANDBOX/canary.after" && return
    fail "$1: the host's tree or mounts changed"
    diff "$SANDBOX/canary.before" "$SANDBOX/canary.after" | sed 's/^/    /'
    mv "$SANDBOX/canary.after" "$SANDBOX/canary.before" # the next one is told by itself
}

plant() {
    rm -rf "$2"
    case $1 in
    link-to-directory) ln -s "$CANARY/d" "$2" ;;
    link-to-file) ln -s "$CANARY/file" "$2" ;;
    link-to-config) ln -s "$CANARY/config" "$2" ;;
    link-upwards) ln -s "../../../../../../../../../../..$CANARY/d" "$2" ;;
    dangling) ln -s "$CANARY/d/made-by-us" "$2" ;;
    loop) ln -s "${2##*/}" "$2" ;;
    fifo) mkfifo -m 0666 "$2" ;;
    directory) mkdir -m 0777 "$2" && touch "$2/x" ;;
    file) echo planted >"$2" ;;
    esac
}

hostile_template() {
    cat >"$SANDBOX/support/template-hostile" <<'TEMPLATE'
#!/bin/bash
set -eu
words=() plant=''
while [ $# -gt 0 ]; do
    case "$1" in
    --plant) plant="$2"; shift ;;
    --path=*) path="${1#*=}"; words+=("$1") ;;
    *) words+=("$1") ;;
    esac
    shift
done
"$(dirname "$0")/template-testinit" "${words[@]}"
cd "$path"
eval "$plant"
TEMPLATE
    chmod 0755 "$SANDBOX/support/template-hostile"
    support template-hostile
}
