# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Containers of an ordinary user, who has ranges in /etc/subuid and /etc/subgid and nothing else from root.

# shellcheck source=tests/system/users.sh
source "$(dirname "${BASH_SOURCE[0]}")/users.sh"

LXC_BUSYBOX=/usr/share/lxc/templates/lxc-busybox

users() {
    local user config
    make_users
    for user in "anna $ANNA" "bert $BERT"; do
        config="$SANDBOX/home/${user% *}/.config/lxcpp"
        mkdir -p "$config"
        echo 'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed' >"$config/default.conf"
        chown -R "${user#* }:${user#* }" "${config%/lxcpp}"
    done
}
anna() { expect 0 "${AS_ANNA[@]}" "$@"; }
anna_state() { "${AS_ANNA[@]}" lxcpp-info -n "$1" -s -H 2>/dev/null; }

# The whole life of $C1, which anna has just created.
lives_for_anna() {
    local init
    anna lxcpp-ls -1
    out_is "$C1"
    anna lxcpp-start -n "$C1"
    is "$(anna_state "$C1")" RUNNING
    init=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
    is "$(awk '{print $1, $2, $3}' "/proc/$init/uid_map")" "0 $FIRST 65536" "the container's ids"
    is "$(awk '/^Uid:/ {print $2}' "/proc/$init/status")" "$FIRST" "init's uid on the host"
    anna lxcpp-attach -n "$C1" -- sh -c 'id -u; cat /proc/1/setgroups; echo kept >/root/kept; stat -c %u:%g /root/kept; echo x >/dev/null'
    out_is $'0\nallow\n0:0'
    expect 7 "${AS_ANNA[@]}" lxcpp-attach -n "$C1" -- sh -c 'exit 7'
    anna lxcpp-ls -f -F name,state,unprivileged
    out_matches "$C1 +RUNNING +true"
    anna lxcpp-start -n "$C1"
    err_has "already running"
    anna lxcpp-stop -k -n "$C1"
    is "$(anna_state "$C1")" STOPPED
    anna lxcpp-start -n "$C1"
    anna lxcpp-attach -n "$C1" -- cat /root/kept
    out_is kept
    expect 1 "${AS_ANNA[@]}" lxcpp-destroy -n "$C1"
    anna lxcpp-destroy -f -n "$C1"
    anna lxcpp-ls -1
    out_is ""
}

test_dir_of_a_template() {
    users
    need_tool busybox
    anna lxcpp-create -n "$C1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    is "$ERR" ""
    lives_for_anna
    forget_users
}

# Also the hook that is given the namespaces of an init that has ended.
test_hooks() {
    users
    need_tool busybox
    local hook="$SANDBOX/support/users-hook" log="$SANDBOX/home/anna/hooks" when
    cat >"$hook" <<H
#!/bin/sh
exec >>$log
shift 2
echo "\$@"
for word; do
    case "\$word" in net:*) readlink "\${word#net:}" ;; esac
done
H
    chmod 0755 "$hook"
    anna lxcpp-create -n "$C1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    for when in pre-start start-host stop post-stop; do anna lxcpp-config -n "$C1" set "lxc.hook.$when" "$hook"; done
    anna lxcpp-start -n "$C1"
    anna lxcpp-attach -n "$C1" -- readlink /proc/self/ns/net
    local net="$OUT"
    anna lxcpp-stop -k -n "$C1"
    anna lxcpp-wait -n "$C1" -s STOPPED -t 20
    is "$(cut -d' ' -f1 "$log" | grep -v '^net')" $'pre-start\nstart-host\nstop\npost-stop'
    grep -qxF "$net" "$log" || fail "the hook did not see the container's network: $(cat "$log")"
    forget_users
}

# The starter closes what it does not know, the log of the command among it.
test_log_of_the_command() {
    users
    need_tool busybox
    anna lxcpp-create -n "$C1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    anna lxcpp-start -n "$C1" -o "$SANDBOX/home/anna/log" -l DEBUG
    is "$(anna_state "$C1")" RUNNING
    anna lxcpp-stop -k -n "$C1"
    grep -q . "$SANDBOX/home/anna/log" || fail "nothing was logged"
    forget_users
}

# A small archive with owners of its own, as an image in anna's store.
import_for_anna() {
    need_tool busybox
    local root="$SANDBOX/root"
    "$(support template-testinit)" --path=/ --name=x --rootfs="$root" --testinit "$LXCPP_TESTINIT"
    echo secret >"$root/etc/shadow"
    chown 0:42 "$root/etc/shadow"
    chmod 0640 "$root/etc/shadow"
    tar -C "$root" --numeric-owner -cf "$SANDBOX/root.tar" .
    chmod 0644 "$SANDBOX/root.tar"
    anna lxcpp-image import "$SANDBOX/root.tar" -d small -r 1 -a "$(uname -m)" --alias small
}

