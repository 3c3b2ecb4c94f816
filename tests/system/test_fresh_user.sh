# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# A user whom useradd has just made, with the subordinate ids that it gives, and each way to a container.

# shellcheck source=tests/system/users.sh
source "$(dirname "${BASH_SOURCE[0]}")/users.sh"
# shellcheck source=tests/system/image_tree.sh
source "$(dirname "${BASH_SOURCE[0]}")/image_tree.sh"
# shellcheck source=tests/system/oci_images.sh
source "$(dirname "${BASH_SOURCE[0]}")/oci_images.sh"
# shellcheck source=tests/system/lives.sh
source "$(dirname "${BASH_SOURCE[0]}")/lives.sh"

DORA=()
dora() { expect 0 "${DORA[@]}" "$@"; }

# In a copy of /etc that only this test's mount namespace has.
fresh_user() {
    local tool uid
    for tool in useradd setpriv newuidmap newgidmap busybox; do need_tool "$tool"; done
    mkdir -p "$SANDBOX/machine" "$SANDBOX/home"
    cp -a /etc/. "$SANDBOX/machine"
    mount --bind "$SANDBOX/machine" /etc
    useradd --create-home --base-dir "$SANDBOX/home" dora 2>"$SANDBOX/tmp/useradd" || skip "useradd: $(<"$SANDBOX/tmp/useradd")"
    uid=$(id -u dora)
    FIRST=$(awk -F: '$1 == "dora" {print $2}' /etc/subuid)
    [ -n "$FIRST" ] || skip "useradd gives no subordinate ids here"
    DORA=(setpriv "--reuid=$uid" "--regid=$(id -g dora)" --clear-groups env -i "PATH=$PATH" "LXCPP_LIBEXEC_DIR=$LXCPP_LIBEXEC_DIR"
        "LXCPP_DATA_DIR=$LXCPP_DATA_DIR" "LXCPP_ROOTFS_MOUNT=$LXCPP_ROOTFS_MOUNT" LC_ALL=C.UTF-8 TERM=xterm "HOME=$SANDBOX/home/dora")
    "${DORA[@]}" lxcpp-ls --version >/dev/null 2>&1 || skip "this build is not readable for other users"
    "${DORA[@]}" unshare --user true 2>/dev/null || skip "users may not have user namespaces here"
    HERS="$SANDBOX/home/dora/.local/share/lxcpp"
}
dora_state() { "${DORA[@]}" lxcpp-info -n "$1" -s -H; }

# Each verb that she has, on $C1 of hers, which is there and has busybox.
whole_life() {
    need_tool script
    local events="$SANDBOX/home/dora/events" monitor
    dora lxcpp-ls -1
    out_is "$C1"
    "${DORA[@]}" lxcpp-monitor >"$events" 2>&1 </dev/null &
    monitor=$!
    dora lxcpp-start -n "$C1"
    dora lxcpp-wait -n "$C1" -s RUNNING -t 10
    dora lxcpp-attach -n "$C1" -- sh -c 'id -u; echo mine >/root/mine; stat -c %u /root/mine'
    out_is $'0\n0'
    { read -r -t 1 <> <(:); printf '\001q'; } | timeout 20 "${DORA[@]}" script -qec "lxcpp-console -n $C1 -t 0" /dev/null >"$SANDBOX/tmp/typescript" 2>&1
    is "${PIPESTATUS[1]}" 0 "exit code of the console"
    dora lxcpp-info -n "$C1"
    out_has RUNNING
    dora lxcpp-ls -f
    out_matches "$C1 +RUNNING"
    dora lxcpp-stop -r -n "$C1"
    is "$(dora_state "$C1")" RUNNING "after a reboot"
    dora lxcpp-attach -n "$C1" -- cat /root/mine
    out_is mine
    dora lxcpp-stop -k -n "$C1"
    dora lxcpp-wait -n "$C1" -s STOPPED -t 10
    kill $monitor
    wait $monitor 2>/dev/null
    grep -q "'$C1' changed state to \[STOPPED\]" "$events" || fail "the monitor printed: $(cat "$events")"
    dora lxcpp-inventory check
    expect 1 "${DORA[@]}" lxcpp-wait -n "$C2" -s STOPPED
    dora lxcpp-destroy -n "$C1"
    dora lxcpp-ls -1
    out_is ""
    is "$(find "$HERS" -mindepth 1 ! -name 'inventory.db*')" "" "what is left"
}

