# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Replays of known attacks with text (F rows of the catalogue), with files of the host (H), with the same rule
# in another verb (I) and on the kernel's surface (J); A11, A14, A16 of paths. Proven elsewhere: H4 in
# test_replay_processes.sh.
# Rows that nothing here can have: I3 (no image carries options; what a template writes into the configuration
# is LXC's contract with it), I4 (there are no secrets), I1 of restore, migrate and import (no such verbs yet),
# F8's bootstrap message (the plan reaches the child by fork; numbers of descriptors are bounded, see below).
# shellcheck source=tests/system/canary.sh
source "$(dirname "${BASH_SOURCE[0]}")/canary.sh"

arm() { install -m 0755 "$LXCPP_ATTACKER" "$LXCPATH/$1/rootfs/bin/attacker"; }
# Through a second exec: setpriv itself still has capabilities when it looks the program up.
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups env "$@"; }

# CVE-2026-33945: a name that is a path, whatever the verb.
test_a11_one_validator_for_every_verb() {
    local name verb
    canary_make
    mkdir -p "$LXCPATH/a" && echo "lxc.rootfs.path = dir:$CANARY" >"$SANDBOX/config" && ln -s "$SANDBOX" "$LXCPATH/a/b"
    for name in ../state a/b .. $'a\nb' '-rf' $'a\033[2J'; do
        for verb in start stop info attach destroy freeze wait console cgroup config execute; do
            # shellcheck disable=SC2046
            run lxcpp-$verb $([ $verb = config ] && echo get) --name="$name" $([ $verb = wait ] && echo -s STOPPED) \
                $([[ $verb == c* ]] && echo lxc.uts.name) $([ $verb = execute ] && echo /bin/true)
            differs $? 0 "exit code of lxcpp-$verb --name='$name'"
            err_has "is not a container name"
        done
    done
    canary_intact "verbs with hostile names"
    rm -r "$LXCPATH/a"
}

# CVE-2026-55686, CVE-2024-21626: a working directory of the image, by links.
test_a14_working_directory_by_links() {
    local flavour number
    canary_make
    for flavour in --privileged ''; do
        CREATE_OPTIONS=$flavour make_container "$C1"
        ln -s "$CANARY/d" "$LXCPATH/$C1/rootfs/way"
        run lxcpp-start -n "$C1" -s "lxc.init.cwd=/way/made/here"
        [ $? = 1 ] || stop "$C1"
        canary_intact "$flavour working directory below a link"
        exec 9<"$CANARY/d"
        for number in {3..24}; do
            [ -z "$flavour" ] || continue # one is enough
            ln -sfn "/proc/self/fd/$number" "$LXCPATH/$C1/rootfs/way"
            run lxcpp-start -n "$C1" -s "lxc.init.cwd=/way"
            [ $? = 1 ] && continue
            # One of them is the container's own root.
            is "$(stat -L -c %d:%i "/proc/$(init_pid "$C1")/cwd")" "$(stat -L -c %d:%i "/proc/$(init_pid "$C1")/root")" "working directory by descriptor $number"
            stop "$C1"
        done
        exec 9<&-
        canary_intact "$flavour working directory through descriptors"
        lxcpp-destroy -f -n "$C1"
    done
}

# CVE-2024-9341, CVE-2022-23648: what is mounted by itself comes from the host, not from the image.
test_a16_sources_of_automatic_mounts() {
    local flavour node
    canary_make
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1"
        for node in null zero full random urandom tty; do ln -s "$CANARY/file" "$LXCPATH/$C1/rootfs/dev/$node"; done
        start "$C1"
        is "$(cd "/proc/$(init_pid "$C1")/root/dev" && stat -c %t:%T null zero full random urandom tty | xargs)" \
            "1:3 1:5 1:7 1:8 1:9 5:0" "$flavour devices inside"
        canary_intact "$flavour devices of the image"
        lxcpp-destroy -f -n "$C1"
    done
}

