# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

test_global_items() {
    expect 0 lxcpp-config -l
    out_has lxc.lxcpath
    is "$(wc -l <<<"$OUT")" 7 "number of keys"
    expect 0 lxcpp-config lxc.lxcpath
    out_is "$LXCPATH"
    expect 1 lxcpp-config lxc.no.such
    [[ "$OUT$ERR" == *"lxc.no.such"* ]] || fail "the unknown item is not named"
    expect 0 lxcpp-config lxc.bdev.zfs.root
}

test_get_set_unset() {
    make_container "$C1"
    sed -i '1i # the first comment' "$LXCPATH/$C1/config"
    expect 0 lxcpp-config set "$C1" lxc.uts.name changed
    expect 0 lxcpp-config get "$C1" lxc.uts.name
    out_is changed
    grep -q '^# the first comment$' "$LXCPATH/$C1/config" || fail "the comment is gone"
    expect 0 lxcpp-config unset "$C1" lxc.uts.name
    grep -q 'lxc.uts.name' "$LXCPATH/$C1/config" && fail "the line is still there"
    expect 1 lxcpp-config set "$C1" lxc.no.such.key 1
    expect 1 lxcpp-config set "$C1" lxc.tty.max many
    err_has many
}

test_show_origin() {
    echo 'lxc.uts.name = included' >"$SANDBOX/tmp/part.conf"
    make_container "$C1" "lxc.include = $SANDBOX/tmp/part.conf"
    expect 0 lxcpp-config show --origin "$C1"
    out_has "$SANDBOX/tmp/part.conf:1"
}

test_lint() {
    printf '%s\n' 'lxc.uts.nmae = x' 'lxc.tty.max = many' 'lxc.cgroup.memory.limit_in_bytes = 1G' >"$SANDBOX/tmp/bad.conf"
    expect 1 lxcpp-config lint "$SANDBOX/tmp/bad.conf"
    OUT="$OUT$ERR"
    out_has ":1"
    out_has lxc.uts.name
    out_has ":2"
    out_has ":3"
    out_has memory.max
    printf '%s\n' 'lxc.uts.name = x' >"$SANDBOX/tmp/good.conf"
    expect 0 lxcpp-config lint "$SANDBOX/tmp/good.conf"
}

