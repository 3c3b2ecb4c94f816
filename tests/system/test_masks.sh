# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Places of /proc and /sys that are the host's: masked by inodes of our own, or read-only.

readonly MASKED='/proc/acpi /proc/asound /proc/interrupts /proc/kallsyms /proc/kcore /proc/keys /proc/key-users
    /proc/kmsg /proc/latency_stats /proc/pagetypeinfo /proc/sched_debug /proc/scsi /proc/slabinfo /proc/sysrq-trigger
    /proc/timer_list /proc/vmallocinfo /sys/firmware /sys/kernel/notes /sys/kernel/vmcoreinfo /sys/devices/virtual/powercap
    /sys/devices/system/cpu/cpu0/thermal_throttle /sys/devices/system/cpu/cpu1/thermal_throttle'

mount_line() { # CONTAINER PLACE: options and type of what lies on it
    awk -v place="$2" '$5 == place {for (i = 7; $i != "-"; ++i); print $6, $(i + 1)}' "/proc/$(init_pid "$1")/mountinfo"
}

masked() { # CONTAINER PLACE
    local root="/proc/$(init_pid "$1")/root"
    [[ "$(mount_line "$1" "$2")" == "ro,nosuid,nodev,noexec"*" tmpfs" ]] || fail "on $2: $(mount_line "$1" "$2")"
    is "$(stat -c '%a %s' "$root$2" | sed 's/ [46]0$/ 0/')" "0 0" "mode and size of $2"
    if [ -d "$root$2" ]; then
        is "$(find "$root$2" | wc -l)" 1 "entries of $2"
    else
        run lxcpp-attach -n "$1" -- sh -c "cat $2 | wc -c"
        out_is 0
        run lxcpp-attach -n "$1" -- sh -c "echo h >$2"
        [ $? != 0 ] || fail "$2 can be written"
        run lxcpp-attach -n "$1" -u 65534 -g 65534 -- cat "$2"
        [ $? != 0 ] || fail "$2 can be read by a user"
    fi
}

all_masked() {
    local place count=0
    for place in $MASKED; do
        # As seen without the mask: the host's own.
        [ -e "$place" ] || continue
        masked "$1" "$place"
        count=$((count + 1))
    done
    [ $count -gt 5 ] || fail "only $count places were there to look at"
    is "$(awk '$5 == "/"' "/proc/$(init_pid "$1")/mountinfo" | wc -l)" 1 "mounts on the root"
}

test_masked_places() {
    make_busybox_container "$C1"
    start "$C1"
    all_masked "$C1"
    CREATE_OPTIONS=--privileged make_busybox_container "$C2"
    start "$C2"
    all_masked "$C2"
    local place
    for place in /proc/bus /proc/fs /proc/irq /proc/sys; do
        [[ "$(mount_line "$C2" $place)" == ro,*proc ]] || fail "$place: $(mount_line "$C2" $place)"
    done
}

# The inodes are ours: what the image has as /dev/null is not looked at.
test_null_of_the_image_is_not_used() {
    CREATE_OPTIONS=--privileged make_busybox_container "$C1" 'lxc.autodev = 0'
    rm -f "$LXCPATH/$C1/rootfs/dev/null"
    ln -s /proc/self/setgroups "$LXCPATH/$C1/rootfs/dev/null"
    start "$C1"
    all_masked "$C1"
}

# userns.conf mounts sysfs writable; what anybody may read there is masked all the same. Only proc:rw and a privileged
# sys:rw are taken at their word.
test_how_it_is_loosened() {
    make_busybox_container "$C1" 'lxc.mount.auto =' 'lxc.mount.auto = proc:rw sys:rw'
    start "$C1"
    is "$(mount_line "$C1" /proc/kcore)" "" "mount on /proc/kcore with proc:rw"
    [ ! -e /sys/firmware ] || masked "$C1" /sys/firmware
    stop "$C1"
    CREATE_OPTIONS=--privileged make_busybox_container "$C2" 'lxc.mount.auto =' 'lxc.mount.auto = proc:rw sys:rw'
    start "$C2"
    is "$(mount_line "$C2" /sys/firmware)" "" "mount on /sys/firmware of a privileged container with sys:rw"
}