# CVE-2026-23953 and others: a value that brings a line of its own.
test_f1_values_with_line_breaks() {
    local key value before
    make_container "$C1"
    before=$(sha256sum <"$LXCPATH/$C1/config")
    for key in lxc.uts.name lxc.group lxc.environment lxc.hook.pre-start lxc.mount.entry lxc.console.logfile lxc.init.cmd lxc.rootfs.options; do
        for value in $'x\nlxc.hook.start-host = /bin/touch /' $'x\rlxc.hook.start-host = /bin/touch /' $'\nlxc.hook.start-host = /'; do
            run lxcpp-config -n "$C1" set "$key" "$value"
            is $? 1 "exit code of set $key with a line break"
            err_is_one_line
            is "$(sha256sum <"$LXCPATH/$C1/config")" "$before" "the configuration after set $key"
            run lxcpp-start -n "$C1" --print-plan -s "$key=$value"
            is "$(grep -c "^host: run lxc.hook.start-host" <<<"$OUT")" 0 "hooks of the host planned with -s $key"
        done
    done
    # What does not break a line comes back as it is.
    for value in 'a#b' '# x' 'ends in \' '"quoted"' '${HOME} $(id) `id`' "$(printf 'v%.0s' {1..65536})"; do
        expect 0 lxcpp-config -n "$C1" set lxc.console.logfile "$value"
        expect 0 lxcpp-config -n "$C1" get lxc.console.logfile
        out_is "$value"
    done
    # What create notes down is no configuration either.
    lxcpp-destroy -n "$C1"
    run lxcpp-create -n "$C1" -t "$(support template-testinit)" -- --testinit "$LXCPP_TESTINIT" \
        --name=$'x\nlxc.hook.start-host = /bin/touch /\nlxc.group = injected'
    is $? 0 "exit code of a create with line breaks in a word for the template"
    expect 0 lxcpp-config -n "$C1" get lxc.hook.start-host
    out_is ''
}

# GHSA-8h3p, CVE-2019-13139: no shell between us and a program.
test_f3_hooks_and_templates_get_exact_words() {
    local odd word
    odd="$SANDBOX/tmp/a \$(touch $SANDBOX/tmp/pwned) \`touch $SANDBOX/tmp/pwned\`; touch $SANDBOX/tmp/pwned & 'q\" \\"
    mkdir -p "$odd"
    printf '#!/bin/bash\nprintf "[%%s]" "$@" "$LXC_ROOTFS_PATH" >"%s"\n' "$SANDBOX/tmp/words" >"$SANDBOX/tmp/hook"
    printf '#!/bin/bash\nprintf "[%%s]" "$@" >"%s"\nexec "%s" --testinit "%s" "${@:1:3}"\n' \
        "$SANDBOX/tmp/words" "$(support template-testinit)" "$LXCPP_TESTINIT" >"$SANDBOX/tmp/template"
    chmod 0755 "$SANDBOX/tmp/hook" "$SANDBOX/tmp/template"
    word="\$(touch $SANDBOX/tmp/pwned) 'x"
    printf 'lxc.net.0.type = empty\nlxc.hook.pre-start = %s "$(touch %s)" \x27a;b\x27 `id`\n' "$SANDBOX/tmp/hook" "$SANDBOX/tmp/pwned" >"$SANDBOX/tmp/conf"
    expect 0 lxcpp-create -P "$odd" --privileged -n "$C1" -f "$SANDBOX/tmp/conf" -t "$SANDBOX/tmp/template" -- "$word" $'two\nlines'
    is "$(<"$SANDBOX/tmp/words")" "[--path=$odd/$C1][--name=$C1][--rootfs=$odd/$C1/rootfs][$word]"$'[two\nlines]' "words for the template"
    expect 0 lxcpp-start -P "$odd" -n "$C1"
    is "$(<"$SANDBOX/tmp/words")" "[\$(touch $SANDBOX/tmp/pwned)][a;b][\`id\`][$C1][lxc][pre-start][$odd/$C1/rootfs]" "words for the hook"
    expect 0 lxcpp-destroy -P "$odd" -f -n "$C1"
    [ ! -e "$SANDBOX/tmp/pwned" ] || fail "a shell ran"
}

# CVE-2021-43784: numbers that are narrowed on the way to the first process.
test_f8_more_than_fits() {
    local number value
    make_container "$C1"
    cp "$LXCPATH/$C1/config" "$SANDBOX/tmp/kept"
    value=$(printf 'v%.0s' {1..400})
    for ((number = 0; number < 8000; ++number)); do echo "lxc.environment = V$number=$value"; done >>"$LXCPATH/$C1/config"
    run lxcpp-start -n "$C1"
    is $? 1 "exit code of a start with more environment than exec takes"
    err_is_one_line
    cp "$SANDBOX/tmp/kept" "$LXCPATH/$C1/config"
    mkdir "$SANDBOX/tmp/source"
    for ((number = 0; number < 300; ++number)); do echo "lxc.mount.entry = $SANDBOX/tmp/source mnt/$number none bind,create=dir,idmap=container 0 0"; done >>"$LXCPATH/$C1/config"
    run lxcpp-start -n "$C1"
    is $? 1 "exit code of a start with 300 prepared mounts"
    err_has "more than 199"
    cp "$SANDBOX/tmp/kept" "$LXCPATH/$C1/config"
    start "$C1"
}

