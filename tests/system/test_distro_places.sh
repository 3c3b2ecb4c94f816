# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lxcpp-distrobuilder: outputs and caches in places that cannot be, that others have, or that are not ours.
# shellcheck source=tests/system/hostile_recipe.sh
source "$(dirname "${BASH_SOURCE[0]}")/hostile_recipe.sh"

one_line() { is "$(grep -c . <<<"$ERR")" 1 "$1: lines of the message"; }

# $1: what it says; $2: the directory for the image.
no_output_in() {
    WHAT="output in $2"
    run lxcpp-distrobuilder build-lxc "$RECIPE" "$2" --cache-dir "$BUILDS" --compression none -q
    is $? 1 "$WHAT: exit code"
    err_has "$1"
    one_line "$WHAT"
    unharmed "$WHAT"
}

test_outputs_in_odd_places() {
    hostile_payload
    no_output_in "/" /
    no_output_in "/proc" /proc/planted
    no_output_in "/sys" /sys
    no_output_in "small.yaml" "$RECIPE"
    no_output_in "Not a directory" "$RECIPE/planted"
    no_output_in "/dev/null" /dev/null
    ln -s loop "$SANDBOX/loop"
    no_output_in "loop" "$SANDBOX/loop"
    no_output_in "File name too long" "$SANDBOX/$(printf '%0300d' 7)"
    mkdir "$SANDBOX/read-only"
    mount -t tmpfs -o ro tmpfs "$SANDBOX/read-only"
    canary_reading >"$SANDBOX/canary.before" # that mount is ours
    no_output_in "Read-only file system" "$SANDBOX/read-only"
    umount "$SANDBOX/read-only"
    canary_reading >"$SANDBOX/canary.before"
    mkdir -p "$TO/rootfs.tar/x"
    no_output_in "rootfs.tar: it is there already, and a directory" "$TO"
    rm -r "$TO/rootfs.tar"
    cache_is_usable
}

# Links, also from where nobody else may look, and the cache itself.
test_outputs_behind_links_and_in_the_cache() { # 300 s
    hostile_payload
    local place
    mkdir -m 0700 "$SANDBOX/closed" "$SANDBOX/closed/deep"
    mkdir "$SANDBOX/real" "$SANDBOX/closed/real"
    ln -s "$SANDBOX/real" "$SANDBOX/link"
    ln -s ../../real "$SANDBOX/closed/deep/link"
    ln -s "$SANDBOX/closed/real" "$SANDBOX/into"
    ln -s "$SANDBOX/made" "$SANDBOX/dangling"
    for place in link closed/deep/link into link/new closed/deep/link/new into/a/b; do
        rm -rf "$SANDBOX/real/"* "$SANDBOX/closed/real/"*
        expect 0 lxcpp-distrobuilder build-lxc "$RECIPE" "$SANDBOX/$place" --cache-dir "$BUILDS" --compression none
        tar -tf "$SANDBOX/$place/rootfs.tar" >/dev/null || fail "no image in $place"
        unharmed "$place"
    done
    run lxcpp-distrobuilder build-lxc "$RECIPE" "$SANDBOX/dangling" --cache-dir "$BUILDS" --compression none
    [ -L "$SANDBOX/dangling" ] || fail "a dangling link was replaced"
    for place in "$BUILDS" "$BUILDS/out" "$BUILDS/trees" "$BUILDS/tmp/out"; do
        WHAT="output in the cache: $place"
        build_either_way build-lxc "$RECIPE" "$place" --cache-dir "$BUILDS" --compression none
        build build-lxc --compression none
        is "$(in_image srv/hostname)" distrobuilder "$WHAT: the next build"
    done
    rm -rf "$BUILDS"
    cache_is_usable
}

# What is not ours stays, whatever it is called.
test_caches_that_are_not_ours() {
    hostile_payload
    local mine="$SANDBOX/mine" verb
    mkdir -p "$mine"/{tmp,project/.git,trees/.hidden,locks}
    echo precious | tee "$mine/tmp/file" "$mine/project/.git/config" "$mine/trees/.hidden/file" "$mine/file" >/dev/null
    chmod 0700 "$mine"
    find "$mine" -type f -exec sha256sum {} + | sort >"$SANDBOX/mine.before"
    for verb in "build-lxc $RECIPE $TO" "build-dir $RECIPE $SANDBOX/dir" "cache prune --all" "cache list"; do
        # shellcheck disable=SC2086
        expect 1 lxcpp-distrobuilder $verb --cache-dir "$mine" -q
        err_has "$mine is not empty, and what is in it is not the builder's: choose another --cache-dir"
        one_line "$verb"
        is "$(find "$mine" -type f -exec sha256sum {} + | sort)" "$(cat "$SANDBOX/mine.before")" "files after $verb"
    done
    # In a cache of ours, too.
    build build-lxc --compression none
    mkdir -p "$BUILDS/mine/.git" && echo precious >"$BUILDS/mine/.git/config"
    expect 0 lxcpp-distrobuilder cache prune --all --cache-dir "$BUILDS"
    is "$(cat "$BUILDS/mine/.git/config")" precious "what is not ours in our cache"
    # One that was begun and not finished is ours.
    mkdir -p -m 0700 "$SANDBOX/begun"/{files,trees}
    expect 0 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$SANDBOX/begun" --compression none
    cache_is_usable
}

