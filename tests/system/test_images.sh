# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Containers made of an image of the store. What is in the store is put there by a small program of the tests.

hex() { printf "%.0s$1" {1..64}; }

# store_busybox ALIAS DIGIT [LINE…]: an image of testinit and busybox, of one tree; further lines of its record. Its
# fingerprint is the digit 64 times. More words for store-image in STORE_OPTIONS.
store_busybox() {
    need_tool busybox
    local alias="$1" digit="$2" root="$SANDBOX/tmp/root-$2" tree
    shift 2
    [ -d "$root" ] || "$(support template-testinit)" --rootfs="$root" --testinit "$LXCPP_TESTINIT" --busybox-init
    tree=$(hex b | cut -c2-)$digit
    {
        printf 'fingerprint: %s\nkind: system\nsize: 0\ndistribution: BusyBox\nsource: https://images.example\ntree: %s\n' \
            "$(hex "$digit")" "$tree"
        [[ "$*" == *verified:* ]] || printf 'verified: yes\nverification: signed by a test\nsigner: AAAABBBB\n'
        [ $# = 0 ] || printf '%s\n' "$@"
    } >"$SANDBOX/tmp/record-$digit"
    # shellcheck disable=SC2086
    expect 0 "$LXCPP_STORE_IMAGE" "$LXCPP_CACHE_DIR" --record "$SANDBOX/tmp/record-$digit" --alias "$alias" \
        --tree "$tree=$root" ${STORE_OPTIONS:-}
    TREE="$LXCPP_CACHE_DIR/images/trees/$tree"
}

config_has() { grep -q -- "$2" "$LXCPATH/$1/config" || fail "the configuration of $1 lacks: $2"; }

# Whatever the storage is: starts, has its name, keeps its files over a restart, and goes without a trace.
lives() {
    local name="$1"
    start "$name"
    attach "$name" cat /etc/hostname
    out_is "$name"
    attach "$name" sh -c 'echo mine >/etc/passwd && rm /etc/inittab && echo "$(id -u) $(stat -c %u /bin/busybox)"'
    out_is "0 0"
    stop "$name"
    start "$name"
    attach "$name" sh -c 'cat /etc/passwd; ls /etc/inittab 2>&1; true'
    out_has mine
    out_has "No such file"
    stop "$name"
    expect 0 lxcpp-destroy -n "$name"
    [ ! -e "$LXCPATH/$name" ] || fail "$LXCPATH/$name is still there"
}

test_best_storage_of_an_image() {
    store_busybox bb/1 1
    expect 0 lxcpp-create -n "$C1" --image bb/1
    grep -q '^lxc.rootfs.path' "$LXCPATH/$C1/config" || fail "no root file system in the configuration"
    grep -q 1111 "$LXCPATH/$C1/image" || fail "the record of the image is not in the container"
    lives "$C1"
    grep -q '^root:' "$TREE/etc/passwd" || fail "the stored tree has changed"
}

test_what_an_image_requires() {
    store_busybox bb/1 1 "property.requirements.privileged: true" "property.requirements.nesting: true"
    expect 1 lxcpp-create -n "$C1" --image bb/1
    err_has "the image works in privileged containers only"
    [ ! -e "$LXCPATH/$C1" ] || fail "a container was left"
    expect 0 lxcpp-create -n "$C1" --image bb/1 --privileged
    err_has "include nesting.conf"
}

test_dir_is_a_copy() {
    store_busybox bb/1 1
    expect 0 lxcpp-create -n "$C1" --image "$(hex 1 | cut -c1-8)" -B dir
    err_has "Copying the image"
    config_has "$C1" "lxc.rootfs.path = dir:$LXCPATH/$C1/rootfs"
    is "$(stat -c %u "$LXCPATH/$C1/rootfs/bin/busybox")" 0 "owner on the disk"
    lives "$C1"
    expect 0 lxcpp-create -q -n "$C1" --image bb/1 -B dir
    is "$ERR" "" "what -q says"
    expect 0 lxcpp-create -q -n "$C2" --image bb/1 --dir "$SANDBOX/tmp/elsewhere"
    config_has "$C2" "lxc.rootfs.path = dir:$SANDBOX/tmp/elsewhere"
    [ -x "$SANDBOX/tmp/elsewhere/bin/busybox" ] || fail "nothing is in the other directory"
    expect 0 lxcpp-destroy -n "$C2"
    [ ! -e "$SANDBOX/tmp/elsewhere" ] || fail "the other directory is still there"
    expect 1 lxcpp-create -n "$C2" --image bb/1 --dir "$SANDBOX/tmp/elsewhere" -B overlay
    err_has "-B overlay: --dir names the whole root file system"
}

test_overlay_shares_the_tree() {
    store_busybox bb/1 1
    expect 0 lxcpp-create -q -n "$C1" --image bb/1 -B overlay
    expect 0 lxcpp-create -q -n "$C2" --image bb/1 -B overlay --privileged
    config_has "$C1" "lxc.rootfs.path = overlay:$TREE:$LXCPATH/$C1/overlay/upper"
    [ ! -e "$LXCPATH/$C1/overlay/upper/bin" ] || fail "the upper has a copy of the image"
    [ ! -e "$LXCPATH/$C1/rootfs" ] || fail "an overlay has a rootfs directory"
    lives "$C1"
    lives "$C2"
}

test_btrfs_snapshot() {
    local where="$SANDBOX/tmp/btrfs"
    command -v mkfs.btrfs >/dev/null || skip "no mkfs.btrfs"
    truncate -s 400M "$SANDBOX/tmp/disk" && mkfs.btrfs -q "$SANDBOX/tmp/disk" >/dev/null 2>&1 && mkdir "$where" || return
    mount -o loop "$SANDBOX/tmp/disk" "$where" 2>/dev/null || skip "no btrfs in this kernel"
    chmod 0755 "$where"
    export LXCPP_CACHE_DIR="$where/cache"
    mkdir "$where/ct"
    store_busybox bb/1 1
    LXCPATH="$where/ct"
    expect 0 lxcpp-create -q -P "$LXCPATH" -n "$C1" --image bb/1
    config_has "$C1" "lxc.rootfs.path = btrfs:$LXCPATH/$C1/rootfs"
    is "$(stat -c %i "$LXCPATH/$C1/rootfs")" 256 "inode of a subvolume"
    expect 0 lxcpp-start -P "$LXCPATH" -n "$C1"
    expect 0 lxcpp-attach -P "$LXCPATH" -n "$C1" -- cat /etc/hostname
    out_is "$C1"
    expect 0 lxcpp-destroy -f -P "$LXCPATH" -n "$C1"
    expect 0 lxcpp-create -q -P "$LXCPATH" -n "$C1" -B btrfs -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    is "$(stat -c %i "$LXCPATH/$C1/rootfs")" 256 "inode of a template's subvolume"
    expect 0 lxcpp-destroy -P "$LXCPATH" -n "$C1"
    umount "$where"
}

test_template_below_an_overlay() {
    CREATE_OPTIONS='-B overlay' make_busybox_container "$C1"
    config_has "$C1" "lxc.rootfs.path = overlay:$LXCPATH/$C1/rootfs:$LXCPATH/$C1/overlay/upper"
    start "$C1"
    attach "$C1" sh -c 'echo x >/new'
    stop "$C1"
    [ -e "$LXCPATH/$C1/overlay/upper/new" ] || fail "the change is not in the upper"
    [ ! -e "$LXCPATH/$C1/rootfs/new" ] || fail "the change is in the lower"
    expect 1 lxcpp-create -n "$C2" -B btrfs --dir "$SANDBOX/tmp/d" -t "$(support template-testinit)"
    err_has "does not go with --dir"
    expect 1 lxcpp-create -n "$C2" -B zfs -t "$(support template-testinit)"
    err_has "-B zfs: not supported"
}

test_what_an_image_brings() {
    cat >"$SANDBOX/tmp/config" <<'T'
lxc.include = LXC_TEMPLATE_CONFIG/common.conf
lxc.environment = FROM=LXC_NAME
lxc.hook.pre-start = /bin/false
lxc.signal.halt = SIGUSR1
T
    printf '{%% if instance.privileged == "false" %%}{{ instance.name }}{%% endif %%}-{{ trigger }}\n' >"$SANDBOX/tmp/template"
    mkdir -p "$SANDBOX/tmp"
    "$(support template-testinit)" --rootfs="$SANDBOX/tmp/root-1" --testinit "$LXCPP_TESTINIT" --busybox-init
    printf 'I am LXC_NAME in LXC_PATH\n' >"$SANDBOX/tmp/root-1/etc/motd"
    ln -s /../../../../../../..$SANDBOX/tmp/outside "$SANDBOX/tmp/root-1/etc/link"
    STORE_OPTIONS="--config $SANDBOX/tmp/config --message Welcome-LXC_NAME --substitute /etc/motd \
        --template /etc/issue=$SANDBOX/tmp/template --when create --template /etc/link=$SANDBOX/tmp/template --when create \
        --template /var/new/start=$SANDBOX/tmp/template --when start --template /etc/never=$SANDBOX/tmp/template --when copy" \
        store_busybox bb/1 1 "volume: /var/log" "volume: /data dir"
    printf 'first\n' >"$TREE/var/log/first"
    expect 0 lxcpp-create -n "$C1" --image bb/1
    err_has "the image asks for lxc.hook.pre-start, which an image may not set"
    err_has "Welcome-$C1"
    err_has "/var/new/start to be made anew at each start: it is made once, now"
    [ ! -e "$SANDBOX/tmp/outside" ] || fail "a link of the image led outside"
    start "$C1"
    attach "$C1" sh -c 'cat /etc/motd /etc/issue /etc/link /var/new/start; ls /etc/never 2>&1; echo "$FROM"; cat /var/log/first; echo kept >/data\ dir/x'
    out_has "I am $C1 in $LXCPATH/$C1"
    out_has "$C1-create"$'\n'"$C1-create"$'\n'"$C1-create"
    out_has "No such file"
    out_has "first"
    attach "$C1" cat /etc/hosts
    out_has "127.0.1.1	$C1"
    is "$(cat "$LXCPATH/$C1/volumes/1/x")" kept "what is in the volume"
    is "$(lxcpp-info -n "$C1" -H -c lxc.environment.runtime)" "FROM=$C1" "environment"
    expect 0 lxcpp-stop -n "$C1" -t 20
}

test_the_inventory_knows_the_image() {
    store_busybox bb/1 1
    store_busybox bb/2 2 "verified: no" "verification: --no-validate"
    expect 0 lxcpp-create -q -n "$C1" --image bb/1
    expect 0 lxcpp-create -q -n "$C2" --image bb/2 -B dir
    expect 0 lxcpp-inventory check
    expect 0 lxcpp-info -n "$C1"
    out_matches "Image: +111111111111 \(BusyBox\) from https://images.example"
    out_matches "Verified: +signed by a test, key AAAABBBB"
    expect 0 lxcpp-info -n "$C1" --format csv
    out_has "image_verified"
    expect 0 lxcpp-info -n "$C2"
    out_matches "Verified: +no: --no-validate"
    rm "$SANDBOX/state/inventory.db"*
    expect 0 lxcpp-inventory rebuild
    expect 0 lxcpp-info -n "$C2"
    out_matches "Verified: +no: --no-validate"
}

test_images_that_cannot_be() {
    expect 1 lxcpp-create -n "$C1" --image none
    err_has "there is no image none in $LXCPP_CACHE_DIR/images"
    err_is_one_line
    store_busybox bb/1 1 "architecture: s390x"
    expect 1 lxcpp-create -n "$C1" --image bb/1
    err_has "is for s390x, whose programs this machine"
    expect 1 lxcpp-create -n "$C1" --image bb/1 -t none
    err_has "--image and -t"
    expect 1 lxcpp-create -n "$C1" --image bb/1 -- -r x
    err_has "with --image there is no template"
    printf '{%% include "/etc/shadow" %%}' >"$SANDBOX/tmp/bad"
    STORE_OPTIONS="--template /etc/issue=$SANDBOX/tmp/bad --when create" store_busybox bb/2 2
    expect 1 lxcpp-create -n "$C1" --image bb/2
    err_has "the image's template for /etc/issue: its text: line 1: not allowed here: the tag include"
    err_is_one_line
    is "$(ls -A "$LXCPATH" | grep -v '^inventory')" "" "what is left"
    expect 0 lxcpp-inventory check
    rm -r "${TREE:?}"
    expect 1 lxcpp-create -n "$C1" --image bb/2
    err_has "is gone: pull or import the image again"
}

test_killed_copy_leaves_nothing() {
    store_busybox bb/1 1
    # A copy that waits for us: its program is ours.
    mkdir "$SANDBOX/libexec"
    cp "$LXCPP_LIBEXEC_DIR"/* "$SANDBOX/libexec/"
    mkfifo "$SANDBOX/tmp/copying" "$SANDBOX/tmp/never"
    printf '#!/bin/sh\necho $$ >%s\nread -r _ <%s\n' "$SANDBOX/tmp/copying" "$SANDBOX/tmp/never" >"$SANDBOX/libexec/lxcpp-copy-tree"
    LXCPP_LIBEXEC_DIR="$SANDBOX/libexec" lxcpp-create -n "$C1" --image bb/1 -B dir </dev/null 2>"$SANDBOX/tmp/said" &
    local create=$! copy
    read -r copy <"$SANDBOX/tmp/copying"
    kill -INT $create
    wait $create
    is $? 1 "exit code of the interrupted create"
    grep -q "interrupted by SIGINT; nothing was created" "$SANDBOX/tmp/said" || fail "it said: $(<"$SANDBOX/tmp/said")"
    timeout 20 tail --pid="$copy" -f /dev/null || fail "the copy goes on"
    is "$(ls -A "$LXCPATH" | grep -v '^inventory')" "" "what is left"
    LXCPP_LIBEXEC_DIR="$SANDBOX/libexec" lxcpp-create -n "$C1" --image bb/1 -B dir </dev/null 2>"$SANDBOX/tmp/said" &
    create=$!
    read -r copy <"$SANDBOX/tmp/copying"
    kill -KILL $create
    wait $create 2>/dev/null
    timeout 20 tail --pid="$copy" -f /dev/null || fail "the copy goes on after its create was killed"
    expect 0 lxcpp-create -q -n "$C1" --image bb/1
}

# What download and oci do: bring an image, name it, leave the rest to create.
test_template_that_brings_an_image() {
    store_busybox bb/1 1
    cp -r "$LXCPP_DATA_DIR" "$SANDBOX/data"
    export LXCPP_DATA_DIR="$SANDBOX/data"
    cat >"$LXCPP_DATA_DIR/templates/lxcpp-download" <<'T'
#!/bin/sh
for word in "$@"; do case "$word" in --path=*) path=${word#*=} ;; --flavour=*) flavour=${word#*=} ;; esac; done
printf '%s\n' "$flavour" >"$path/image"
T
    chmod 0755 "$LXCPP_DATA_DIR/templates/lxcpp-download"
    expect 0 lxcpp-create -n "$C1" -t download -- --flavour="$(hex 1)"
    config_has "$C1" "Image of which this container was made: 1111"
    config_has "$C1" "Template used to create this container"
    config_has "$C1" "lxc.uts.name = $C1"
    lives "$C1"
    expect 1 lxcpp-create -n "$C1" -t download -- --flavour="$(hex 2)"
    err_has "there is no image 2222"
    expect 1 lxcpp-create -n "$C1" -t download -- --flavour=../../etc
    err_has "named an image that is none"
    is "$(ls -A "$LXCPATH" | grep -v '^inventory')" "" "what is left"
    # Somebody else's template cannot do that.
    cp "$LXCPP_DATA_DIR/templates/lxcpp-download" "$SANDBOX/tmp/foreign"
    expect 1 lxcpp-create -n "$C1" -t "$SANDBOX/tmp/foreign" -- --flavour="$(hex 1)"
    err_has "left nothing in the root file system"
}

test_replace_keeps_what_is_the_administrators() {
    printf 'lxc.environment = V=1\nlxc.signal.halt = SIGUSR1\n' >"$SANDBOX/tmp/config-1"
    printf 'lxc.environment = V=2\nlxc.signal.halt = SIGUSR1\n' >"$SANDBOX/tmp/config-2"
    STORE_OPTIONS="--config $SANDBOX/tmp/config-1" store_busybox app/1 1 "volume: /data"
    STORE_OPTIONS="--config $SANDBOX/tmp/config-2" store_busybox app/2 2 "volume: /more" "volume: /data"
    echo new >"$TREE/new"
    local storage
    for storage in overlay dir; do
        expect 0 lxcpp-create -q -n "$C1" --image app/1 -B $storage --replace
        start "$C1"
        attach "$C1" sh -c 'echo kept >/data/file; echo lost >/root/file'
        expect 1 lxcpp-create -n "$C1" --image app/2 --replace
        err_has "is running; stop it first"
        expect 1 lxcpp-create -n "$C1" -t oci --replace -- --url docker://app
        err_has "bring it with 'lxcpp-image pull docker://...' (or 'lxcpp-image refresh' for a newer one of the same name), then give --image NAME --replace"
        expect 1 lxcpp-create -n "$C1" -t download --replace -- -d app -r 2
        err_has "lxcpp-image pull images:..."
        stop "$C1"
        printf 'lxc.environment = MINE=yes\n' >>"$LXCPATH/$C1/config"
        sed -i '1i # Parameters passed to the template: --password iAmSecret -q' "$LXCPATH/$C1/config" # by an older version
        expect 0 lxcpp-create -q -n "$C1" --image app/2 -B $storage --replace
        start "$C1"
        config_has "$C1" "^# Parameters passed to the template: --password \*\*\* -q$"
        attach "$C1" sh -c 'cat /new /data/file /etc/hostname; [ -e /root/file ] || echo gone; ls -d /more; echo "$V $MINE"'
        out_is "new"$'\n'"kept"$'\n'"$C1"$'\n'"gone"$'\n'"/more"$'\n'"2 yes"
        stop "$C1"
        expect 0 lxcpp-info -n "$C1"
        out_matches "Image: +222222222222"
        is "$(ls -d "$LXCPATH/$C1"/rootfs* "$LXCPATH/$C1"/overlay* 2>/dev/null | wc -l)" 1 "number of roots"
        expect 0 lxcpp-create -q -n "$C1" --image app/1 -B dir --replace
        start "$C1"
        attach "$C1" cat /data/file
        out_is kept
        stop "$C1"
        expect 0 lxcpp-inventory check
        expect 0 lxcpp-destroy -n "$C1"
    done
}

test_killed_replace_leaves_the_old() {
    store_busybox app/1 1
    store_busybox app/2 2
    expect 0 lxcpp-create -q -n "$C1" --image app/1
    mkdir "$SANDBOX/libexec"
    cp "$LXCPP_LIBEXEC_DIR"/* "$SANDBOX/libexec/"
    mkfifo "$SANDBOX/tmp/copying" "$SANDBOX/tmp/never"
    printf '#!/bin/sh\necho $$ >%s\nread -r _ <%s\n' "$SANDBOX/tmp/copying" "$SANDBOX/tmp/never" >"$SANDBOX/libexec/lxcpp-copy-tree"
    LXCPP_LIBEXEC_DIR="$SANDBOX/libexec" lxcpp-create -q -n "$C1" --image app/2 -B dir --replace </dev/null 2>/dev/null &
    local create=$! copy
    read -r copy <"$SANDBOX/tmp/copying"
    kill -KILL $create
    wait $create 2>/dev/null
    timeout 20 tail --pid="$copy" -f /dev/null || fail "the copy goes on"
    expect 0 lxcpp-info -n "$C1"
    out_matches "Image: +111111111111"
    start "$C1"
    attach "$C1" cat /etc/hostname
    stop "$C1"
    printf '#!/bin/sh\nexit 7\n' >"$SANDBOX/libexec/lxcpp-copy-tree"
    LXCPP_LIBEXEC_DIR="$SANDBOX/libexec" expect 1 lxcpp-create -n "$C1" --image app/2 -B dir --replace
    err_has "make the root file system (dir): it failed with exit code 7"
    is "$(ls -d "$LXCPATH/$C1"/rootfs* "$LXCPATH/$C1"/overlay* 2>/dev/null | wc -l)" 1 "number of roots"
    expect 0 lxcpp-create -q -n "$C1" --image app/2 -B dir --replace
    lives "$C1"
    make_container "$C2"
    expect 1 lxcpp-create -n "$C2" --image app/2 --replace
    err_has "was not made of an image"
}

# ramfs has neither attributes nor idmapped mounts.
test_file_system_without_mapped_ids() {
    store_busybox bb/1 1 "volume: /var/log" "volume: /data"
    printf 'first\n' >"$TREE/var/log/first"
    LXCPATH="$SANDBOX/tmp/ram"
    mkdir "$LXCPATH" && mount -t ramfs none "$LXCPATH" && chmod 0755 "$LXCPATH"
    expect 0 lxcpp-create -P "$LXCPATH" -n "$C1" --image bb/1
    err_has "takes no idmapped mounts"
    config_has "$C1" "lxc.rootfs.path = dir:"
    local root
    root=$(awk '$1 == "lxc.idmap" && $3 == "u" {print $5}' "$LXCPATH/$C1/config")
    for file in rootfs/bin/busybox rootfs/etc/hostname rootfs/etc/hosts volumes/0/first volumes/1; do
        is "$(stat -c %u "$LXCPATH/$C1/$file")" "$root" "owner of $file"
    done
    expect 0 lxcpp-start -P "$LXCPATH" -n "$C1"
    expect 0 lxcpp-attach -P "$LXCPATH" -n "$C1" -- sh -c 'cat /var/log/first; touch /data/mine /etc/mine && stat -c %u /data/mine'
    out_is "first"$'\n'"0"
    [ -e "$LXCPATH/$C1/volumes/1/mine" ] || fail "the volume is not what is mounted"
    expect 0 lxcpp-destroy -f -P "$LXCPATH" -n "$C1"
    expect 1 lxcpp-create -P "$LXCPATH" -n "$C1" --image bb/1 -B overlay
    err_has "-B overlay: the file system of $LXCPATH"
    umount "$LXCPATH"
}
