# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# A command in namespaces without a container: lxcpp-usernsexec, lxcpp-unshare.

# shellcheck source=tests/system/users.sh
source "$(dirname "${BASH_SOURCE[0]}")/users.sh"

test_usernsexec() {
    make_users
    expect 0 "${AS_ANNA[@]}" lxcpp-usernsexec -s -- sh -c 'id -u; id -g; cat /proc/self/uid_map /proc/self/setgroups; cd ~; echo x >own; chown 5:6 own'
    out_matches $'^0\n0\n +0 +'"$FIRST"$' +54001\n +54001 +54001 +1\n +54002 .*\nallow$'
    is "$(stat -c %u:%g "$SANDBOX/home/anna/own" 2>&1)" "$((FIRST + 5)):$((FIRST + 6))" "owner of a file"
    expect 9 "${AS_ANNA[@]}" lxcpp-usernsexec -m b:0:$FIRST:10 -u 3 -g 4 -- sh -c 'id -u; id -g; exit 9'
    out_is $'3\n4'
    # No ids but one's own: no help is needed, and no group can be dropped any more (CVE-2018-7169).
    expect 0 "${AS_ANNA[@]}" lxcpp-usernsexec -m u:0:$ANNA:1 -m g:0:$ANNA:1 -- cat /proc/self/setgroups /proc/self/gid_map
    out_matches $'^deny\n +0 +'"$ANNA"' +1$'
    # The twin: where newgidmap has looked at the groups, they can be.
    expect 0 "${AS_ANNA[@]}" lxcpp-usernsexec -m b:0:$FIRST:1 -- cat /proc/self/setgroups
    out_is allow
    cat >"$SANDBOX/called" <<H
#!/bin/sh
echo called >>$SANDBOX/calls
H
    chmod 0755 "$SANDBOX/called"
    : >"$SANDBOX/calls"
    chmod 0666 "$SANDBOX/calls"
    mount --bind "$SANDBOX/called" /usr/bin/newuidmap
    local map
    for map in b:0:4294967295:1 b:0:4294967294:2 b:0:$FIRST:4294967295 b:4294967290:$FIRST:10 "b:0:$FIRST:10 b:5:$((FIRST + 100)):10" \
        "b:0:$FIRST:10 b:20:$((FIRST + 5)):10" "$(seq -f "b:%.0f:$FIRST:1" -s ' ' 0 340)" b:0:$FIRST:0 b:0:99999999999:1; do
        # shellcheck disable=SC2046,SC2086
        expect 1 "${AS_ANNA[@]}" lxcpp-usernsexec $(printf -- '-m %s ' $map) -- true
        err_is_one_line
    done
    is "$(cat "$SANDBOX/calls")" "" "calls of newuidmap for maps that are none"
    # The twin: it is called for one that is.
    run "${AS_ANNA[@]}" lxcpp-usernsexec -m b:0:$FIRST:1 -- true
    is "$(cat "$SANDBOX/calls")" called
    umount /usr/bin/newuidmap
    expect 1 "${AS_ANNA[@]}" lxcpp-usernsexec -m b:0:$((FIRST + 65536)):1 -- true
    err_has "newuidmap"
    err_is_one_line
    expect 1 "${AS_CARL[@]}" lxcpp-usernsexec -- true
    err_has "carl has no ids in /etc/subuid"
    expect 127 "${AS_ANNA[@]}" lxcpp-usernsexec -- /no/such
    expect 0 lxcpp-usernsexec -m b:0:$FIRST:65536 -- id -u
    out_is 0
    forget_users
}

test_unshare() {
    make_users
    expect 5 lxcpp-unshare -s 'UTSNAME|PID|MOUNT' -H "$C1" -M -- sh -c 'hostname; echo $$; ls -d /proc/[0-9]*; exit 5'
    is "$(head -2 <<<"$OUT")" "$C1"$'\n1'
    out_lacks "/proc/2$$"
    expect 0 "${AS_ANNA[@]}" lxcpp-unshare -s 'USER|UTSNAME' -u 0 -H inside -- sh -c 'id -u; hostname; cat /proc/self/setgroups'
    out_is $'0\ninside\ndeny'
    expect 0 "${AS_ANNA[@]}" lxcpp-unshare -s 'USER|NETWORK' -- sh -c 'id -u; grep -c : /proc/net/dev'
    out_is $'65534\n1'
    expect 0 lxcpp-unshare -s UTSNAME -u nobody -- id -un
    out_is nobody
    ip link add "v$$a" type dummy 2>/dev/null && {
        expect 0 lxcpp-unshare -s NETWORK -i "v$$a" -- cat /proc/net/dev
        out_has "v$$a:"
        expect 1 lxcpp-unshare -s NETWORK -i "v$$a" -- true
        err_has "move the network interface v$$a: No such device"
    }
    expect 1 lxcpp-unshare -- true
    err_has "-s is missing"
    expect 1 lxcpp-unshare -s USER -H x -- true
    err_has "-H needs UTSNAME"
    expect 1 lxcpp-unshare -s USER -M -- true
    err_has "-M needs MOUNT"
    expect 127 lxcpp-unshare -s UTSNAME -- /no/such
    expect 1 "${AS_ANNA[@]}" lxcpp-unshare -s UTSNAME -- true
    err_is_one_line
    forget_users
}
