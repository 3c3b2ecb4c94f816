# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016
# lxcpp-distrobuilder: actions of a recipe that attack the host, the builder and the build.
# shellcheck source=tests/system/hostile_recipe.sh
source "$(dirname "${BASH_SOURCE[0]}")/hostile_recipe.sh"

test_an_action_kills_what_it_can() {
    hostile_payload
    attack "its parent" 'kill -9 $PPID; kill -STOP $PPID; exit 9'
    err_has "exit code 9"
    attack "everybody" 'kill -9 -1; exit 9'
    err_has "exit code 9"
    attack "process 1" 'kill -9 1; kill -STOP 1; echo alive >/srv/alive'
    is $CODE 0 "exit code"
    is "$(in_image srv/alive)" alive "an action that process 1 outlives"
    # Any other signal process 1 hands on to the action, as an init does for the command that it runs.
    attack "process 1, with a signal that comes back" 'trap "echo back >/srv/back; exit 0" ABRT; kill -ABRT 1; while :; do sleep 0.1; done'
    is $CODE 0 "exit code"
    is "$(in_image srv/back)" back "an action that got its own signal"
    attack "itself" 'kill -SEGV $$'
    is $CODE 1 "exit code"
    err_has "killed by SIGSEGV"
    attack "its group" 'kill -9 0'
    err_has "killed by SIGKILL"
    cache_is_usable
}

# What it leaves running ends with it: neither waits the build for it, nor does it change what is packed.
test_daemons_end_with_the_action() {
    hostile_payload
    local forever='while :; do echo late >>/srv/late; sleep 1; done'
    attack "in the background" "trap '' HUP TERM INT; ($forever) & exit 0"
    is $CODE 0 "exit code"
    attack "in a session of its own, twice forked" "(setsid sh -c '(trap \"\" HUP TERM INT; $forever) &' &) ; exit 0"
    is $CODE 0 "exit code"
    attack "with no stream of ours" "setsid sh -c '$forever' </dev/null >/dev/null 2>&1 & exit 0"
    is $CODE 0 "exit code"
    attack "holding mounts" "mkdir /srv/m; mount -t tmpfs none /srv/m; (cd /srv/m; setsid sleep 1000 &) ; exit 0"
    is $CODE 0 "exit code"
    is "$(in_image srv/hostname 2>/dev/null || echo none)" none "a step that was not in the recipe"
    attack "a thousand of them" 'i=0; while [ $i -lt 1000 ]; do sleep 1000 & i=$((i + 1)); done; exit 3'
    err_has "exit code 3"
    is "$(pgrep -c sleep)" 0 "programs that still run"
    cache_is_usable
}

test_the_kernels_knobs_stay_as_they_are() {
    hostile_payload
    local write='for f in kernel/core_pattern kernel/modprobe kernel/printk fs/suid_dumpable vm/drop_caches net/ipv4/ip_forward; do (echo 1 >/proc/sys/$f) 2>/dev/null && echo ma\de $f; done
for f in sysrq-trigger irq/default_smp_affinity; do (echo 1 >/proc/$f) 2>/dev/null && echo ma\de $f; done; exit 7'
    attack "as it finds them" "$write"
    attack "remounted" "mount -o remount,rw /proc; mount -o remount,rw /proc/sys; $write"
    [[ $ERR != *made* ]] || fail "a knob was turned: $ERR"
    attack "unmounted" "umount -l /proc/sys /proc/sysrq-trigger /proc/irq; $write"
    [[ $ERR != *made* ]] || fail "a knob was turned: $ERR"
    attack "in a new proc" "mkdir /srv/p; mount -t proc proc /srv/p && cd /srv/p/sys && (echo x >kernel/core_pattern) 2>/dev/null && echo ma\de; mount -t sysfs sysfs /srv/p && echo ma\de; exit 7"
    [[ $ERR != *made* ]] || fail "a knob was turned: $ERR"
    attack "by a cgroup" 'mkdir /srv/c; for t in cgroup cgroup2; do mount -t $t none /srv/c && find /srv/c -name release_agent && echo ma\de; done; exit 7'
    [[ $ERR != *made* ]] || fail "a hierarchy of cgroups was mounted: $ERR"
    attack "the name and the clock" 'hostname stolen; date -s 2001-01-01; exit 7'
    [ "$(date +%Y)" -gt 2020 ] || fail "the clock was set"
    cache_is_usable
}

test_devices_and_mounts_are_of_the_build_alone() {
    hostile_payload
    attack "nodes" "for n in 'b 7 0' 'b 254 0' 'b 8 0' 'c 1 1' 'c 1 11'; do mknod /srv/node \$n && echo ma\de; done; exit 7"
    [[ $ERR != *made* ]] || fail "a node was made"
    attack "the host's /dev" "mkdir /srv/d; mount -t devtmpfs none /srv/d && echo ma\de; ls /dev >/srv/dev; exit 7"
    [[ $ERR != *made* ]] || fail "/dev of the host was mounted"
    attack "mounts all over" 'mount --make-rshared /; mount -t tmpfs none /etc; mount -o bind / /srv; mount -t tmpfs none /usr; mount -t tmpfs none /bin; exit 0'
    attack "a thousand mounts" 'i=0; while [ $i -lt 1000 ]; do mount -t tmpfs none /srv || break; i=$((i + 1)); done; exit 0'
    is $CODE 0 "exit code"
    attack "the root again" 'mount -o bind / /mnt 2>/dev/null || { mkdir /mnt; mount -o bind / /mnt; }; pivot_root /mnt /mnt/srv; chroot /mnt /bin/sh -c "ls /../../../..'"$CANARY"'" && echo ma\de; exit 7'
    [[ $ERR != *made* ]] || fail "the host's tree is in reach"
    attack "by what proc shows" "for p in 1 self; do ls /proc/\$p/root$CANARY /proc/\$p/cwd/../../../../..$CANARY && echo ma\de; done; exit 7"
    [[ $ERR != *made* ]] || fail "the host's tree is in reach"
    attack "files of the recipe" "cat $SANDBOX/recipe/secret $RECIPE && echo ma\de; exit 7"
    [[ $ERR != *made* ]] || fail "files of the recipe are in reach"
    cache_is_usable
}

