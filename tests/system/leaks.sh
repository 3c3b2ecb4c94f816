# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The leak meter: one line for each thing that a container could leave behind on the machine.

leak_reading() {
    # Processes: the pid namespace is ours alone, so every one that is not the test itself counts.
    # (Called without a pipe: its other end would count too.)
    local pid name own=" $BASHPID " parent=$BASHPID
    local -a all=(/proc/[0-9]*)
    while [ "$parent" -gt 1 ]; do
        read -r parent <<<"$(awk '{print $4}' "/proc/$parent/stat")"
        own+="$parent "
    done
    for pid in "${all[@]#/proc/}"; do
        [[ "$own" == *" $pid "* ]] && continue
        name=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") 2>/dev/null
        [ -n "$name" ] && echo "process $name"
    done
    # The canary of a replay (canary.sh) is the test's own.
    awk -v own="$SANDBOX/canary/" 'index($5, own) != 1 {print "mount " $5}' /proc/self/mountinfo
    # Other work on the machine makes cgroups too; those of this test carry its names.
    find /sys/fs/cgroup -xdev -type d -name "*$CASE_ID*" 2>/dev/null | sed 's/^/cgroup /'
    awk '$2 ~ /^\/sys\/fs\/cgroup\// {print $2}' /proc/mounts | while read -r name; do
        find "$name" -xdev -type d -name "*$CASE_ID*" 2>/dev/null | sed 's/^/cgroup /'
    done
    # Not those of sysfs, which has the network namespace in which it was mounted.
    ip -o link 2>/dev/null | sed -n 's/^[0-9]*: \(veth[^@:]*\).*/interface \1/p'
    ip netns list 2>/dev/null | sed 's/^/netns /'
    losetup -l -n -O NAME,BACK-FILE 2>/dev/null | grep -F "$SANDBOX" | sed 's/^/loop /'
    find "$LXCPP_RUNTIME_DIR" -mindepth 1 2>/dev/null | grep -v -x "$LXCPP_RUNTIME_DIR/lock" | sed 's/^/run /'
    find "$LXCPATH" -mindepth 1 -maxdepth 1 2>/dev/null | grep -v '/inventory\.db' | sed 's/^/lxcpath /'
    ls -d /run/lxcpp/*"$CASE_ID"* /dev/shm/*"$CASE_ID"* 2>/dev/null | sed 's/^/file /'
}

# Cgroups and processes go a moment after the command that ended them; two seconds are allowed.
leak_check() {
    local before="$1" after="$SANDBOX/after" deadline=$((SECONDS + 3))
    while :; do
        leak_reading >"$after.unsorted"
        sort "$after.unsorted" >"$after"
        [ -z "$(comm -13 <(sort "$before") "$after")" ] && return 0
        [ $SECONDS -ge $deadline ] && break
        read -r -t 0.05 <> <(:) || true
    done
    echo "FAIL: left behind:"
    comm -13 <(sort "$before") "$after" | sed 's/^/    /'
    return 1
}
