# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# What becomes of the processes of a template, and what it works with.

# A template that leaves a daemon: twice forked, in its own session, deaf to what can be ignored. It holds the pipe,
# so that the end of file there says that it is gone. Its last words are the arguments.
daemon_template() {
    mkfifo -m 0666 "$SANDBOX/tmp/pipe"
    cat >"$SANDBOX/support/daemon-template" <<T
#!/bin/sh
for word in "\$@"; do case "\$word" in --rootfs=*) : >"\${word#*=}/file" ;; esac; done
trap '' HUP INT TERM QUIT USR1
exec 9>"$SANDBOX/tmp/pipe"
(setsid sh -c 'echo up >&9; exec sleep 1000' &)
$*
T
    chmod 0755 "$SANDBOX/support/daemon-template"
    : >"$SANDBOX/tmp/said"
    timeout 90 cat "$SANDBOX/tmp/pipe" >>"$SANDBOX/tmp/said" &
    READER=$!
}

until_said() {
    until grep -q "$1" "$SANDBOX/tmp/said"; do
        kill -0 "$2" 2>/dev/null || return
        read -r -t 0.02 <> <(:) || true
    done
}

daemon_is_gone() {
    wait "$READER" || fail "$1: what the template has started runs on"
}

test_daemon_of_a_template_that_succeeds() {
    # A line through the pipe: the daemon runs before its template ends.
    daemon_template 'until [ -s "'"$SANDBOX"'/tmp/said" ]; do :; done; exit 0'
    expect 0 lxcpp-create -n "$C1" -t "$SANDBOX/support/daemon-template"
    daemon_is_gone "an unprivileged create"
    is "$(<"$SANDBOX/tmp/said")" up
    rm "$SANDBOX/tmp/pipe"
    daemon_template 'until [ -s "'"$SANDBOX"'/tmp/said" ]; do :; done; exit 0'
    expect 0 lxcpp-create -n "$C2" --privileged -t "$SANDBOX/support/daemon-template"
    daemon_is_gone "a privileged create"
    is "$(<"$SANDBOX/tmp/said")" up
}

test_daemon_of_a_template_that_fails() {
    daemon_template 'until [ -s "'"$SANDBOX"'/tmp/said" ]; do :; done; exit 3'
    expect 1 lxcpp-create -n "$C1" -t "$SANDBOX/support/daemon-template"
    err_has "failed with exit code 3"
    daemon_is_gone "a failed create"
    is "$(ls -A "$LXCPATH" | grep -v '^inventory')" "" "what is left"
}

# SIGTERM is for the template and its group; a deaf one is given some seconds.
test_daemon_of_an_interrupted_create() {
    local signal create code
    for signal in INT TERM; do
        rm -f "$SANDBOX/tmp/pipe"
        daemon_template 'exec sleep 1000'
        lxcpp-create -n "$C1" -t "$SANDBOX/support/daemon-template" </dev/null >"$SANDBOX/tmp/log" 2>&1 &
        create=$!
        until_said up $create
        kill -$signal $create
        wait $create
        code=$?
        is $code 1 "exit code after SIG$signal"
        grep -q "interrupted by SIG$signal; nothing was created" "$SANDBOX/tmp/log" || fail "SIG$signal: $(<"$SANDBOX/tmp/log")"
        daemon_is_gone "SIG$signal"
        is "$(ls -A "$LXCPATH" | grep -v '^inventory')" "" "what is left"
    done
}

test_daemon_of_a_killed_create() {
    daemon_template 'exec sleep 1000'
    lxcpp-create -n "$C1" -t "$SANDBOX/support/daemon-template" </dev/null >/dev/null 2>&1 &
    local create=$!
    until_said up $create
    kill -9 $create
    wait $create 2>/dev/null
    daemon_is_gone "kill -9"
    expect 1 lxcpp-info -n "$C1"
    make_container "$C1"
}

