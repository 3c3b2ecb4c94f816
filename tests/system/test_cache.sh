# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lxcpp-cache on a cache that the test fills by hand: what it shows and what prune takes away.

digest() { printf '%064x' "$1"; }

fill_cache() {
    local files="$LXCPP_CACHE_DIR/files/00" trees="$LXCPP_CACHE_DIR/trees"
    expect 0 lxcpp-cache
    out_has "is empty"
    mkdir -p "$files" "$trees/debian-bookworm/etc" "$trees/.debian-sid.new"
    head -c 3000000 /dev/zero >"$trees/debian-bookworm/etc/big"
    head -c 1000000 /dev/zero >"$files/$(digest 1)"
    head -c 1000000 /dev/zero >"$files/$(digest 2)"
    echo half >"$files/$(digest 3).part"
    touch -d '40 days ago' "$files/$(digest 1)"
}

test_shows_what_is_there() {
    fill_cache
    expect 0 lxcpp-cache
    out_matches 'debian-bookworm +tree +3\.0 MB '
    out_matches '2 downloaded +file +2\.0 MB '
    out_matches '2 interrupted +partial '
    local plain="$OUT"
    expect 0 lxcpp-cache show
    out_is "$plain"
    expect 0 lxcpp-cache --format json
    need_tool python3
    is "$(python3 -c 'import json, sys
entries = json.load(open(sys.argv[1]))
print(len(entries), *[e["name"] for e in entries if e["kind"] == "tree"])' "$SANDBOX/out")" \
        "5 debian-bookworm" "entries and trees"
}

test_prunes_what_is_asked() {
    fill_cache
    expect 0 lxcpp-cache prune
    out_has "(3 removed)"
    [ ! -e "$LXCPP_CACHE_DIR/files/00/$(digest 1)" ] || fail "a file unused for 40 days stays"
    [ -e "$LXCPP_CACHE_DIR/files/00/$(digest 2)" ] || fail "a fresh file is gone"
    expect 0 lxcpp-cache prune --older-than 1
    out_has "(0 removed)"
    expect 0 lxcpp-cache prune --max-size 2M
    out_has "(1 removed)"
    expect 0 lxcpp-cache prune --all
    expect 0 lxcpp-cache
    out_has "is empty"
}

test_bad_words_are_refused_by_name() {
    expect 1 lxcpp-cache prune --max-size lots
    err_has "--max-size lots: give a number of bytes"
    expect 1 lxcpp-cache prune --older-than never
    expect 1 lxcpp-cache --format xml
    expect 1 lxcpp-cache nonsense
    err_has "nonsense: the commands are 'show' and 'prune'"
    expect 1 lxcpp-cache show prune
    err_has "prune: one command is enough"
    expect 1 lxcpp-cache show --all
    err_has "are options of 'lxcpp-cache prune'"
    expect 1 lxcpp-cache --all
    err_has "are options of 'lxcpp-cache prune'"
    fill_cache
    chmod 0777 "$LXCPP_CACHE_DIR"
    expect 1 lxcpp-cache
    err_is_one_line
    err_has "$LXCPP_CACHE_DIR"
}

test_nothing_goes_under_a_running_template() {
    need_tool python3
    fill_cache
    exec 9<"$LXCPP_CACHE_DIR/locks/use"
    lock_as_a_template_does 9
    expect 1 lxcpp-cache prune --all
    err_has "is in use by a running create"
    exec 9<&-
    expect 0 lxcpp-cache prune --all
}

# The shared open-file-description lock of the descriptor; it lives as long as that is open.
lock_as_a_template_does() {
    python3 -c 'import fcntl, struct, sys
fcntl.fcntl(int(sys.argv[1]), 37, struct.pack("hhqqi", fcntl.F_RDLCK, 0, 0, 0, 0))' "$1"
}