# CVE-2015-1331: our directories, made before us by somebody else.
test_h1_runtime_directory_is_planted() {
    need_tool setpriv
    local kind own="$LXCPP_RUNTIME_DIR"
    canary_make
    make_container "$C1"
    mkdir -m 1777 "$SANDBOX/tmp/sticky"
    export LXCPP_RUNTIME_DIR="$SANDBOX/tmp/sticky/run"
    for kind in link-to-directory link-to-file fifo file directory; do
        as_nobody bash -c "$(declare -f plant); CANARY=$CANARY; plant $kind $LXCPP_RUNTIME_DIR"
        RUN_TIMEOUT=20 run lxcpp-start -n "$C1"
        is $? 1 "exit code of a start with the runtime directory as somebody's $kind"
        err_is_one_line
        err_has "$LXCPP_RUNTIME_DIR"
        RUN_TIMEOUT=20 run lxcpp-config -n "$C1" set lxc.group x
        is $? 1 "exit code of a set with the runtime directory as somebody's $kind"
        canary_intact "runtime directory as $kind"
        rm -rf "$LXCPP_RUNTIME_DIR"
    done
    export LXCPP_RUNTIME_DIR="$own"
    start "$C1"
}

# The same of what is in them: a state that somebody planted, or that of another container, names a process to enter or to kill.
test_h1_state_that_is_not_this_containers() {
    local kind verb other state victim
    make_container "$C1"
    make_container "$C2"
    start "$C2"
    victim=$(init_pid "$C2")
    other=$(find "$LXCPP_RUNTIME_DIR" -path "*/$C2/state")
    [ -f "$other" ] || fail "no state file"
    state="${other%/*/*}/$C1/state"
    for kind in of-nobody of-another writable link fifo; do
        mkdir -m 0700 "${state%/*}" && cp -p "${other%/*}/config" "${state%/*}/"
        # All but the second say that they are this container's, and that it is the other's process.
        (umask 077 && sed "s/^name=.*/name=$C1/" "$other" >"$state")
        case $kind in
        of-nobody) chown 65534 "$state" ;;
        of-another) cp -p "$other" "$state" ;;
        writable) chmod 0606 "$state" ;;
        link) mv "$state" "$SANDBOX/tmp/state" && ln -s "$SANDBOX/tmp/state" "$state" ;;
        fifo) rm "$state" && mkfifo -m 0600 "$state" ;;
        esac
        RUN_TIMEOUT=20 expect 0 lxcpp-ls -f -F NAME,STATE,PID
        out_matches "$C1 +STOPPED +-"
        out_matches "$C2 +RUNNING +$victim"
        for verb in "info -n $C1" "attach -n $C1 -- /bin/testinit pid" "freeze -n $C1" "cgroup -n $C1 cpu.shares" \
            "console -n $C1" "stop -k -n $C1" "start -n $C1" "destroy -f -n $C1"; do
            # shellcheck disable=SC2086
            RUN_TIMEOUT=20 run lxcpp-$verb
            is $? 1 "exit code of lxcpp-$verb with a state $kind"
            err_has "$state"
        done
        rm -r "${state%/*}"
        is "$(state_of "$C2")" RUNNING "state of the container whose process was named ($kind)"
        is "$(init_pid "$C2")" "$victim" "its init"
    done
    start "$C1"
}