test_images() { # 300 s
    users
    import_for_anna
    for storage in overlay dir; do
        anna lxcpp-create -n "$C1" -B "$storage" --image small
        lives_for_anna
    done
    # Two on one tree, each with changes of its own.
    anna lxcpp-create -n "$C1" --image small
    anna lxcpp-create -n "$C2" --image small
    anna lxcpp-config -n "$C1" get lxc.rootfs.path
    out_has "overlay/upper"
    anna lxcpp-start -n "$C1"
    anna lxcpp-start -n "$C2"
    anna lxcpp-attach -n "$C1" -- sh -c 'rm /etc/shadow; echo mine >/etc/hostname'
    anna lxcpp-attach -n "$C2" -- stat -c %u:%g:%a /etc/shadow
    out_is 0:42:640
    expect 1 "${AS_ANNA[@]}" lxcpp-image delete small
    err_has "$C1"
    anna lxcpp-destroy -f -n "$C1"
    anna lxcpp-destroy -f -n "$C2"
    anna lxcpp-image delete small
    forget_users
}

# Whoever may change what a configuration includes configures the container.
test_includes_of_a_template() {
    users
    local file
    cat >"$SANDBOX/support/including" <<'H'
#!/bin/bash
for word; do case "$word" in --path=*) path="${word#*=}" ;; --rootfs=*) rootfs="${word#*=}" ;; esac; done
mkdir -p "$rootfs/bin"
echo "lxc.include = $INCLUDED" >>"$path/config"
H
    chmod 0755 "$SANDBOX/support/including"
    echo 'lxc.tty.max = 1' >"$SANDBOX/support/bert.conf"
    chown "$BERT" "$SANDBOX/support/bert.conf"
    anna env "INCLUDED=$LXCPP_DATA_DIR/config/common.conf" lxcpp-create -n "$C1" -t "$SANDBOX/support/including"
    anna lxcpp-destroy -n "$C1"
    for file in "$SANDBOX/support/bert.conf" "$LXCPP_DATA_DIR/$(printf '../%.0s' {1..30})$SANDBOX/support/bert.conf"; do
        expect 1 "${AS_ANNA[@]}" "INCLUDED=$file" lxcpp-create -n "$C1" -t "$SANDBOX/support/including"
        err_has "others than root may change that file"
    done
    forget_users
}

test_busybox_template() {
    users
    [ -x "$LXC_BUSYBOX" ] || skip "$LXC_BUSYBOX is not installed"
    anna lxcpp-create -n "$C1" -t busybox
    anna lxcpp-start -n "$C1"
    anna lxcpp-attach -n "$C1" -- /bin/sh -c 'id -u; cat /proc/1/comm'
    out_is $'0\ninit'
    anna lxcpp-stop -k -n "$C1"
    anna lxcpp-destroy -n "$C1"
    is "$(find "$SANDBOX/home/anna" -uid +$((FIRST - 1)) -print)" "" "files of subordinate ids after the destroy"
    forget_users
}

make_for_anna() { anna lxcpp-create -n "$1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"; }

test_the_monitor_is_killed() {
    users
    need_tool busybox
    make_for_anna "$C1"
    anna lxcpp-start -n "$C1" -p "$SANDBOX/home/anna/pid"
    local init
    init=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
    kill -9 "$(cat "$SANDBOX/home/anna/pid")"
    anna lxcpp-ls -1 --running
    out_is "$C1"
    anna lxcpp-attach -n "$C1" -- id -u
    out_is 0
    anna lxcpp-start -n "$C1" --adopt
    is "$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)" "$init" "init after a new monitor"
    # The new one has the rights of the old one: it starts the container again.
    anna lxcpp-start -n "$C1" --upgrade-monitor
    anna lxcpp-stop -r -n "$C1"
    differs "$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)" "$init" "init after a reboot"
    anna lxcpp-attach -n "$C1" -- id -u
    # Monitor and init at once.
    kill -9 $(pgrep -f "^\[lxcpp monitor\].* $C1\$") "$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)"
    anna lxcpp-start -n "$C1"
    is "$(anna_state "$C1")" RUNNING
    kill -9 $(pgrep -f "^\[lxcpp monitor\].* $C1\$")
    anna lxcpp-stop -k -n "$C1"
    is "$(anna_state "$C1")" STOPPED
    anna lxcpp-destroy -n "$C1"
    is "$(find "$SANDBOX/home/anna/.cache/lxcpp/run" -mindepth 1 ! -name lock 2>/dev/null)" "" "what is left of the runs"
    forget_users
}