test_what_an_action_fills_is_its_own() {
    hostile_payload
    attack "memory file systems" 'dd if=/dev/zero of=/dev/shm/planted bs=1M count=100; dd if=/dev/zero of=/run/planted bs=1M count=32; dd if=/dev/zero of=/tmp/planted bs=1M count=64; grep -E " /(tmp|run|dev/shm) " /proc/mounts >/srv/mounts; exit 0'
    is $CODE 0 "exit code"
    is "$(tar -tf "$TO/rootfs.tar" | grep -c planted)" 0 "files of memory file systems in the image"
    is "$(in_image srv/mounts | awk '{print $2}' | LC_ALL=C sort | tr '\n' ' ')" "/dev/shm /run /tmp " "what is mounted"
    is "$(in_image srv/mounts | awk '$3 == "tmpfs" {print $2}')" /dev/shm "file systems that take memory"
    attack "names" 'i=0; while [ $i -lt 300 ]; do mkdir -p /srv/deep/$i; cd /srv/deep; i=$((i + 1)); done; n=$(printf %0255d 0); cd /; i=0; while [ $i -lt 60 ]; do mkdir $n && cd $n; i=$((i + 1)); done; exit 0'
    attack "odd names" 'cd /srv; touch "$(printf "a\\033]0;x\\007b")" "$(printf "new\\nline")" "$(printf "\\302\\233c")" "-rf" "$(printf "\\377\\376")"; exit 0'
    is $CODE 0 "exit code"
    cache_is_usable
}

test_its_own_script_changes_nothing() {
    hostile_payload
    attack "written over" 'echo "$0" >/srv/name; (echo "echo evil >>/srv/evil" >>$0) 2>/dev/null; (: >$0) 2>/dev/null; rm -f $0; for f in /proc/self/fd/*; do (echo evil >>$f) 2>/dev/null; done; exec 2>/dev/null; echo end >/srv/end; exit 0'
    is $CODE 0 "exit code"
    is "$(in_image srv/end)" end "the rest of the script"
    is "$(tar -tf "$TO/rootfs.tar" | grep -c evil)" 0 "what was written into the script"
    attack "the interpreter replaced" 'mv /bin/busybox /bin/true-busybox; printf "#!/bin/sh\n" >/bin/busybox; chmod 755 /bin/busybox; exec /bin/true-busybox true'
    is $CODE 1 "a shell that interprets itself"
    attack "init replaced" 'for f in /sbin/init /usr/libexec/lxcpp-init /lxcpp-init; do mkdir -p ${f%/*}; printf "#!/bin/sh\necho evil >/srv/evil\n" >$f; chmod 755 $f; done; kill -TERM 1; exit 0'
    is "$(tar -tf "$TO/rootfs.tar" | grep -c srv/evil)" 0 "init of the image ran"
    cache_is_usable
}

test_its_output_is_text_however_much() {
    hostile_payload
    local controls='printf "\033]0;title\007\033[2J\302\233c\b\n"'
    attack "a lot" "yes '$(printf %0500d 7)' | head -c 100000000; $controls; exit 5"
    is $CODE 1 "exit code"
    err_has "exit code 5"
    err_has '\x1b]0;title\x07'
    [ ${#ERR} -lt 30000 ] || fail "the message has ${#ERR} characters"
    attack "one line" "head -c 50000000 /dev/zero | tr '\\0' x; exit 5"
    [ ${#ERR} -lt 30000 ] || fail "the message has ${#ERR} characters"
    run lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --json
    python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <<<"$OUT" || fail "no JSON"
    [ ${#OUT} -lt 30000 ] || fail "the log has ${#OUT} characters"
    recipe_with_action "$controls; exit 5"
    need_tool script
    timeout 60 script -qec "lxcpp-distrobuilder build-lxc $RECIPE $TO --cache-dir $BUILDS --debug" /dev/null </dev/null >"$SANDBOX/typescript" 2>&1
    OUT='' ERR=$(<"$SANDBOX/typescript")
    err_has '\x1b]0;title\x07'
    no_controls "on a terminal"
    cache_is_usable
}

# Between two steps: what the next one needs leads to the host.
test_places_that_steps_need_lead_elsewhere() { # 300 s
    hostile_payload
    local place target
    for place in etc run tmp usr usr/sbin srv bin dev proc sys var/lib; do
        for target in "$CANARY/d" /proc/1/root; do
            attack "/$place to $target" "mkdir -p /var; umount -l /$place /etc/resolv.conf 2>/dev/null; /bin/busybox mv /$place /old-${place//\//-}; /old-bin/busybox ln -s $target /$place 2>/dev/null || /bin/busybox ln -s $target /$place"
        done
    done
    cache_is_usable
}