# CVE-2026-33711: files with a name that somebody can know are never opened for writing where others may have them.
test_h2_new_files_are_new() {
    need_tool strace
    local opened
    RUN_TIMEOUT=60 run strace -f -o "$SANDBOX/tmp/trace" -e trace=open,openat,openat2,creat lxcpp-create -n "$C1" -t none
    is $? 0 "exit code of create"
    RUN_TIMEOUT=60 run strace -f -A -o "$SANDBOX/tmp/trace" -e trace=open,openat,openat2,creat lxcpp-config -n "$C1" set lxc.group x
    RUN_TIMEOUT=60 run strace -f -A -o "$SANDBOX/tmp/trace" -e trace=open,openat,openat2,creat lxcpp-destroy -n "$C1"
    grep -q O_CREAT "$SANDBOX/tmp/trace" || fail "nothing was traced"
    # Locks, the log and the database are opened where only we may write.
    opened=$(grep O_CREAT "$SANDBOX/tmp/trace" | grep -v 'O_EXCL\|O_TMPFILE' | grep -v '\.lock"\|inventory\.db\|\.log"')
    is "$opened" '' "files that are made or taken as they are"
    opened=$(grep -o '"/\(tmp\|var/tmp\|dev/shm\)/[^"]*".*O_CREAT.*' "$SANDBOX/tmp/trace" | grep -v -F "$SANDBOX/")
    is "$opened" '' "files in everybody's directories"
}

# CVE-2016-1581, -2025-64507, -2021-41091: a setuid program in a container, for a user of the host.
test_h3_nothing_is_within_reach_of_others() {
    need_tool setpriv
    local flavour when reached
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1"
        install -m 4755 /bin/true "$LXCPATH/$C1/rootfs/bin/planted"
        for when in created running stopped changed; do
            case $when in
            running) start "$C1" ;;
            stopped) stop "$C1" ;;
            changed) expect 0 lxcpp-config -n "$C1" set lxc.group x ;;
            esac
            reached=$(find "$LXCPATH/" "$LXCPP_RUNTIME_DIR/" -mindepth 1 | grep -v inventory |
                as_nobody xargs -r -d '\n' stat -c %n 2>/dev/null | grep -v -x "$LXCPATH/$C1")
            is "$reached" '' "$flavour $when: what nobody can see"
            as_nobody "$LXCPATH/$C1/rootfs/bin/planted" 2>/dev/null && fail "$flavour $when: nobody runs the container's setuid program"
        done
        is "$(awk -v top="$LXCPATH/" 'index($5, top) == 1' /proc/self/mountinfo)" '' "$flavour mounts of the container on the host"
        lxcpp-destroy -f -n "$C1"
    done
    is "$(as_nobody find "$LXCPATH" -mindepth 2 2>/dev/null)" '' "what nobody can list"
}

# CVE-2013-6441: nothing that the host runs later can be written from inside.
test_h5_programs_of_the_host_are_out_of_reach() {
    local stage="$LXCPP_TEST_STAGE"
    sha256sum "$LXCPP_LIBEXEC_DIR"/* >"$SANDBOX/tmp/sums"
    CREATE_OPTIONS=--privileged make_container "$C1"
    arm "$C1"
    expect 0 lxcpp-execute -n "$C1" -- /bin/attacker seals /proc/1/exe
    out_has "seals 15" # F_SEAL_SEAL, _SHRINK, _GROW, _WRITE: a copy, and nobody writes to it
    start "$C1"
    is "$(awk '{print $4}' "/proc/$(init_pid "$C1")/mountinfo" | grep -c -e "$stage" -e "$LXCPP_DATA_DIR" -e "$LXCPP_LIBEXEC_DIR" -e "$SANDBOX/support")" 0 "mounts of our programs inside"
    sha256sum -c --quiet "$SANDBOX/tmp/sums" || fail "a program of ours changed"
}

# systemd#39061: what another version of us wrote down about a running container.
test_h6_state_of_other_versions() {
    local file verb content code
    make_container "$C1"
    start "$C1"
    file=$(find "$LXCPP_RUNTIME_DIR" -type f -name state)
    [ -f "$file" ] || fail "no state file"
    cp "$file" "$SANDBOX/tmp/state"
    for content in '' 'version=0' 'version=99' 'version=1' $'version=1\npid=x' $'version=1\nname=\377' "$(head -c 100 "$SANDBOX/tmp/state")" \
        "$(sed 's/^version=.*/version=2/' "$SANDBOX/tmp/state")" "$(cat "$SANDBOX/tmp/state"; echo 'new.key=of tomorrow')"; do
        printf '%s\n' "$content" >"$file"
        for verb in "ls -f" "info -n $C1" "attach -n $C1 -- /bin/testinit pid" "freeze -n $C1" "unfreeze -n $C1"; do
            # shellcheck disable=SC2086
            RUN_TIMEOUT=20 run lxcpp-$verb
            code=$?
            [ $code -le 1 ] || fail "lxcpp-$verb ended with $code: state '${content:0:40}'"
        done
    done
    # Whole, but of a version whose words may mean something else.
    sed 's/^version=.*/version=2/' "$SANDBOX/tmp/state" >"$file"
    expect 1 lxcpp-info -n "$C1"
    err_has "this program reads version 1 only"
    cp "$SANDBOX/tmp/state" "$file"
    is "$(state_of "$C1")" RUNNING "state when the file is as it was"
    expect 0 lxcpp-stop -k -n "$C1"
}