# What minds the template is killed: nothing runs on, and create says so.
test_daemon_of_a_killed_minder() {
    daemon_template 'exec sleep 1000'
    lxcpp-create -n "$C1" -t "$SANDBOX/support/daemon-template" </dev/null >/dev/null 2>"$SANDBOX/tmp/log" &
    local create=$!
    until_said up $create
    pkill -9 -P $create
    wait $create
    is $? 1 "exit code"
    grep -q "daemon-template: what minds it was killed" "$SANDBOX/tmp/log" || fail "$(<"$SANDBOX/tmp/log")"
    daemon_is_gone "a killed minder"
    is "$(ls -A "$LXCPATH" | grep -v '^inventory')" "" "what is left"
}

test_template_has_its_own_proc() {
    cat >"$SANDBOX/support/proc-template" <<'T'
#!/bin/sh
for word in "$@"; do case "$word" in --rootfs=*) rootfs=${word#*=} ;; esac; done
{ cat /proc/self/comm; echo /proc/[0-9]*; umask; } >"$rootfs/seen"
T
    chmod 0755 "$SANDBOX/support/proc-template"
    expect 0 lxcpp-create -n "$C1" -t "$SANDBOX/support/proc-template"
    is "$(<"$LXCPATH/$C1/rootfs/seen")" $'cat\n/proc/1 /proc/2\n0022' "what the template sees"
}

# The caller's umask is the caller's: the container's ids have to reach their root file system.
test_umask_of_the_caller() {
    (
        umask 077
        make_container "$C1"
        exit $((FAILURES > 0))
    ) || fail "create with umask 077"
    is "$(stat -c %a "$LXCPATH/$C1/rootfs")" 755 "mode of the root"
    start "$C1"
    attach "$C1" /bin/testinit echo alive
    out_is alive
}

# A write past the limit on file sizes is an error like a full disk, and kills nobody.
test_file_size_limit_of_the_caller() {
    expect 1 bash -c "ulimit -f 1; exec lxcpp-create -n $C1 -t $(support template-testinit) -- --testinit $LXCPP_TESTINIT"
    err_has "File too large"
    err_is_one_line
    is "$(ls -A "$LXCPATH" | grep -v '^inventory')" "" "what is left"
    # With an inventory there is more that can go wrong later.
    make_container "$C2"
    expect 1 bash -c "ulimit -f 1; exec lxcpp-create -n $C1 -t $(support template-testinit) -- --testinit $LXCPP_TESTINIT"
    err_has "File too large"
    err_is_one_line
    expect 0 lxcpp-ls -1
    out_is "$C2"
    expect 0 lxcpp-inventory check
}

# The template is not bound by a soft limit of the caller's.
test_soft_limits_of_the_caller() {
    cat >"$SANDBOX/support/big-template" <<'T'
#!/bin/sh
for word in "$@"; do case "$word" in --rootfs=*) rootfs=${word#*=} ;; esac; done
ulimit -S -f >"$rootfs/limit"
head -c 20000000 /dev/zero >"$rootfs/big"
T
    chmod 0755 "$SANDBOX/support/big-template"
    expect 0 bash -c "ulimit -S -f 4000; exec lxcpp-create -n $C1 -t $SANDBOX/support/big-template"
    is "$(stat -c %s "$LXCPATH/$C1/rootfs/big")" 20000000 "size"
    is "$(<"$LXCPATH/$C1/rootfs/limit")" unlimited
}

# A template that does this with the configuration in $config; the rest is as it should be.
configuring_template() {
    cat >"$SANDBOX/support/configuring-template" <<T
#!/bin/sh
for word in "\$@"; do
    case "\$word" in
    --rootfs=*) : >"\${word#*=}/file" ;;
    --path=*) config=\${word#*=}/config ;;
    esac
done
$*
T
    chmod 0755 "$SANDBOX/support/configuring-template"
}

configuring_is_refused() { # WHY
    expect 1 lxcpp-create -n "$C1" "${@:2}" -t "$SANDBOX/support/configuring-template"
    err_has "$1"
    err_is_one_line
    is "$(ls -A "$LXCPATH" | grep -v '^inventory')" "" "what is left"
}