test_verbs_of_a_user() {
    users
    need_tool busybox
    make_for_anna "$C1"
    expect 0 "${AS_ANNA[@]}" lxcpp-execute -n "$C1" -- /bin/sh -c 'id -u; cat /proc/1/comm'
    out_is $'0\nlxcpp-init'
    expect 5 "${AS_ANNA[@]}" lxcpp-execute -n "$C1" -- /bin/sh -c 'exit 5'
    anna lxcpp-config -n "$C1" set lxc.environment.runtime COLOUR=blue
    expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$C1" -s lxc.net.0.type=macvlan -s lxc.net.0.link=uplink0
    err_has "lxc.net.0.type: only root can give a container macvlan"
    anna lxcpp-start -n "$C1" -s lxc.cgroup2.memory.max=100M
    err_has "no cgroup here is this user's: nothing limits the container's memory"
    err_has "(lxc.cgroup2.memory.max), it cannot be frozen, and an init that is systemd does not start without one"
    err_has "loginctl enable-linger"
    anna lxcpp-wait -n "$C1" -s RUNNING -t 5
    anna lxcpp-attach -n "$C1" -- sh -c 'echo $COLOUR; cat /proc/net/dev | grep -c :'
    out_is $'blue\n1'
    expect 1 "${AS_ANNA[@]}" lxcpp-freeze -n "$C1"
    err_has "freezer"
    anna lxcpp-info -n "$C1"
    out_has RUNNING
    anna lxcpp-inventory events -n "$C1"
    out_has start
    expect 1 "${AS_ANNA[@]}" lxcpp-cgroup -n "$C1" memory.max
    err_is_one_line
    anna lxcpp-stop -k -n "$C1"
    anna lxcpp-inventory rebuild
    anna lxcpp-inventory check
    anna lxcpp-cache
    # An ephemeral one is removed by who cleans up, with the rights of its run.
    anna lxcpp-create -n "$C2" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    anna lxcpp-config -n "$C2" set lxc.ephemeral 1
    anna lxcpp-start -n "$C2"
    anna lxcpp-stop -k -n "$C2"
    anna lxcpp-ls -1
    out_is "$C1"
    expect 1 "${AS_ANNA[@]}" lxcpp-create -n "$C2" --privileged -t none
    err_has "--privileged: only root can"
    # Ids of others, and those around one's own.
    expect 1 "${AS_ANNA[@]}" lxcpp-start -n "$C1" -s lxc.idmap= -s "lxc.idmap=u 0 0 65536" -s "lxc.idmap=g 0 0 65536"
    err_has "not all of these ids are yours; you have $ANNA-$ANNA, $FIRST-$((FIRST + 65535)) (/etc/subuid)"
    anna lxcpp-destroy -n "$C1"
    forget_users
}

# A directory of hers in the container, as her own user in there: the usual way to share files.
test_own_id_inside() {
    users
    need_tool busybox
    local home="$SANDBOX/home/anna"
    chmod 0700 "$home"
    mkdir "$home/shared"
    echo hers >"$home/shared/file"
    chmod 0600 "$home/shared/file"
    chown -R "$ANNA:$ANNA" "$home/shared"
    printf '%s\n' "lxc.idmap = u 0 $FIRST 1000" "lxc.idmap = u 1000 $ANNA 1" "lxc.idmap = u 1001 $((FIRST + 1001)) 64535" \
        "lxc.idmap = g 0 $FIRST 1000" "lxc.idmap = g 1000 $ANNA 1" "lxc.idmap = g 1001 $((FIRST + 1001)) 64535" \
        "lxc.mount.entry = $home/shared mnt none bind,create=dir" >"$SANDBOX/tmp/own.conf"
    chmod 0755 "$SANDBOX/tmp"
    anna lxcpp-create -n "$C1" -f "$SANDBOX/tmp/own.conf" -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    anna lxcpp-start -n "$C1"
    anna lxcpp-attach -n "$C1" -u 1000 -g 1000 -- sh -c 'cat /mnt/file; echo new >/mnt/new'
    out_is hers
    is "$(stat -c %u:%g "$home/shared/new")" "$ANNA:$ANNA"
    anna lxcpp-destroy -f -n "$C1"
    [ -e "$home/shared/file" ] || fail "the destroy went into what was bound"
    forget_users
}