# CVE-2026-48751, -62313: the same rules for every way to a start, and an absent key is the default.
test_i1_i2_policy_is_the_one_of_the_start() {
    local wanted
    make_container "$C1"
    start "$C1"
    wanted=$(grep -E '^(CapBnd|CapInh|Seccomp:|NoNewPrivs)' "/proc/$(init_pid "$C1")/status")
    [[ "$wanted" == *$'Seccomp:\t2'* ]] || fail "no filter by default: $wanted"
    stop "$C1"
    # A configuration that says nothing, given at the start or saved.
    grep -E '^lxc\.(rootfs|idmap)' "$LXCPATH/$C1/config" >"$SANDBOX/tmp/bare"
    start "$C1" -f "$SANDBOX/tmp/bare"
    is "$(grep -E '^(CapBnd|CapInh|Seccomp:|NoNewPrivs)' "/proc/$(init_pid "$C1")/status")" "$wanted" "restrictions with -f"
    stop "$C1"
    cp "$SANDBOX/tmp/bare" "$LXCPATH/$C1/config"
    start "$C1"
    is "$(grep -E '^(CapBnd|CapInh|Seccomp:|NoNewPrivs)' "/proc/$(init_pid "$C1")/status")" "$wanted" "restrictions of a bare configuration"
    stop "$C1"
    # Set after the create, by whatever way: in force at the next start.
    expect 0 lxcpp-config -n "$C1" set lxc.no_new_privs 1
    echo 'lxc.cap.drop = chown' >>"$LXCPATH/$C1/config"
    start "$C1"
    is "$(awk '/^NoNewPrivs/ {print $2}' "/proc/$(init_pid "$C1")/status")" 1 NoNewPrivs
    is "$((0x$(awk '/^CapBnd/ {print $2}' "/proc/$(init_pid "$C1")/status") & 1))" 0 "CAP_CHOWN in the bounding set"
    stop "$C1"
    expect 0 lxcpp-execute -n "$C1" -- /bin/testinit no-new-privs
    out_has 1
}

# CVE-2022-0492: the file whose content the host's root runs.
test_j2_release_agent() {
    local flavour controller
    controller=$(awk '$3 == "cgroup" {split($2, part, "/"); print part[5]; exit}' /proc/mounts)
    [ -n "$controller" ] || skip "this machine has no cgroup v1 hierarchy"
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_container "$C1"
        arm "$C1"
        start "$C1"
        attach "$C1" /bin/attacker release-agent "$controller"
        out_matches '^(mount|open) E'
        lxcpp-destroy -f -n "$C1"
    done
}

# Root of a privileged container has what the v1 controller asks for before it lets a list grow.
test_j5_own_list_of_devices_is_widened() {
    grep -qE '^[^ ]+ [^ ]+ cgroup [^ ]*\bdevices\b' /proc/mounts || skip "this machine has no v1 devices controller"
    CREATE_OPTIONS=--privileged make_container "$C1"
    arm "$C1"
    start "$C1"
    attach "$C1" /bin/attacker widen-devices
    is "$(grep -c '^allow EPERM' <<<"$OUT")" 3 "rules that were refused"
    out_matches '(^|'$'\n'')mknod EPERM'
    # The administrator still can.
    expect 0 lxcpp-cgroup -n "$C1" devices.allow 'b 7:0 rm'
    attach "$C1" /bin/attacker device b 7:0
    out_lacks mknod
    expect 0 lxcpp-cgroup -n "$C1" devices.deny a
    attach "$C1" /bin/attacker device c 1:3
    out_is 'mknod EPERM'
    expect 0 lxcpp-cgroup -n "$C1" devices.allow a
    attach "$C1" /bin/attacker device c 1:3
    out_is 'open ok'
}
