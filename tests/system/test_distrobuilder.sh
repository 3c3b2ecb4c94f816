# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lxcpp-distrobuilder: recipes of a small root file system, built whole.

# shellcheck source=tests/system/small_recipe.sh
source "$(dirname "${BASH_SOURCE[0]}")/small_recipe.sh"

test_one_tree_becomes_all_kinds_of_images() {
    payload
    build build --output lxc,incus,oci --compression zstd
    is "$(cd "$TO" && ls | tr '\n' ' ')" "incus.tar.zst manifest.spdx.json meta.tar.xz rootfs.squashfs rootfs.tar.zst small-1-x86_64-default-20260101_0000.oci.tar " files
    expect 0 lxcpp-image import "$TO/meta.tar.xz" "$TO/rootfs.tar.zst" -d small -r 1 --alias lxc
    local tree="$LXCPP_CACHE_DIR/images/trees/$OUT"
    is "$(cat "$tree/srv/asked" | tr '\n' ' ')" "unpacked refresh update install one two remove three clean done " "what was done"
    is "$(cat "$tree/srv/hostname")" distrobuilder "host name of the build"
    is "$(cat "$tree/srv/seen" | tr '\n' ' ')" "/etc/copied /etc/motd " "files before post-files"
    is "$(cat "$tree/etc/copied")" "of the host" "a file of the host"
    is "$(cat "$tree/etc/hostname")" LXC_NAME "name for LXC"
    is "$(stat -c %u:%g "$tree/srv")" 12:34 owner
    is "$(ls -A "$tree/dev")" "" "devices"
    [ ! -e "$tree/usr/sbin/policy-rc.d" ] || fail "policy-rc.d is in the image"
    expect 0 lxcpp-image import "$TO/incus.tar.zst" "$TO/rootfs.squashfs" --alias incus
    is "$(cat "$LXCPP_CACHE_DIR/images/trees/$OUT/etc/hostname")" old "name for Incus: its template writes it"
    expect 0 lxcpp-create -n "$C1" --image lxc
    err_has "made of Small 1"
    expect 0 lxcpp-create -n "$C2" -t oci -- --url "oci-archive:$TO/small-1-x86_64-default-20260101_0000.oci.tar"
    ! pgrep -f 'sleep 1000' -s 0 >/dev/null || fail "a program of the build still runs"
}

test_images_of_one_build_appear_together() {
    payload
    mkdir "$TO/incus.tar.gz"
    echo before >"$TO/meta.tar.xz"
    expect 1 lxcpp-distrobuilder build "$RECIPE" "$TO" --cache-dir "$BUILDS" --output lxc,incus --compression gzip
    err_has "incus.tar.gz: it is there already, and a directory"
    is "$(cat "$TO/meta.tar.xz")" before "the older image"
    is "$(ls -A "$TO" | tr '\n' ' ')" "incus.tar.gz meta.tar.xz " "the target"
}

test_the_manifest_is_of_the_finished_tree() {
    payload "mkdir -p /var/lib/dpkg; echo 'Package: late' >/var/lib/dpkg/status; echo 'Status: install ok installed' >>/var/lib/dpkg/status; echo 'Version: 1' >>/var/lib/dpkg/status"
    build build --output incus,lxc
    is "$(python3 -c 'import json, sys; print(*(one["name"] for one in json.load(open(sys.argv[1]))["packages"][1:]))' "$TO/manifest.spdx.json")" late "packages"
}

test_files_in_closed_directories_are_found() {
    payload
    local place="$SANDBOX/closed"
    mkdir -p "$place/keys" "$place/small"
    mv "$SANDBOX/recipe/file" "$place/keys/"
    mv "$SANDBOX/recipe/root.tar" "$place/small/"
    mv "$SANDBOX/recipe" "$place/recipe"
    RECIPE="$place/recipe/small.yaml"
    sed -i "s|url: .*|url: 'file://$place/{{ image.distribution }}/root.tar'|; s|source: file|source: ../keys/file|" "$RECIPE"
    chmod 0700 "$place"
    build build-lxc
    is "$(tar -xOf "$TO/rootfs.tar.xz" ./etc/copied)" "of the host" "a file of the host"
}