test_delegated_cgroup() {
    users
    need_tool busybox
    local top group
    top=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
    [ -n "$top" ] || skip "there is no cgroup v2"
    group="$top/lxcpp-$CASE_ID"
    mkdir "$group" 2>/dev/null || skip "no group can be made in $top"
    mkdir "$group/login"
    chown $ANNA:$ANNA "$group" "$group"/cgroup.{procs,subtree_control,threads} "$group/login" "$group"/login/cgroup.{procs,subtree_control,threads}
    make_for_anna "$C1"
    # shellcheck disable=SC2016
    in_group() { expect "$1" sh -c 'echo $$ >"$1/login/cgroup.procs" && shift && exec "$@"' sh "$group" "${AS_ANNA[@]}" "${@:2}"; }
    in_group 0 lxcpp-start -n "$C1"
    [[ "$ERR" != *"no cgroup here"* ]] || fail "the delegated group was not used"
    is "$(find "$group" -name "lxcpp.payload.*$C1*" -printf '%u\n')" "$FIRST" "owner of the container's group"
    anna lxcpp-freeze -n "$C1"
    is "$(anna_state "$C1")" FROZEN
    expect 1 "${AS_ANNA[@]}" lxcpp-attach -n "$C1" -- true
    err_has "frozen"
    anna lxcpp-unfreeze -n "$C1"
    in_group 0 lxcpp-attach -n "$C1" -- cat /proc/self/cgroup
    out_has "0::/"
    # What the host has of v1 is not hers, and would only stop a systemd.
    in_group 0 lxcpp-attach -n "$C1" -- sh -c 'grep -c " cgroup2 " /proc/mounts; grep " cgroup " /proc/mounts; mkdir /sys/fs/cgroup/mine && rmdir /sys/fs/cgroup/mine'
    out_is 1
    # The kernel lets nobody move a process between groups without a common one above that is theirs.
    expect 1 "${AS_ANNA[@]}" lxcpp-attach -n "$C1" -- true
    err_has "use systemd-run --user --scope lxcpp-attach"
    anna lxcpp-attach -eCGROUP -n "$C1" -- true
    anna lxcpp-stop -k -n "$C1"
    anna lxcpp-destroy -n "$C1"
    is "$(find "$group" -mindepth 1 -type d -name '*lxcpp*')" "" "groups that are left"
    rmdir "$group/login" "$group"
    forget_users
}

test_two_users() {
    users
    need_tool busybox
    local home="$SANDBOX/home/anna" path="$SANDBOX/home/anna/.local/share/lxcpp" before verb
    make_for_anna "$C1"
    anna lxcpp-start -n "$C1"
    before=$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)
    expect 0 "${AS_BERT[@]}" lxcpp-ls -1
    out_is ""
    for verb in "ls -P $path" "info -n $C1 -P $path" "start -n $C1 -P $path" "stop -k -n $C1 -P $path" "attach -n $C1 -P $path -- id" \
        "freeze -n $C1 -P $path" "console -n $C1 -P $path" "config -n $C1 -P $path set lxc.uts.name x" "destroy -f -n $C1 -P $path" \
        "create -n $C1 -P $path -t none"; do
        # shellcheck disable=SC2086
        run "${AS_BERT[@]}" lxcpp-$verb
        differs $? 0 "exit code of bert's $verb"
        err_is_one_line
        out_is ""
    done
    expect 2 "${AS_BERT[@]}" ls "$path"
    # Her directories, which he would have to be able to enter, and runtime files that he makes up.
    expect 1 "${AS_BERT[@]}" "LXCPP_RUNTIME_DIR=$home/.cache/lxcpp/run" lxcpp-attach -n "$C1" -P "$path" -- id
    expect 1 "${AS_BERT[@]}" mv "$path/$C1" "$path/$C2"
    # One of the same name is another container.
    expect 0 "${AS_BERT[@]}" lxcpp-create -n "$C1" -B dir -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT"
    expect 0 "${AS_BERT[@]}" lxcpp-start -n "$C1"
    is "$(awk '{print $2}' "/proc/$("${AS_BERT[@]}" lxcpp-info -n "$C1" -p -H)/uid_map")" $((FIRST + 65536)) "ids of bert's"
    expect 0 "${AS_BERT[@]}" lxcpp-destroy -f -n "$C1"
    is "$("${AS_ANNA[@]}" lxcpp-info -n "$C1" -p -H)" "$before" "init of anna's after all that"
    # Root inside has no rights over a process of hers, nor over one of his.
    anna lxcpp-attach -n "$C1" -- sh -c 'kill -0 1 && ls /proc | grep -c "^[0-9]"'
    anna lxcpp-destroy -f -n "$C1"
    forget_users
}

