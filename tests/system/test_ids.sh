# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Which ids a new container gets, and how they come to the disk. The files of /etc are covered in the
# mount namespace of the test.

subids() { # FILE-TEXT for both files
    printf '%b' "$1" >"$SANDBOX/tmp/subids"
    mount --bind "$SANDBOX/tmp/subids" /etc/subuid && mount --bind "$SANDBOX/tmp/subids" /etc/subgid || skip "cannot cover /etc/subuid"
}
uncover() { umount /etc/subuid /etc/subgid; }
first_id() { awk '$1 == "lxc.idmap" && $3 == "u" {print $5}' "$LXCPATH/$1/config"; }

test_roots_entry_is_used() {
    subids 'alice:100000:65536\nroot:7000000:131072\n'
    make_container "$C1"
    make_container "$C2"
    is "$(first_id "$C1") $(first_id "$C2")" "7000000 7065536" "ranges of root's entry"
    # The third has none left there and comes from the default range, over nobody's entry.
    make_container "$C3"
    [ "$(first_id "$C3")" -gt 7131072 ] || fail "third range is $(first_id "$C3")"
    uncover
}

test_nobodys_entry_is_overlapped() {
    subids ''
    make_container "$C1"
    local default
    default=$(first_id "$C1")
    lxcpp-destroy -f -n "$C1"
    uncover
    # Somebody's entry begins in the middle of what the first container would get.
    subids "bob:$((default + 100)):10\ncarol:$((default + 65536)):65536\n"
    make_container "$C1"
    is "$(first_id "$C1")" $((default + 131072)) "first id beside others' entries"
    uncover
}

test_no_range_left() {
    subids 'bob:65536:4294000000\n'
    printf 'lxc.net.0.type = empty\n' >"$SANDBOX/tmp/c.conf"
    expect 1 lxcpp-create -n "$C1" -f "$SANDBOX/tmp/c.conf" -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    err_is_one_line
    err_has /etc/subuid
    [ ! -e "$LXCPATH/$C1" ] || fail "a container was left"
    uncover
}

test_broken_lines_do_not_matter() {
    subids '# comment\n\nroot\nroot:x:1\nroot:4294967000:65536\nroot:1:0\n:1:1\nroot:9000000:65536\n'
    make_container "$C1"
    is "$(first_id "$C1")" 9000000 "range"
    uncover
}

test_explicit_map_is_obeyed() {
    make_container "$C1" 'lxc.idmap = u 0 12000000 65536' 'lxc.idmap = g 0 13000000 65536'
    start "$C1"
    attach "$C1" /bin/testinit uid-map gid-map
    is "$(tr -s ' ' <<<"$OUT" | tr '\n' ';')" " 0 12000000 65536; 0 13000000 65536;" maps
    # --privileged wins over the file's map, and is shown.
    CREATE_OPTIONS=--privileged make_container "$C2" 'lxc.idmap = u 0 12000000 65536' 'lxc.idmap = g 0 13000000 65536'
    start "$C2"
    attach "$C2" /bin/testinit uid-map
    is "$(tr -s ' ' <<<"$OUT")" " 0 0 4294967295" "map of a privileged container"
    expect 1 lxcpp-create -n "$C3" -t "$(support template-testinit)" -f <(printf 'lxc.idmap = u 1000 12000000 65536\nlxc.idmap = g 1000 1 1\n') -- --testinit "$LXCPP_TESTINIT"
    err_is_one_line
}