test_programs_get_the_variables_of_a_build() {
    payload 'echo "$HOME $SOURCE_DATE_EPOCH $MINE" >/srv/variables'
    sed -i "/^matrix:/,\$d; /trigger: post-files/a \  types: [container]" "$RECIPE"
    echo 'environment: {variables: [{key: MINE, value: mine}]}' >>"$RECIPE"
    sed -i 's/manager: .*//; s/update: true/update: true\n  repositories: [{name: extra, url: "http:\/\/127.0.0.1\/"}]/' "$RECIPE"
    export SOURCE_DATE_EPOCH=1767225600
    build build-dir
    err_has "repositories"
    expect 0 lxcpp-distrobuilder pack-lxc "$RECIPE" "$TO" "$SANDBOX/packed" --cache-dir "$BUILDS"
    is "$(tar -xOf "$SANDBOX/packed/rootfs.tar.xz" ./srv/variables)" "/root 1767225600 mine" "variables"
}

test_steps_are_taken_from_the_cache() {
    payload
    build build-lxc
    is "$(cached_steps)" 0 "steps of the cache at first"
    build build-lxc
    is "$(cached_steps)" 9 "steps of the cache"
    cp "$TO/rootfs.tar.xz" "$SANDBOX/first.tar.xz"
    recipe 'echo changed >/srv/changed' >"$RECIPE"
    build build-lxc
    is "$(cached_steps)" 8 "steps of the cache, one changed"
    tar -tf "$TO/rootfs.tar.xz" | grep -qx ./srv/changed || fail "the change is not there"
    echo other >"$SANDBOX/recipe/file"
    build build-lxc
    is "$(cached_steps)" 8 "a copied file changed"
    build build-lxc -o packages.sets.0.packages.2=more
    is "$(cached_steps)" 4 "the first set of packages changed"
    build build-lxc --no-cache
    is "$(cached_steps)" 0 "without the cache"
    build build-lxc --cache-max-age 0
    [ "$(cached_steps)" -lt 9 ] || fail "what is too old was used"
    build build-lxc --disable-overlay
    tar -tf "$TO/rootfs.tar.xz" | grep -qx ./srv/changed || fail "nothing is there without overlays"
}

# The images stand beside the recipe.
test_a_pattern_of_copy_is_what_it_matches() {
    payload
    sed -i 's|source: file$|source: "fil?"|' "$RECIPE"
    TO="$SANDBOX/recipe/out"
    mkdir "$TO"
    build build-lxc
    build build-lxc
    is "$(cached_steps)" 9 "steps of the cache"
}