test_every_installed_config_of_lxc_lints() {
    [ -d /usr/share/lxc/config ] || skip "lxc is not installed"
    local file
    for file in /usr/share/lxc/config/*.conf; do
        run lxcpp-config show "$file"
        [ $? = 0 ] || fail "$file does not load"
    done
}

test_checkconfig() {
    expect 0 lxcpp-checkconfig
    out_has amespace
    expect 0 lxcpp-checkconfig --format json
    need_tool python3
    python3 -m json.tool "$SANDBOX/out" >/dev/null || fail "not JSON"
}

test_full_disk_keeps_the_old_file() {
    mkdir "$SANDBOX/small"
    mount -t tmpfs -o size=64k none "$SANDBOX/small"
    expect 0 lxcpp-create -P "$SANDBOX/small" -n "$C1" -t none
    cp "$SANDBOX/small/$C1/config" "$SANDBOX/tmp/before"
    head -c 1M /dev/zero >"$SANDBOX/small/fill" 2>/dev/null
    run lxcpp-config -P "$SANDBOX/small" set "$C1" lxc.uts.name changed
    differs $? 0 "exit code on a full disk"
    cmp "$SANDBOX/tmp/before" "$SANDBOX/small/$C1/config" || fail "the old config is damaged"
    is "$(ls -A "$SANDBOX/small/$C1" | grep -c -v '^config$\|^rootfs$')" 0 "temporary files left"
    rm "$SANDBOX/small/fill"
    expect 0 lxcpp-destroy -P "$SANDBOX/small" -n "$C1"
    umount "$SANDBOX/small"
}

# What begins with a dash, is the name of a command or looks like a list is a value all the same.
test_set_takes_any_value() {
    make_container "$C1"
    expect 0 lxcpp-config set "$C1" lxc.start.order -- -3
    expect 0 lxcpp-config get "$C1" lxc.start.order
    out_is -3
    expect 0 lxcpp-config set "$C1" lxc.uts.name show
    expect 0 lxcpp-config get "$C1" lxc.uts.name
    out_is show
    expect 0 lxcpp-config set "$C1" lxc.environment 'LIST=[a,b]' 'B= c '
    expect 0 lxcpp-config get "$C1" lxc.environment
    [ "$(<"$SANDBOX/out")" = $'LIST=[a,b]\nB= c ' ] || fail "the values were changed"
    expect 0 lxcpp-config set -f "$LXCPATH/$C1/config" lxc.init.cmd -- '[/bin/x,y]'
    expect 0 lxcpp-config -n "$C1" get lxc.init.cmd
    out_is '[/bin/x,y]'
    expect 1 lxcpp-config set "$C1" lxc.init.cmd --fxi
    err_has --fxi
    expect 1 lxcpp-config get "$C1" lxc.init.cmd --fix
    err_has "is an option of 'lint'"
}

test_set_keeps_the_clearing_line_of_a_list() {
    echo 'lxc.cap.drop = mac_admin' >"$SANDBOX/tmp/part.conf"
    printf '%s\n' '# ours' "lxc.include = part.conf" 'lxc.cap.drop =' 'lxc.cap.drop = sys_time' '# end' >"$SANDBOX/tmp/c.conf"
    expect 0 lxcpp-config set "$SANDBOX/tmp/c.conf" lxc.cap.drop sys_module chown
    expect 0 lxcpp-config get "$SANDBOX/tmp/c.conf" lxc.cap.drop
    out_is $'sys_module\nchown'
    is "$(tail -n 1 "$SANDBOX/tmp/c.conf")" '# end' "last line"
    is "$(ls "$SANDBOX/tmp" | grep -c lock)" 0 "lock files left"
}

test_odd_files() {
    local dir="$SANDBOX/tmp/odd" file
    mkdir -p "$dir/sub.conf"
    expect 1 lxcpp-config show "$dir/none.conf"
    err_is_one_line
    err_has "$dir/none.conf"
    expect 1 lxcpp-config show "$dir/sub.conf"
    err_is_one_line
    printf 'lxc.uts.name = a\0b\nlxc.tty.max = 3\n' >"$dir/nul.conf"
    expect 1 lxcpp-config show "$dir/nul.conf"
    err_is_one_line
    err_has "nul.conf:1: lxc.uts.name"
    mkfifo "$dir/pipe"
    echo 'lxc.include = pipe' >"$dir/top.conf"
    RUN_TIMEOUT=10 expect 1 lxcpp-config show "$dir/top.conf"
    err_has "top.conf:1: lxc.include"
    printf 'lxc.include = a.conf\n' >"$dir/a.conf"
    RUN_TIMEOUT=10 expect 1 lxcpp-config lint "$dir/a.conf"
    out_has "a.conf:1: error: lxc.include"
    out_has "include itself"
    printf 'lxc.tty.max = 3' >"$dir/open.conf" # no line end
    expect 0 lxcpp-config set "$dir/open.conf" lxc.uts.name x
    is "$(<"$dir/open.conf")" $'lxc.tty.max = 3\nlxc.uts.name = x'
    head -c 20M /dev/zero | tr '\0' '#' >"$dir/huge.conf"
    expect 1 lxcpp-config lint "$dir/huge.conf"
    err_is_one_line
    yes 'lxc.environment = SOME=value' | head -n 200000 >"$dir/long.conf"
    RUN_TIMEOUT=30 expect 0 lxcpp-config show --origin "$dir/long.conf"
    RUN_TIMEOUT=30 expect 0 lxcpp-config lint "$dir/long.conf"
    ln -s open.conf "$dir/link.conf"
    expect 0 lxcpp-config set "$dir/link.conf" lxc.uts.name y
    [ -L "$dir/link.conf" ] || fail "the link was replaced by a file"
    grep -q 'lxc.uts.name = y' "$dir/open.conf" || fail "the file behind the link was not changed"
}

test_read_only_directory() {
    mkdir "$SANDBOX/ro"
    mount -t tmpfs none "$SANDBOX/ro"
    echo 'lxc.uts.name = a' >"$SANDBOX/ro/c.conf"
    mount -o remount,ro "$SANDBOX/ro"
    expect 1 lxcpp-config set "$SANDBOX/ro/c.conf" lxc.uts.name b
    err_is_one_line
    err_has "Read-only file system"
    expect 0 lxcpp-config get "$SANDBOX/ro/c.conf" lxc.uts.name
    expect 0 lxcpp-config lint "$SANDBOX/ro/c.conf"
    umount "$SANDBOX/ro"
}

# The same configuration, the same questions. Left out is where LXC's answer is wrong: lxc.cap.keep (the other
# list), unset lxc.cgroup.dir.* and lxc.namespace.share.* ("(null)"), the blanks in lxc.time.offset.*.
test_values_as_stock_lxc_prints_them() {
    [ -n "$LXC_PEER" ] || skip "lxc is not installed"
    local keys=() key
    cat >"$SANDBOX/tmp/all.conf" <<'END'
lxc.apparmor.allow_incomplete = 1
lxc.apparmor.profile = unconfined
lxc.apparmor.raw = mount,
lxc.apparmor.raw = deny /x rw,
lxc.arch = i386
lxc.autodev.tmpfs.size = 700000
lxc.cap.drop = mac_admin sys_time 12
lxc.cap.drop = sys_module
lxc.cgroup.memory.limit_in_bytes = 1G
lxc.cgroup.devices.allow = c 1:3 rwm
lxc.cgroup.devices.allow = c 1:5 rwm
lxc.cgroup2.memory.max = 1G
lxc.cgroup2.devices.allow = c 1:3 rwm
lxc.cgroup.dir = foo/bar
lxc.cgroup.relative = 1
lxc.console.buffer.size = 5000
lxc.console.size = auto
lxc.console.logfile = /tmp/x.log
lxc.console.path = none
lxc.console.rotate = 1
lxc.environment = A=1
lxc.environment = B = 2
lxc.ephemeral = 1
lxc.execute.cmd = /bin/x y "z"
lxc.group = a b
lxc.group = c
lxc.hook.version = 1
lxc.hook.pre-start = /bin/a 1
lxc.hook.pre-start = /bin/b
lxc.idmap = u 0 100000 65536
lxc.idmap = g 0 200000 65536
lxc.init.cmd = '/sbin/init --x'
lxc.init.cwd = /tmp
lxc.init.uid = 0x10
lxc.init.gid = 010
lxc.init.groups = 1,2
lxc.init.groups = 3
lxc.log.level = 1
lxc.log.syslog = local3
lxc.monitor.signal.pdeath = SIGTERM
lxc.mount.auto = proc sys:mixed
lxc.mount.auto = cgroup:ro sys:ro
lxc.mount.entry = /a b none bind 0 0
lxc.mount.entry = /c d none bind,ro 0 0
lxc.mount.fstab = /etc/fstab
lxc.namespace.keep = net
lxc.namespace.keep = ipc
lxc.namespace.share.uts = 1
lxc.net.0.type = veth
lxc.net.0.flags = up
lxc.net.0.link = br0
lxc.net.0.name = eth0
lxc.net.0.hwaddr = 00:16:3e:12:34:56
lxc.net.0.mtu = 1500
lxc.net.0.l2proxy = 1
lxc.net.0.ipv4.address = 10.0.3.5/24 10.0.3.255
lxc.net.0.ipv4.address = 10.0.4.5/16
lxc.net.0.ipv4.gateway = auto
lxc.net.0.ipv6.address = 2001:db8::5/64
lxc.net.0.ipv6.gateway = 2001:db8::1
lxc.net.0.script.up = /bin/up a
lxc.net.0.veth.mode = router
lxc.net.0.veth.pair = vp0
lxc.net.0.veth.n_rxqueues = 2
lxc.net.0.veth.ipv4.route = 10.1.0.0/24
lxc.net.0.veth.ipv6.route = 2001:db8:1::/64
lxc.net.0.veth.vlan.id = 5
lxc.net.0.veth.vlan.tagged.id = 6
lxc.net.0.veth.vlan.tagged.id = 7
lxc.net.2.type = macvlan
lxc.net.2.macvlan.mode = bridge
lxc.net.2.link = eth0
lxc.net.3.type = ipvlan
lxc.net.3.ipvlan.mode = l3s
lxc.net.3.ipvlan.isolation = vepa
lxc.net.3.link = eth0
lxc.net.4.type = vlan
lxc.net.4.vlan.id = 0x20
lxc.net.4.link = eth0
lxc.net.5.type = phys
lxc.net.5.link = eth1
lxc.net.6.flags = up
lxc.no_new_privs = 1
lxc.prlimit.nofile = 1024:4096
lxc.prlimit.nproc = unlimited
lxc.proc.oom_score_adj = 10
lxc.pty.max = 1024
lxc.rootfs.managed = 0
lxc.rootfs.mount = /mnt
lxc.rootfs.options = ro,idmap=container
lxc.rootfs.path = overlay:/a:/b
lxc.sched.core = 1
lxc.seccomp.allow_nesting = 1
lxc.seccomp.notify.cookie = cook
lxc.seccomp.notify.proxy = unix:/tmp/sock
lxc.seccomp.profile = /tmp/secc
lxc.signal.halt = SIGUSR1
lxc.signal.reboot = SIGRTMIN+3
lxc.signal.stop = 9
lxc.start.auto = 1
lxc.start.delay = 5
lxc.start.order = -3
lxc.sysctl.net.ipv4.ip_forward = 1
lxc.sysctl.kernel.shmmax = 2
lxc.sysctl.kernel.shmmax = 3
lxc.tty.dir = lxc
lxc.tty.max = 4
lxc.uts.name = hosty
END
    for key in $(sed 's/ .*//' "$SANDBOX/tmp/all.conf" | sort -u) lxc lxc.apparmor lxc.cap lxc.cgroup lxc.cgroup2 lxc.cgroup.devices \
        lxc.environment.x lxc.hook lxc.hook.stop lxc.include lxc.mount lxc.namespace.clone lxc.net lxc.net.0 \
        lxc.net.1.type lxc.net.0.macvlan.mode lxc.net.x.type lxc.net.6.type lxc.prlimit lxc.prlimit.as lxc.proc lxc.signal lxc.sysctl \
        lxc.sysctl.no lxc.selinux.context lxc.tty lxc.nonsense nonsense; do keys+=(-c "$key"); done
    mkdir -p "$SANDBOX/peer/$C1" "$LXCPATH/$C1"
    cp "$SANDBOX/tmp/all.conf" "$SANDBOX/peer/$C1/config"
    cp "$SANDBOX/tmp/all.conf" "$LXCPATH/$C1/config"
    lxc-info -P "$SANDBOX/peer" -n "$C1" "${keys[@]}" 2>"$SANDBOX/tmp/theirs.err" | sed 's/ *$//; /^$/d' >"$SANDBOX/tmp/theirs"
    lxcpp-info -n "$C1" "${keys[@]}" 2>"$SANDBOX/tmp/ours.err" | sed 's/ *$//; /^$/d' >"$SANDBOX/tmp/ours"
    grep -q '^lxc.uts.name = hosty$' "$SANDBOX/tmp/theirs" || fail "lxc-info prints nothing"
    diff "$SANDBOX/tmp/theirs" "$SANDBOX/tmp/ours" || fail "lxcpp-info -c prints something else than lxc-info -c"
    diff "$SANDBOX/tmp/theirs.err" "$SANDBOX/tmp/ours.err" || fail "other keys are invalid than for lxc-info -c"
}