# $1: what it says; $2: the cache.
no_cache_in() {
    WHAT="cache in $2"
    run lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$2" --compression none -q
    is $? 1 "$WHAT: exit code"
    err_has "$1"
    one_line "$WHAT"
    unharmed "$WHAT"
    is "$(ls -A "$TO")" "" "$WHAT: the target"
}

test_caches_in_odd_places() { # 300 s
    hostile_payload
    no_cache_in "/ is not empty" /
    no_cache_in "/etc is not empty" /etc
    no_cache_in "/dev/null" /dev/null
    no_cache_in "/proc" /proc/self
    no_cache_in "small.yaml" "$RECIPE"
    ln -s loop "$SANDBOX/loop"
    no_cache_in "loop" "$SANDBOX/loop"
    mkdir -m 0777 "$SANDBOX/anybodys"
    no_cache_in "anybodys" "$SANDBOX/anybodys"
    mkdir -m 0700 "$SANDBOX/others" && chown 54001:54001 "$SANDBOX/others"
    no_cache_in "others" "$SANDBOX/others"
    build build-lxc --compression none
    mkdir "$SANDBOX/read-only"
    mount --bind "$BUILDS" "$SANDBOX/read-only"
    mount -o remount,bind,ro "$SANDBOX/read-only"
    canary_reading >"$SANDBOX/canary.before" # that mount is ours
    rm -f "$TO"/*
    no_cache_in "Read-only file system" "$SANDBOX/read-only"
    umount "$SANDBOX/read-only"
    canary_reading >"$SANDBOX/canary.before"
    local file
    for file in locks/use tmp trees; do
        rm -rf "$BUILDS" && build build-lxc --compression none && rm -rf "${BUILDS:?}/$file" "$TO"/*
        case $file in locks/use) mkfifo "$BUILDS/$file" ;; *) ln -s "$CANARY/d" "$BUILDS/$file" ;; esac
        WHAT="$file in the cache is something else"
        build_either_way build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --compression none
        is $CODE 1 "$WHAT: exit code"
        canary_intact "$WHAT"
    done
    rm -rf "$BUILDS" "$TO"/*
    cache_is_usable
}

# Whoever is last: both files are of one build.
test_two_builds_at_once_in_one_place() {
    hostile_payload
    local round pid other="$SANDBOX/recipe/other.yaml"
    recipe 'echo first >/srv/who' >"$RECIPE"
    sed 's/echo first/echo second/; s/create_message: .*/create_message: second/' "$RECIPE" >"$other"
    for round in 1 2 3; do
        lxcpp-distrobuilder build-lxc "$other" "$TO" --cache-dir "$BUILDS" --compression none 2>"$SANDBOX/other.err" &
        pid=$!
        build build-lxc --compression none
        wait $pid || fail "the other build failed: $(cat "$SANDBOX/other.err")"
        local message
        message=$(tar -xOf "$TO/meta.tar.xz" create-message)
        case "$(in_image srv/who)" in
        second) is "$message" second "round $round: message of the second build" ;;
        first) differs "$message" second "round $round: message of the first build" ;;
        *) fail "round $round: neither of them: $(in_image srv/who)" ;;
        esac
    done
    unharmed "two builds at once"
    cache_is_usable
}

# A build goes on when its terminal is gone, if nohup(1) started it; all else that ends it leaves nothing.
test_signals_end_a_build_without_a_trace() {
    hostile_payload
    local signal pid
    for signal in INT TERM HUP QUIT; do
        recipe_with_action "echo $signal; sleep 1000"
        lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --debug 2>"$SANDBOX/build.err" >&2 &
        pid=$!
        wait_for_text "$SANDBOX/build.err" "^$signal"
        kill -$signal $pid
        wait $pid
        is $? 1 "exit code after SIG$signal"
        OUT='' ERR=$(<"$SANDBOX/build.err")
        err_has "interrupted by SIG$signal"
        unharmed "SIG$signal"
    done
    recipe_with_action "echo working; sleep 1; echo went on >/srv/went"
    nohup lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --debug --compression none >"$SANDBOX/build.err" 2>&1 &
    pid=$!
    wait_for_text "$SANDBOX/build.err" "^working"
    kill -HUP $pid
    wait $pid
    is $? 0 "exit code of a build that nohup started"
    is "$(in_image srv/went)" "went on" "the action"
    cache_is_usable
}