test_template_may_not_choose_ids() {
    local ids="which ids of the host a container has is not for a template to choose" change
    # shellcheck disable=SC2016 # for the template
    for change in 'echo "lxc.idmap = u 100000 0 1" >>$config' 'sed -i "/^lxc.idmap/d" $config' \
        'sed -i "s/^lxc.idmap = \([ug]\) 0 [0-9]*/lxc.idmap = \1 0 0/" $config' \
        'printf "lxc.idmap =\nlxc.idmap = u 0 0 65536\nlxc.idmap = g 0 0 65536\n" >>$config'; do
        configuring_template "$change"
        configuring_is_refused "$ids"
    done
    configuring_template 'echo "lxc.idmap = u 0 100000 65536" >>$config'
    configuring_is_refused "$ids" --privileged
    # In a file of its own: refused for what it says, and for who may change it later.
    chmod 0777 "$SANDBOX/tmp"
    configuring_template "echo 'lxc.idmap = u 100000 0 1' >$SANDBOX/tmp/more; echo 'lxc.include = $SANDBOX/tmp/more' >>\$config"
    configuring_is_refused "$ids"
    rm -f "$SANDBOX/tmp/more"
    configuring_template "echo 'lxc.tty.max = 3' >$SANDBOX/tmp/more; echo 'lxc.include = $SANDBOX/tmp/more' >>\$config"
    configuring_is_refused "others than root may change that file"
    rm -f "$SANDBOX/tmp/more"
}

test_what_a_template_configured_is_told() {
    printf '%s\n' 'lxc.net.0.type = empty' 'lxc.tty.max = 2' >"$SANDBOX/tmp/first.conf"
    # shellcheck disable=SC2016 # for the template
    configuring_template 'sed -i "/^lxc.tty.max/d" $config' \
        '; printf "%s\n" "# a word" "lxc.mount.entry=/lib lib none ro,bind 0 0" "lxc.hook.start = /x$(printf "\033")y" >>$config'
    expect 0 lxcpp-create -n "$C1" -f "$SANDBOX/tmp/first.conf" -t "$SANDBOX/support/configuring-template"
    is "$ERR" "lxcpp-create: $C1: the template configured: lxc.mount.entry = /lib lib none ro,bind 0 0
lxcpp-create: $C1: the template configured: lxc.hook.start = /x\\x1by
lxcpp-create: $C1: the template removed: lxc.tty.max = 2" "what is told"
    expect 0 lxcpp-create -q -n "$C2" -t "$SANDBOX/support/configuring-template"
    is "$ERR" "" "standard error of a quiet create"
    # shellcheck disable=SC2016
    configuring_template 'i=0; while [ $i -lt 150 ]; do i=$((i + 1)); echo "lxc.environment = A$i=b"; done >>$config'
    expect 0 lxcpp-create -n "$C3" -t "$SANDBOX/support/configuring-template"
    is "$(grep -c 'the template configured' <<<"$ERR")" 100 "lines"
    err_has "the template changed 50 further lines of the configuration"
}

# The second of two creates for one directory is refused and leaves the first one's alone, by whatever path it comes.
test_one_directory_for_two_containers() {
    mkdir "$SANDBOX/tmp/real" "$SANDBOX/tmp/bound"
    ln -s real "$SANDBOX/tmp/link"
    mount --bind "$SANDBOX/tmp/real" "$SANDBOX/tmp/bound"
    daemon_template 'until [ -e '"$SANDBOX"'/tmp/go ]; do sleep 0.1; done; exit 0'
    lxcpp-create -n "$C1" -t "$SANDBOX/support/daemon-template" --dir "$SANDBOX/tmp/real/root" </dev/null >"$SANDBOX/tmp/log" 2>&1 &
    local create=$! path
    until_said up $create
    for path in real/root real/root/ real//root link/root bound/root real/../link/root; do
        expect 1 lxcpp-create -n "$C2" -t "$(support template-testinit)" --dir "$SANDBOX/tmp/$path" -- --testinit "$LXCPP_TESTINIT"
        err_has "exists already"
        expect 1 lxcpp-create -n "$C2" -t none --dir "$SANDBOX/tmp/$path"
        [ -e "$SANDBOX/tmp/real/root/file" ] || fail "$path: the other container's root file system is gone"
    done
    touch "$SANDBOX/tmp/go"
    wait $create || fail "the first create: $(<"$SANDBOX/tmp/log")"
    daemon_is_gone "the first create"
    [ -e "$SANDBOX/tmp/real/root/file" ] || fail "the root file system is gone"
    expect 0 lxcpp-ls -1
    out_is "$C1"
    expect 0 lxcpp-destroy -n "$C1"
    [ ! -e "$SANDBOX/tmp/real/root" ] || fail "destroy has left the root file system"
    umount "$SANDBOX/tmp/bound"
}