test_lint_reports_what_a_start_would_refuse() {
    printf '%s\n' 'lxc.mount.entry = /a b none bind 0 0' 'lxc.mount.entry = /a ../b none bind 0 0' 'lxc.hook.mount = relative' \
        >"$SANDBOX/tmp/refused.conf"
    expect 1 lxcpp-config lint "$SANDBOX/tmp/refused.conf"
    out_has 'refused.conf:2: error: lxc.mount.entry: ".." in target ../b'
    out_has 'refused.conf:3: error: lxc.hook.mount: "relative" must be an absolute path'
    is "$(wc -l <<<"$OUT")" 2 "number of problems"
    make_container "$C1" 'lxc.hook.mount = relative'
    expect 1 lxcpp-start -n "$C1"
    err_has "$LXCPATH/$C1/config:"
    err_has '"relative" must be an absolute path'
}

test_what_is_not_applied_is_said_at_start() {
    make_container "$C1" 'lxc.hook.clone = /bin/true' 'lxc.start.order = 3' 'lxc.apparmor.profile = unconfined'
    expect 0 lxcpp-start -n "$C1"
    err_has 'not applied yet: lxc.hook.clone = /bin/true'
    err_has 'not applied yet: lxc.start.order = 3'
    err_has 'not applied yet: lxc.apparmor.profile = unconfined'
    [[ "$ERR" != *lxc.net* ]] || fail "networks are applied"
}