test_download() { # 300 s
    need_image_server
    fresh_user
    local build="alpine/edge/$ARCH/default/20260101_05:24" storage
    make_payload "$SANDBOX/payload"
    add_build alpine edge "20260101_05:24" "$SANDBOX/payload"
    write_streams "$build"
    serve_tls
    for storage in overlay dir; do
        dora env "SSL_CERT_FILE=$SSL_CERT_FILE" lxcpp-create -n "$C1" -B "$storage" -t download -- -d alpine -r edge --server "$SERVER"
        dora lxcpp-config -n "$C1" get lxc.rootfs.path
        case $storage in overlay) out_has overlay/upper ;; dir) out_has "$C1/rootfs" ;; esac
        whole_life
    done
    # The same image by its name in the store.
    dora lxcpp-image list --format csv
    out_has alpine
    dora lxcpp-create -n "$C1" --image "$(fingerprint_of "$build")"
    whole_life
    end_servers
    umount /etc
}

test_oci() { # 300 s
    fresh_user
    make_image
    chmod 0755 "$SANDBOX/tmp"
    chmod -R a+rX "$SANDBOX/tmp/img"
    local storage
    for storage in overlay dir; do
        dora lxcpp-create -n "$C1" -B "$storage" -t oci -- -u "oci:$PWD/img:v1"
        expect 0 "${DORA[@]}" lxcpp-execute -n "$C1" -- /bin/sh -c 'cat /d/new; id -u'
        dora lxcpp-destroy -n "$C1"
    done
    umount /etc
}

test_debian() { # 900 s
    needs_mirror
    fresh_user
    RUN_TIMEOUT=600 dora lxcpp-create -n "$C1" -t debian -- -r bookworm --variant minbase
    dora lxcpp-start -n "$C1" -- /bin/sleep 600
    dora lxcpp-attach -n "$C1" -- cat /etc/debian_version
    out_matches '^12\.'
    dora lxcpp-attach -n "$C1" -- sh -c 'dpkg -l dpkg | tail -1; stat -c %u:%g /var/cache/apt/archives/partial /usr/bin/passwd'
    out_has "0:0"
    dora lxcpp-stop -k -n "$C1"
    dora lxcpp-destroy -n "$C1"
    umount /etc
}

small_image() {
    "$(support template-testinit)" --path=/ --name=x --rootfs="$SANDBOX/root" --testinit "$LXCPP_TESTINIT"
    tar -C "$SANDBOX/root" --numeric-owner -cf "$SANDBOX/root.tar" .
    chmod 0644 "$SANDBOX/root.tar"
    dora lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a "$(uname -m)" --alias small
}

# On what no overlay can be made: here an overlay, as the root of a container of Docker is. It keeps user.*, so that only
# the mount itself tells.
test_where_the_kernel_refuses_an_overlay() {
    fresh_user
    small_image
    dora mkdir -p "$HERS"
    mkdir "$SANDBOX"/{lower,upper,work}
    chown --reference="$SANDBOX/home/dora" "$SANDBOX/lower" "$SANDBOX/upper"
    mount -t overlay overlay -o "userxattr,lowerdir=$SANDBOX/lower,upperdir=$SANDBOX/upper,workdir=$SANDBOX/work" "$HERS"
    chown --reference="$SANDBOX/home/dora" "$HERS"
    dora lxcpp-create -n "$C1" --image small
    err_has "the image is copied, and shares nothing with others of it: the kernel makes no overlay in $HERS"
    dora lxcpp-config -n "$C1" get lxc.rootfs.path
    out_has "$C1/rootfs"
    is "$(find "$HERS" -maxdepth 1 -name '.overlay*')" "" "what the trial leaves"
    whole_life
    expect 1 "${DORA[@]}" lxcpp-create -n "$C1" -B overlay --image small
    err_is_one_line
    err_has "-B overlay: the kernel makes no overlay"
    is "$(find "$HERS" -mindepth 1 ! -name 'inventory.db*')" "" "what is left of a create that was refused"
    umount "$HERS"
    # The twin: where the kernel takes it, it is one, and nothing is said.
    dora lxcpp-create -n "$C1" -B overlay --image small
    is "$ERR" ""
    dora lxcpp-destroy -n "$C1"
    umount /etc
}