# At once: one is made, the others say why not, and that one is whole.
test_race_for_one_directory() {
    local number pids=() made=0
    for number in 1 2 3 4 5 6; do
        lxcpp-create -n "$CASE_ID-$number" -t "$(support template-testinit)" --dir "$SANDBOX/tmp/root" -- --testinit "$LXCPP_TESTINIT" \
            </dev/null >"$SANDBOX/tmp/log.$number" 2>&1 &
        pids+=($!)
    done
    for number in "${pids[@]}"; do wait "$number" && made=$((made + 1)); done
    is $made 1 "creates that succeeded"
    is "$(cat "$SANDBOX"/tmp/log.* | grep -c 'exists already')" 5 "creates that were refused"
    expect 0 lxcpp-ls -1
    made=$OUT
    start "$made"
    attach "$made" /bin/testinit echo alive
    out_is alive
}

# Somebody exchanges the directory while the template works: neither used nor removed.
test_exchanged_directory() {
    daemon_template 'until [ -e '"$SANDBOX"'/tmp/go ]; do sleep 0.1; done; exit 0'
    lxcpp-create -n "$C1" -t "$SANDBOX/support/daemon-template" --dir "$SANDBOX/tmp/root" </dev/null >"$SANDBOX/tmp/log" 2>&1 &
    local create=$!
    until_said up $create
    mv "$SANDBOX/tmp/root" "$SANDBOX/tmp/aside"
    mkdir "$SANDBOX/tmp/root"
    echo precious >"$SANDBOX/tmp/root/file"
    touch "$SANDBOX/tmp/go"
    wait $create
    is $? 1 "exit code"
    grep -q "somebody has replaced the directory meanwhile" "$SANDBOX/tmp/log" || fail "$(<"$SANDBOX/tmp/log")"
    is "$(<"$SANDBOX/tmp/root/file")" precious "the other directory"
    is "$(ls -A "$LXCPATH" | grep -v '^inventory')" "" "what is left"
    daemon_is_gone "the create"
}

# Root changes the configuration of somebody else's container, who exchanges its directory all the time: the file stays
# that user's, and no file of root's becomes it.
test_saved_configuration_of_a_moving_directory() {
    expect 0 lxcpp-create -n "$C1" -t none
    chown -R 1000:1000 "$LXCPATH/$C1"
    chmod 0640 "$LXCPATH/$C1/config"
    expect 0 lxcpp-config set -n "$C1" lxc.tty.max 3
    is "$(stat -c '%u %g %a' "$LXCPATH/$C1/config")" "1000 1000 640" "owner and mode"
    mkdir "$SANDBOX/tmp/roots"
    echo 'lxc.tty.max = 1' >"$SANDBOX/tmp/roots/config"
    ln -s "$SANDBOX/tmp/roots" "$SANDBOX/state/.other"
    "$LXCPP_ATTACKER" swap "$LXCPATH/$C1" "$SANDBOX/state/.other" &
    local attacker=$! number
    for number in {1..20}; do run lxcpp-config set -n "$C1" lxc.tty.max "$number"; done
    kill $attacker
    wait $attacker 2>/dev/null
    is "$(stat -c %u "$SANDBOX/tmp/roots/config")" 0 "owner of root's file"
    if [ -L "$LXCPATH/$C1" ]; then
        rm "$LXCPATH/$C1"
        mv "$SANDBOX/state/.other" "$LXCPATH/$C1"
    else
        rm "$SANDBOX/state/.other"
    fi
}