# A manager of the user's, as far as a start asks for it.
test_scope_of_the_users_manager() {
    users
    need_tool busybox
    [ -e /usr/bin/systemd-run ] || skip "there is no /usr/bin/systemd-run to replace"
    local top group runtime="$SANDBOX/login"
    top=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
    [ -n "$top" ] || skip "there is no cgroup v2"
    group="$top/lxcpp-$CASE_ID"
    mkdir "$group" 2>/dev/null || skip "no group can be made in $top"
    mkdir "$group/login" "$group/scope"
    chown $ANNA:$ANNA "$group/cgroup.procs" "$group/scope" "$group"/scope/cgroup.{procs,subtree_control,threads}
    mkdir -m 0700 "$runtime"
    mkdir "$runtime/systemd"
    touch "$runtime/systemd/private"
    chown -R $ANNA:$ANNA "$runtime"
    cat >"$SANDBOX/systemd-run" <<H
#!/bin/bash
echo "\$*" >>$SANDBOX/home/anna/asked
echo \$\$ >$group/scope/cgroup.procs
while [ "\$1" != -- ]; do shift; done
exec "\${@:2}"
H
    chmod 0755 "$SANDBOX/systemd-run"
    mount --bind "$SANDBOX/systemd-run" /usr/bin/systemd-run
    make_for_anna "$C1"
    # shellcheck disable=SC2016
    expect 0 sh -c 'echo $$ >"$1/login/cgroup.procs" && shift && exec "$@"' sh "$group" "${AS_ANNA[@]}" "XDG_RUNTIME_DIR=$runtime" lxcpp-start -n "$C1"
    is "$ERR" ""
    is "$(head -1 "$SANDBOX/home/anna/asked")" "--user --scope --quiet --collect --property=Delegate=yes --unit=lxcpp-$C1-$(sed -E "s/.*--unit=lxcpp-$C1-([0-9]+) .*/\\1/" "$SANDBOX/home/anna/asked") -- $(command -v lxcpp-start) -n $C1" "what was asked for"
    [ -d "$group/scope/lxcpp.tool" ] || fail "the tool stays in the scope itself"
    is "$(cat "$group/scope/cgroup.procs")" "" "processes in the scope itself"
    # shellcheck disable=SC2016
    expect 0 sh -c 'echo $$ >"$1/login/cgroup.procs" && shift && exec "$@"' sh "$group" "${AS_ANNA[@]}" "XDG_RUNTIME_DIR=$runtime" lxcpp-attach -n "$C1" -- true
    expect 0 "${AS_ANNA[@]}" "XDG_RUNTIME_DIR=$runtime" lxcpp-freeze -n "$C1"
    expect 0 "${AS_ANNA[@]}" "XDG_RUNTIME_DIR=$runtime" lxcpp-destroy -f -n "$C1"
    umount /usr/bin/systemd-run
    is "$(find "$group" -type d -name 'lxcpp.payload*')" "" "groups that are left"
    rmdir "$group/scope/lxcpp.tool" "$group/scope" "$group/login" "$group"
    forget_users
}

# The template brings layers into anna's store; the container is an overlay of several trees, with volumes.
test_oci_template() {
    # shellcheck source=tests/system/oci_images.sh
    source "$(dirname "${BASH_SOURCE[0]}")/oci_images.sh"
    users
    make_image
    chmod 0755 "$SANDBOX/tmp"
    chmod -R a+rX "$SANDBOX/tmp/img"
    anna lxcpp-create -n "$C1" -t oci -- -u "oci:$PWD/img:v1"
    anna lxcpp-image list --format csv
    out_has img
    is "$(find "$SANDBOX/home/anna" -path "$STORE/trees/*" -prune -o -path "*/$C1/*" -prune -o -uid +$((FIRST - 1)) -print)" "" "records that are not hers"
    for storage in overlay dir; do
        anna lxcpp-create -n "$C2" -B "$storage" -t oci -- -u "oci:$PWD/img:v1"
        expect 0 "${AS_ANNA[@]}" lxcpp-execute -n "$C2" -- /bin/sh -c 'cat /d/opaque/b /d/new; test ! -e /d/old && echo x >/tmp/mine && stat -c %u /tmp/mine'
        out_is $'b\nnew\n33'
        anna lxcpp-destroy -n "$C2"
    done
    anna lxcpp-destroy -n "$C1"
    forget_users
}