test_bytes_follow_from_the_recipe() {
    payload
    export SOURCE_DATE_EPOCH=1767225600
    build build --output lxc,incus,oci
    (cd "$TO" && sha256sum ./*) >"$SANDBOX/first"
    build build --output lxc,incus,oci --no-cache
    is "$(cd "$TO" && sha256sum ./*)" "$(cat "$SANDBOX/first")" "digests of a second build"
}

test_the_other_archive_of_an_older_image_goes() {
    payload
    build build-lxc --compression zstd
    build build-lxc --compression gzip
    is "$(cd "$TO" && ls rootfs.tar.*)" rootfs.tar.gz "archives"
    err_has "rootfs.tar.zst of the image that was here before is removed"
}

test_a_source_that_nobody_verifies_is_told_once() {
    payload
    sed -i 's/^  sha256:.*/  skip_verification: true/' "$RECIPE"
    build build-lxc
    err_has "warning: root.tar: not verified at all: the recipe has source.skip_verification"
    is "$(grep -c "not verified at all" <<<"$ERR")" 1 "number of warnings"
    build build-lxc --json --no-cache
    is "$(python3 -c 'import json, sys; print(*(one["text"] for one in map(json.loads, sys.stdin) if one["event"] == "warning"))' <<<"$OUT")" \
        "root.tar: not verified at all: the recipe has source.skip_verification" "warning of --json"
}

test_a_failing_step_is_told_and_tried_again() {
    payload
    sed -i 's/echo unpacked.*/echo so far; false/' "$RECIPE"
    echo before >"$TO/rootfs.tar.xz"
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS"
    err_has "post-unpack action 1 of 1: exit code 1"
    err_has "so far"
    err_has "echo so far; false"
    is "$(cat "$TO/rootfs.tar.xz")" before "the older image"
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --json
    is "$(python3 -c 'import json, sys; print(*(json.loads(line)["event"] for line in sys.stdin))' <<<"$OUT")" "message cached begin failed" events
    err_is_one_line
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --cleanup=false
    is "$(cat "$BUILDS"/failed/*/srv/hostname)" distrobuilder "the tree that is kept"
    rm -r "$BUILDS/failed"
    echo in the way >"$BUILDS/failed"
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --cleanup=false --json
    err_has "post-unpack action 1 of 1: exit code 1"
    err_has "the tree as it was then is not kept: "
    sed -i 's/; false/ >>\/srv\/asked/' "$RECIPE"
    build build-lxc
    is "$(cached_steps)" 1 "steps of the cache"
}

# busybox's mv copies then; python's os.rename() and the like do not.
test_a_directory_that_overlayfs_does_not_rename_is_told() {
    payload
    sed -i 's|echo unpacked.*|echo "rename /srv: Invalid cross-device link" >\&2; exit 1|' "$RECIPE"
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS"
    err_has "--disable-overlay builds without it"
}

# Types what is to be typed when a prompt is there; prints what is on the terminal.
on_a_terminal() { # TYPED command…
    timeout 100 python3 - "$@" >"$SANDBOX/terminal" 2>&1 <<'P'
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown, typed, answered = b"", sys.argv[1].encode().splitlines(keepends=True), 0
while True:
    try:
        got = os.read(terminal, 4096)
    except OSError:  # nobody has it open any more
        break
    shown += got
    if b"# " in shown[answered:] and typed:
        answered = len(shown)
        os.write(terminal, typed.pop(0))
print(shown.decode(errors="replace").replace("\r", ""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
P
    local code=$?
    OUT=$(<"$SANDBOX/terminal") ERR=''
    return $code
}

test_a_shell_in_the_tree_of_a_failing_step() {
    need_tool python3
    payload
    sed -i 's/echo unpacked.*/echo so far >>\/srv\/asked; false/' "$RECIPE"
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS"
    err_has "exit code 1; for a shell in the tree as it is then: lxcpp-distrobuilder build-lxc $RECIPE $TO --cache-dir $BUILDS --shell-on-failure"
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --shell-on-failure
    err_is_one_line
    err_has "there is no terminal for the shell"
    local typed=$'cat /srv/asked; hostname; echo "it is $((6 * 7))" >/srv/typed; cat /srv/typed\nls "/proc/self/fd/"\nexit 0\n'
    on_a_terminal "$typed" lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --shell-on-failure
    is $? 1 "exit code after a shell that ended well"
    out_has "a shell in the tree as it is now; the build ends with it"
    out_has $'\nso far\ndistrobuilder\nit is 42\n'
    is "$(ls -A "$BUILDS/tmp")$(ls -A "$TO")" "" "what is left"
    sed -i 's/; false/; echo done >>\/srv\/asked/' "$RECIPE"
    build build-lxc
    tar -tf "$TO/rootfs.tar.xz" | grep -q typed && fail "what was typed is in the image"
    is "$(tar -xOf "$TO/rootfs.tar.xz" ./srv/asked | head -2 | tr '\n' ' ')" "so far done " "the step, run again"
}

test_an_action_harms_nothing_outside() {
    payload
    echo mine >"$SANDBOX/canary"
    sed -i "s|echo unpacked.*|mkdir -p $SANDBOX; ln -s $SANDBOX/canary /srv/link; echo evil >/srv/link; echo evil >$SANDBOX/canary; kill -9 \$PPID; kill -9 -1|" "$RECIPE"
    local mounts
    mounts=$(cat /proc/self/mountinfo)
    run lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS"
    is "$(cat "$SANDBOX/canary")" mine "a file of the host"
    is "$(cat /proc/self/mountinfo)" "$mounts" mounts
    is "$(ls -A "$BUILDS/tmp")" "" "what is left in the cache"
}

test_interrupted_and_late_builds_leave_a_good_cache() {
    payload
    sed -i 's|echo unpacked.*|echo >/srv/started; sleep 1000|' "$RECIPE"
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" -t 2
    err_has "--timeout"
    is "$(ls -A "$BUILDS/tmp")" "" "what is left in the cache"
    lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --debug 2>"$SANDBOX/build.err" &
    local pid=$!
    wait_for_text "$SANDBOX/build.err" "post-unpack"
    kill -INT $pid
    wait $pid
    is $? 1 "exit code"
    grep -q "interrupted by SIGINT" "$SANDBOX/build.err" || fail "the interruption is not told: $(cat "$SANDBOX/build.err")"
    is "$(ls -A "$BUILDS/tmp")" "" "what is left in the cache"
    is "$(ls -A "$TO")" "" "the target"
    sed -i 's|; sleep 1000||' "$RECIPE"
    build build-lxc
    is "$(cached_steps)" 1 "steps of the cache"
}

# The images are begun, in a place of a matrix.
test_an_interrupted_build_leaves_nothing_in_its_target() {
    payload "sleep 1000"
    lxcpp-distrobuilder build "$RECIPE" "$TO" --all --output lxc,incus --cache-dir "$BUILDS" 2>"$SANDBOX/build.err" &
    local pid=$!
    wait_for_text "$SANDBOX/build.err" "post-files action"
    [ "$(find "$TO" -name '.lxcpp-output-*' | wc -l)" -eq 1 ] || fail "nothing is begun in the target"
    kill -INT $pid
    wait $pid
    is $? 1 "exit code"
    is "$(find "$TO" -name '.lxcpp-output-*')" "" "what is left in the target"
}

test_two_builds_at_once_share_their_steps() {
    payload
    mkdir "$SANDBOX/other"
    lxcpp-distrobuilder build-lxc "$RECIPE" "$SANDBOX/other" --cache-dir "$BUILDS" 2>"$SANDBOX/other.err" &
    local pid=$!
    build build-lxc
    wait $pid || fail "the other build failed: $(cat "$SANDBOX/other.err")"
    local both
    both=$(($(cached_steps) + $(grep -c '(cached)' "$SANDBOX/other.err")))
    is "$both" 9 "steps that one of them took from the other"
}

# What was found too old while another build works on it.
test_a_build_replaces_nothing_that_another_works_on() {
    payload
    sed 's|echo done >>/srv/asked|echo >/srv/started; sleep 1000|' "$RECIPE" >"$SANDBOX/recipe/long.yaml"
    sed -i 's|setsid sleep.*||' "$SANDBOX/recipe/long.yaml"
    mkdir "$SANDBOX/other"
    lxcpp-distrobuilder build-lxc "$SANDBOX/recipe/long.yaml" "$SANDBOX/other" --cache-dir "$BUILDS" 2>"$SANDBOX/long.err" &
    local long=$!
    wait_for_text "$SANDBOX/long.err" "post-packages"
    sed -i 's/^made .*/made 1/' "$BUILDS"/sums/step-*
    build build-lxc --cache-max-age 0
    is "$(cached_steps)" 1 "steps that are not too old"
    # The same step at the same time: one waits, and says so.
    lxcpp-distrobuilder build-lxc "$SANDBOX/recipe/long.yaml" "$TO" --cache-dir "$BUILDS" 2>"$SANDBOX/waits.err" &
    local waits=$!
    wait_for_text "$SANDBOX/waits.err" "another build is at 'post-packages action 1 of 1': waiting for it"
    kill -INT $waits $long
    wait $waits
    wait $long
    is $? 1 "exit code"
    build build-lxc
    is "$(cached_steps)" 9 "steps of the cache"
}

test_directories_are_built_and_packed() {
    payload
    local dir="$SANDBOX/dir"
    expect 0 lxcpp-distrobuilder build-dir "$RECIPE" "$dir" --cache-dir "$BUILDS"
    is "$(cat "$dir/srv/asked" | tr '\n' ' ')" "unpacked refresh update install one two remove three clean done " "what was done"
    [ ! -e "$dir/srv/seen" ] || fail "post-files ran"
    is "$(cat "$dir/etc/hostname")" old "hostname is for images"
    is "$(cat "$dir/etc/motd")" hello "a dump"
    expect 1 lxcpp-distrobuilder build-dir "$RECIPE" "$dir" --cache-dir "$BUILDS"
    err_has "is not empty"
    expect 0 lxcpp-distrobuilder pack-lxc "$RECIPE" "$dir" "$TO" --cache-dir "$BUILDS"
    tar -tf "$TO/rootfs.tar.xz" | grep -qx ./srv/seen || fail "post-files did not run"
    is "$(tar -xOf "$TO/rootfs.tar.xz" ./etc/hostname)" LXC_NAME "name for LXC"
    is "$(cat "$dir/etc/hostname")" old "the directory is as it was"
    [ ! -e "$dir/srv/seen" ] || fail "the directory was changed"
    expect 0 lxcpp-distrobuilder pack-incus "$RECIPE" "$dir" "$TO" --cache-dir "$BUILDS" --type unified --disable-overlay
    tar -tf "$TO/small-1-x86_64-default-20260101_0000.tar.xz" | grep -qx rootfs/srv/seen || fail "post-files did not run"
    [ ! -e "$dir/srv/seen" ] || fail "the directory was changed"
}

test_the_matrix_is_built_whole() {
    payload
    expect 0 lxcpp-distrobuilder build "$RECIPE" --list
    is "$(wc -l <<<"$OUT")" 3 "images of the matrix"
    build build --output lxc --all --no-manifest
    is "$(cd "$TO" && find . -name rootfs.tar.xz | LC_ALL=C sort | tr '\n' ' ')" \
        "./small/1/x86_64/cloud/rootfs.tar.xz ./small/1/x86_64/default/rootfs.tar.xz ./small/2/x86_64/default/rootfs.tar.xz " images
}

test_recipes_are_looked_at_without_being_built() {
    payload
    expect 0 setpriv --reuid=54001 --regid=54001 --clear-groups lxcpp-distrobuilder validate "$RECIPE"
    expect 0 lxcpp-distrobuilder show "$RECIPE" -o image.release=9,image.variant=cloud
    out_has "description: Small 9 x86_64 (cloud) (20260101_0000)"
    expect 0 bash -c "lxcpp-distrobuilder validate - <'$RECIPE'"
    expect 0 lxcpp-distrobuilder lint "$RECIPE"
    sed -i 's/trigger: post-packages/trigger: post-package/' "$RECIPE"
    expect 1 lxcpp-distrobuilder validate "$RECIPE"
    err_has "small.yaml:"
    err_has "post-packages"
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS"
    [ ! -e "$BUILDS" ] || fail "something was begun"
}

test_command_lines_that_are_wrong() {
    payload
    expect 1 lxcpp-distrobuilder
    expect 1 lxcpp-distrobuilder biuld-lxc "$RECIPE"
    err_has "did you mean 'build-lxc'"
    expect 1 lxcpp-distrobuilder build-lxc
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" more
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" --type unified
    err_has "no option --type"
    expect 1 lxcpp-distrobuilder build-incus "$RECIPE" --vm
    err_has "not offered"
    expect 1 lxcpp-distrobuilder build-incus "$RECIPE" --import-into-incus
    err_has "incus image import"
    expect 1 bash -c "lxcpp-distrobuilder build-lxc '$RECIPE' '$TO' --cache-dir '$BUILDS' --shell-on-failure </dev/null"
    err_has "--shell-on-failure: there is no terminal"
    [ ! -e "$BUILDS" ] || fail "something was begun"
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" --compression lzo
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" --cleanup=perhaps
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" -o image.relase=1
    expect 1 lxcpp-distrobuilder build "$RECIPE" "$TO"
    err_has "--output"
    expect 1 lxcpp-distrobuilder build "$RECIPE" "$TO" --output vhd
    expect 1 lxcpp-distrobuilder cache empty
    expect 1 lxcpp-distrobuilder repack-windows a b
    err_is_one_line
    expect 0 lxcpp-distrobuilder --help
    expect 0 lxcpp-distrobuilder build-lxc --help
    err_has "--cache-max-age"
    is "$(ls -A "$TO")" "" "the target"
}

test_what_builds_left_is_taken_away() {
    payload
    build build-lxc
    expect 0 lxcpp-distrobuilder cache list --cache-dir "$BUILDS"
    out_has "post-packages action 1 of 1"
    expect 0 lxcpp-distrobuilder cache prune --cache-dir "$BUILDS"
    build build-lxc
    is "$(cached_steps)" 9 "steps of the cache"
    mkdir "$BUILDS/mine" && echo mine >"$BUILDS/mine/file"
    expect 0 lxcpp-distrobuilder cache prune --all --cache-dir "$BUILDS"
    is "$(ls -A "$BUILDS/trees")" "" "layers"
    is "$(cat "$BUILDS/mine/file")" mine "what is not ours"
    build build-lxc
    is "$(cached_steps)" 0 "steps of the cache"
}

test_nothing_is_taken_away_under_a_build() {
    payload "sleep 1000"
    lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --cleanup=false 2>"$SANDBOX/build.err" &
    local pid=$!
    wait_for_text "$SANDBOX/build.err" "post-files action"
    mkdir -p "$BUILDS/failed/tree"
    expect 1 lxcpp-distrobuilder cache prune --all --cache-dir "$BUILDS"
    err_has "in use"
    [ -d "$BUILDS/failed/tree" ] || fail "the tree of a failed step is gone"
    kill -INT $pid
    wait $pid
    expect 0 lxcpp-distrobuilder cache prune --cache-dir "$BUILDS"
    [ ! -e "$BUILDS/failed" ] || fail "the tree of a failed step is still there"
}

test_a_full_disk_is_told() {
    payload
    mkdir "$SANDBOX/small"
    mount -t tmpfs -o size=1m tmpfs "$SANDBOX/small"
    trap 'umount "$SANDBOX/small" 2>/dev/null' EXIT
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$SANDBOX/small" --cache-dir "$BUILDS" --compression none
    err_has "No space left on device"
    is "$(ls -A "$SANDBOX/small")" "" "the target"
    expect 1 lxcpp-distrobuilder build-dir "$RECIPE" "$SANDBOX/small" --cache-dir "$BUILDS"
    err_has "No space left on device"
    is "$(ls -A "$SANDBOX/small")" "" "the directory"
    head -c 500k /dev/zero >"$SANDBOX/small/filler"
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$SANDBOX/small/cache"
    err_has "No space left on device"
    is "$(ls -A "$TO")" "" "the target"
    umount "$SANDBOX/small"
    trap - EXIT
}

# Alpine's edge is a release, and what its apk brings that day.
test_a_source_that_asks_servers_grows_old() {
    payload
    printf '#!/bin/sh\necho "$WORD" >/asked\n' >"$ROOT/sbin/apk"
    chmod 755 "$ROOT/sbin/apk"
    mkdir -p "$ROOT/etc/apk" "$SANDBOX/recipe/v3.20/releases/x86_64"
    echo https://mirror.example/v3.20/main >"$ROOT/etc/apk/repositories"
    ln -s busybox "$ROOT/bin/sed"
    local tar="$SANDBOX/recipe/v3.20/releases/x86_64/alpine-minirootfs-3.20.1-x86_64.tar.gz"
    tar -C "$ROOT" --numeric-owner -czf "$tar" .
    cat >"$RECIPE" <<EOF
image: {distribution: small, release: edge, architecture: x86_64}
source: {downloader: alpinelinux-http, same_as: 3.20.1, url: "file://$SANDBOX/recipe", sha256: $(sha256sum <"$tar" | cut -c1-64)}
packages: {manager: apk}
environment: {variables: [{key: WORD, value: one}]}
EOF
    build build-lxc
    is "$(cached_steps)" 0 "steps of the cache at first"
    build build-lxc
    is "$(cached_steps)" 1 "steps of the cache"
    sed -i 's/^made .*/made 1700000000/' "$BUILDS"/sums/step-*
    build build-lxc
    is "$(cached_steps)" 0 "what is too old"
    build build-lxc -o environment.variables.0.value=two
    is "$(cached_steps)" 0 "steps of the cache with another environment"
    is "$(tar -xOf "$TO/rootfs.tar.xz" ./asked)" two "what the script saw"
}

# A mirror of packages whose tools run a program of theirs, and a recipe of it.
packages() {
    need_tool xz
    ROOT="$SANDBOX/package" RECIPE="$SANDBOX/recipe/packages.yaml" TO="$SANDBOX/target" BUILDS="$SANDBOX/builds"
    local mirror="$SANDBOX/recipe/Plamo-8.x/x86_64/plamo/00_base"
    mkdir -p "$ROOT/sbin" "$mirror" "$TO"
    printf '#!/bin/sh\nmkdir -p "$1/etc" && echo ran >"$1/etc/tool"\n' >"$ROOT/sbin/tool"
    chmod 755 "$ROOT/sbin/tool"
    printf '/sbin/tool "$2"\n' >"$ROOT/sbin/new_installpkg" # that of the tools themselves, whose paths are put right
    tar -C "$ROOT" -cJf "$mirror/pkgtools8-8.0-noarch-B1.txz" .
    cat >"$RECIPE" <<EOF
image: {distribution: small, release: 8.x}
source: {downloader: plamolinux-http, url: "file://$SANDBOX/recipe", skip_verification: true}
packages: {manager: apk}
EOF
}

test_programs_of_sources_run_wherever_downloads_are_kept() {
    packages
    expect 0 lxcpp-distrobuilder build-dir "$RECIPE" "$TO" --cache-dir "$BUILDS" --sources-dir "$SANDBOX/sources"
    is "$(cat "$TO/etc/tool")" ran "what a program of a package wrote"
    is "$(ls -A "$BUILDS/tmp" "$SANDBOX/sources/tmp" | tr '\n' ' ')" "$BUILDS/tmp:  $SANDBOX/sources/tmp: " "what is left"
}