test_old_keys_are_renamed() {
    printf '%s\n' '# old' 'lxc.utsname = a' 'lxc.rootfs = /srv/a' 'lxc.network.type = empty' 'lxc.network.type = empty' \
        'lxc.network.flags = up' 'lxc.cgroup.memory.limit_in_bytes = 1G' 'lxc.kmsg = 0' >"$SANDBOX/tmp/old.conf"
    cp "$SANDBOX/tmp/old.conf" "$SANDBOX/tmp/before.conf"
    expect 1 lxcpp-config show "$SANDBOX/tmp/old.conf"
    err_has 'old.conf:2: lxc.utsname: this key is now lxc.uts.name; "lxcpp-config lint --fix" changes it'
    expect 0 lxcpp-config lint --migrate "$SANDBOX/tmp/old.conf"
    is "$(<"$SANDBOX/tmp/old.conf")" "$(printf '%s\n' '# old' 'lxc.uts.name = a' 'lxc.rootfs.path = /srv/a' 'lxc.net.0.type = empty' \
        'lxc.net.1.type = empty' 'lxc.net.1.flags = up' 'lxc.cgroup2.memory.max = 1G' '# lxc.kmsg = 0')"
    cmp "$SANDBOX/tmp/before.conf" "$SANDBOX/tmp/old.conf.backup" || fail "the old content is not kept"
}
