# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Images of an architecture that is not this machine's.

# shellcheck source=tests/system/test_distrobuilder.sh
source "$(dirname "${BASH_SOURCE[0]}")/test_distrobuilder.sh"
# shellcheck source=tests/system/test_user_store.sh
source "$(dirname "${BASH_SOURCE[0]}")/test_user_store.sh"

# Nothing is fetched or made before it is known that the build can end well.
test_foreign_programs_need_an_interpreter() {
    payload
    local foreign=arm64
    [ "$(uname -m)" != aarch64 ] || foreign=riscv64
    compgen -G '/proc/sys/fs/binfmt_misc/qemu-*' >/dev/null && skip "this machine has interpreters for other architectures"
    expect 1 lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" -o image.architecture=$foreign
    err_is_one_line
    err_has "image.architecture: $foreign: this $(uname -m) machine cannot run programs of that architecture, which the build does: install the package qemu-user-static"
    is "$(ls -A "$BUILDS/trees")$(ls -A "$TO")" "" "what was begun"
    # An image is only packed, where nothing of it is run.
    sed -i '/^  update: true/,/^matrix:/{/^matrix:/!d}' "$RECIPE"
    build build-lxc -o image.architecture=$foreign
    expect 0 tar -xOf "$TO/meta.tar.xz" config
}

# A user namespace with all ids, whose interpreters are its own (Linux 6.7): whatever the machine has is not there.
make_namespace() {
    unshare --user sleep 1000 &
    NAMESPACE=$!
    trap 'kill $NAMESPACE; forget_users 2>/dev/null' EXIT
    local mine
    mine=$(readlink /proc/self/ns/user)
    until [ "$(readlink "/proc/$NAMESPACE/ns/user")" != "$mine" ]; do read -r -t 0.05 <> <(:); done
    echo '0 0 4294967295' >"/proc/$NAMESPACE/uid_map"
    echo '0 0 4294967295' >"/proc/$NAMESPACE/gid_map"
    IN_NAMESPACE=(nsenter --user --target $NAMESPACE --setuid 0 --setgid 0)
    "${IN_NAMESPACE[@]}" unshare --mount mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc 2>/dev/null ||
        skip "interpreters for other architectures are the whole machine's here (Linux before 6.7)"
}

# As anna in there: a build with this way to register the interpreter, which may be none.
build_foreign() { # CODE FLAGS [OPTION…]
    local code="$1" flags="$2"
    shift 2
    # shellcheck disable=SC2016
    RUN_TIMEOUT=200 expect "$code" "${IN_NAMESPACE[@]}" unshare --mount --propagation private bash -c '
        mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc || exit 99
        [ "$1" = none ] || printf %s ":foreign:M::$2:$3:$4:$1" >/proc/sys/fs/binfmt_misc/register || exit 98
        shift 4
        exec "$@"' _ "$flags" "$MAGIC" "$MASK" "$SANDBOX/support/foreign" \
        "${AS_ANNA[@]}" lxcpp-distrobuilder build-lxc "$RECIPE" "$SANDBOX/home/anna/images" -o "image.architecture=$FOREIGN" "$@"
}

test_an_interpreter_runs_what_a_build_runs() {
    need_tool nsenter
    payload
    make_users
    make_namespace
    AS_ANNA+=("LXCPP_LIBEXEC_DIR=$LXCPP_LIBEXEC_DIR" "LXCPP_DATA_DIR=$LXCPP_DATA_DIR")
    install -m 0755 "${LXCPP_FOREIGN:?}" "$SANDBOX/support/foreign"
    FOREIGN=arm64 machine='\xb7'
    [ "$(uname -m)" != aarch64 ] || FOREIGN=riscv64 machine='\xf3'
    MAGIC='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00'$machine'\x00'
    MASK='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    printf '%b\0' "$machine" | dd of="$ROOT/bin/busybox" bs=1 seek=18 conv=notrunc status=none
    tar -C "$ROOT" --numeric-owner -cf "$SANDBOX/recipe/root.tar" .
    recipe true >"$RECIPE"
    build_foreign 1 none
    err_is_one_line
    err_has "cannot run programs of that architecture, which the build does: install the package qemu-user-static"
    build_foreign 1 '' # the path of the interpreter is looked up in the root file system
    err_is_one_line
    err_has "has an interpreter for programs of that architecture (binfmt_misc) that is not found from within a root file system: it must be registered with the flag F"
    build_foreign 0 F
    is "$(tar -xOf "$SANDBOX/home/anna/images/rootfs.tar.xz" ./srv/asked | tr '\n' ' ')" "unpacked refresh update install one two remove three clean done " "what was done"
    is "$(tar -xOf "$SANDBOX/home/anna/images/rootfs.tar.xz" ./srv/hostname)" distrobuilder "host name of the build"
    kill $NAMESPACE
    wait $NAMESPACE 2>/dev/null
    expect 0 "${AS_ANNA[@]}" unshare --map-auto --map-root-user rm -rf "$SANDBOX/home/anna/.cache"
    forget_users
    trap - EXIT
}