# The same container on a file system that takes idmapped mounts, and on those that do not.
test_file_systems_with_and_without_idmapped_mounts() {
    local type where
    mkdir "$SANDBOX/tmp/fs"
    for type in tmpfs ext4 btrfs xfs overlay ramfs; do
        where="$SANDBOX/tmp/fs/$type"
        mkdir -p "$where" "$SANDBOX/tmp/$type."{lower,upper,work}
        case $type in
        tmpfs | ramfs) mount -t "$type" none "$where" ;;
        overlay) mkdir -p "$SANDBOX/tmp/ovl" && mount -t tmpfs none "$SANDBOX/tmp/ovl" && mkdir "$SANDBOX/tmp/ovl/"{l,u,w} &&
            mount -t overlay -o "lowerdir=$SANDBOX/tmp/ovl/l,upperdir=$SANDBOX/tmp/ovl/u,workdir=$SANDBOX/tmp/ovl/w" none "$where" ;;
        *)
            command -v "mkfs.$type" >/dev/null || { echo "no mkfs.$type"; continue; }
            truncate -s 320M "$SANDBOX/tmp/$type.img"
            "mkfs.$type" -q "$SANDBOX/tmp/$type.img" || continue
            mount -o loop "$SANDBOX/tmp/$type.img" "$where" 2>/dev/null || { echo "no $type here"; continue; } ;;
        esac
        chmod 0755 "$where"
        expect 0 lxcpp-create -P "$where" -n "$C1" -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
        local root="$where/$C1/rootfs"
        grep -q idmap= "$where/$C1/config" || err_has "$where takes no idmapped mounts"
        if grep -q idmap= "$where/$C1/config"; then
            is "$(stat -c %u "$root/bin/testinit")" 0 "$type: owner on the disk"
        else
            is "$(stat -c %u "$root/bin/testinit")" "$(awk '$1 == "lxc.idmap" && $3 == "u" {print $5}' "$where/$C1/config")" "$type: owner on the disk"
        fi
        expect 0 lxcpp-start -P "$where" -n "$C1"
        expect 0 lxcpp-attach -P "$where" -n "$C1" -- /bin/sh -c 'stat -c %u:%g /bin/testinit; touch /tmp/new; stat -c %u:%g /tmp/new'
        is "$OUT" $'0:0\n0:0' "$type: owners inside"
        expect 0 lxcpp-destroy -f -P "$where" -n "$C1"
        umount "$where" || fail "umount $where"
    done
    umount "$SANDBOX/tmp/ovl"
}

# A mount that has a map cannot get another one: as good as a file system without idmapped mounts.
test_shifted_ids_where_there_is_no_idmapped_mount() {
    need_tool python3
    local where="$SANDBOX/tmp/mapped" root
    mkdir "$where"
    mount -t tmpfs -o mode=0755 none "$where"
    python3 - "$where" <<'P' || skip "cannot make an idmapped mount here"
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
place = sys.argv[1].encode()
ready, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    libc.unshare(0x10000000)
    os.write(ready[1], b"x")
    os.read(go[0], 1)
    os._exit(0)
os.read(ready[0], 1)
for kind in ("uid_map", "gid_map"):
    with open(f"/proc/{child}/{kind}", "w") as file:
        file.write("0 0 4294967294")
user = os.open(f"/proc/{child}/ns/user", os.O_RDONLY)
tree = libc.syscall(428, -100, place, 1 | 0o2000000)
attributes = (ctypes.c_uint64 * 4)(0x100000, 0, 0, user)
if libc.syscall(442, tree, b"", 0x1000, attributes, 32) != 0 or libc.syscall(429, tree, b"", -100, place, 4) != 0:
    sys.exit(1)
os.write(go[1], b"x")
P
    expect 0 lxcpp-create -P "$where" -n "$C1" -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    root="$where/$C1/rootfs"
    is "$(stat -c %u "$root/bin/testinit")" "$(awk '$1 == "lxc.idmap" && $3 == "u" {print $5}' "$where/$C1/config")" "owner on the disk"
    expect 0 lxcpp-start -P "$where" -n "$C1"
    expect 0 lxcpp-attach -P "$where" -n "$C1" -- /bin/sh -c 'stat -c %u:%g /bin/testinit; touch /tmp/new; stat -c %u:%g /tmp/new'
    is "$OUT" $'0:0\n0:0' "owners inside"
    expect 0 lxcpp-stop -k -P "$where" -n "$C1"
    # A configuration that asks for what cannot be.
    expect 1 lxcpp-start -P "$where" -n "$C1" -s lxc.rootfs.options=idmap=container
    err_is_one_line
    err_has "idmap="
    expect 0 lxcpp-destroy -P "$where" -n "$C1"
    umount -l "$where"
    umount "$where"
}
