# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# What a whole system has to do in a container, whatever template it came by.
#
#   needs_mirror                Debian's, as in apt's sources; one cache for all tests that make a base system
#   systemd_has_started [NAME]  waits until it has; of $C1, as all below, unless said otherwise
#   systemd_is_running [NAME]   the same, and nothing failed
#   await_new_init OLD-PID      a reboot has happened
#   lives READY                 from its first start to its stop; READY is a function that waits until it is up
#   debian_lives                the same with what only a Debian has: services, accounts, an identity of its own

needs_mirror() {
    local url
    url=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        grep -oE 'https?://[^ ]+' | head -1)
    [ -n "$url" ] || skip "no Debian mirror in apt's sources"
    # A second create of a release is a copy.
    mkdir -p /var/tmp/lxcpp-test-cache
    BASE_CACHE=/var/tmp/lxcpp-test-cache
}

# Before systemd listens there is nobody to ask: ask until the answer is a final one.
systemd_has_started() {
    local name="${1:-$C1}"
    # shellcheck disable=SC2016 # for the shell inside
    RUN_TIMEOUT=120 expect 0 lxcpp-attach -n "$name" -- sh -c 'while :; do
        state=$(systemctl is-system-running --wait 2>/dev/null)
        case $state in running | degraded | maintenance) echo "$state"; exit ;; esac
        sleep 0.1
    done'
}

systemd_is_running() {
    systemd_has_started "$@"
    out_is running
    run lxcpp-attach -n "${1:-$C1}" -- systemctl --failed --no-legend --plain
    out_is ""
}

await_new_init() { # OLD-PID
    local deadline=$((SECONDS + 90)) pid
    while [ $SECONDS -lt $deadline ]; do
        pid=$(init_pid "$C1" 2>/dev/null)
        [ -n "$pid" ] && [ "$pid" != "$1" ] && break
        run lxcpp-wait -n "$C1" -s STARTING -t 1
    done
    differs "$(init_pid "$C1")" "$1" "pid of init after a reboot"
    wait_state "$C1" RUNNING 60
}

# One start for all that can be seen in a running one.
starts_and_answers() { # READY
    start "$C1"
    "$1"
    attach "$C1" cat /proc/self/uid_map
    out_matches '^ *0 +[1-9][0-9]* +65536$'
    attach "$C1" cat /etc/hostname /proc/sys/kernel/hostname
    out_is "$C1"$'\n'"$C1"
    expect 7 lxcpp-attach -n "$C1" -- sh -c 'exit 7'
    expect 127 lxcpp-attach -n "$C1" -- /no/such
    attach "$C1" sh -c 'echo kept >/root/kept'
}

survives_reboots() { # READY
    local before
    before=$(init_pid "$C1")
    run lxcpp-attach -n "$C1" -- reboot
    await_new_init "$before"
    "$1"
    before=$(init_pid "$C1")
    RUN_TIMEOUT=120 expect 0 lxcpp-stop -r -n "$C1"
    await_new_init "$before"
    "$1"
    attach "$C1" cat /root/kept
    out_is kept
}

freezes() {
    expect 0 lxcpp-freeze -n "$C1"
    is "$(state_of "$C1")" FROZEN
    expect 0 lxcpp-unfreeze -n "$C1"
    attach "$C1" cat /root/kept
    out_is kept
}

# Its init shuts it down.
halts() {
    local before=$SECONDS
    RUN_TIMEOUT=120 expect 0 lxcpp-stop -n "$C1" -t 60
    [ $((SECONDS - before)) -lt 60 ] || fail "a graceful stop took $((SECONDS - before)) s"
    is "$(state_of "$C1")" STOPPED
}

lives() { # READY
    starts_and_answers "$1"
    survives_reboots "$1"
    freezes
    halts
}

cron_runs_a_job() {
    attach "$C1" sh -c 'until [ -s /run/cron-job ]; do sleep 0.1; done; cat /run/cron-job'
    out_is "0 $C1"
}

# The container has no network but lo.
sshd_lets_in() {
    attach "$C1" sh -c 'mkdir -p -m 0700 /root/.ssh && ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519 &&
        cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys'
    # shellcheck disable=SC2016 # for the shell inside
    attach "$C1" ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new root@127.0.0.1 'echo "$(id -u) $(hostname) ${SSH_CONNECTION%% *}"'
    out_is "0 $C1 127.0.0.1"
}

sudo_makes_root() {
    attach "$C1" useradd -m -s /bin/sh admin
    attach "$C1" sh -c 'echo "admin ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/admin'
    attach "$C1" su - admin -c 'id -un; sudo -n id -un'
    out_is admin$'\n'root
}

# With openssh-server, openssh-client, sudo and cron in it.
debian_lives() {
    starts_and_answers systemd_is_running
    sshd_lets_in
    sudo_makes_root
    # A machine of its own: nothing of the host.
    attach "$C1" cat /etc/machine-id
    differs "$OUT" "$(cat /etc/machine-id 2>/dev/null)" "machine-id"
    attach "$C1" sh -c 'echo "@reboot root echo \"\$(id -u) \$(hostname)\" >/run/cron-job" >/etc/cron.d/job'
    survives_reboots systemd_is_running
    cron_runs_a_job
    freezes
    halts
}
