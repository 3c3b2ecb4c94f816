# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# OCI images for tests of the oci template.

# shellcheck source=tests/system/registry.sh
source "$(dirname "${BASH_SOURCE[0]}")/registry.sh"

COMMAND='id; pwd; echo "$FOO"'
PRINTS='uid=33(web) gid=34(web) groups=4(adm)
/d
a b'

# $SANDBOX/tmp/img:v1, a BusyBox in three layers: removed, replaced, opaque and linked files, changed attributes.
make_image() {
    need_tool umoci
    need_tool skopeo
    need_tool busybox
    cd "$SANDBOX/tmp" || exit 1
    local r=bundle/rootfs tool
    {
        umoci init --layout img && umoci new --image img:v1 && umoci unpack --image img:v1 bundle
        mkdir -p $r/bin $r/etc $r/d/opaque $r/srv $r/proc $r/sys $r/dev $r/tmp $r/root
        cp "$(command -v busybox)" $r/bin/busybox
        for tool in sh ls cat echo sleep id env pwd; do ln -s busybox $r/bin/$tool; done
        printf '%s\n' root:x:0:0:root:/root:/bin/sh web:x:33:34:web:/srv:/bin/sh >$r/etc/passwd
        printf '%s\n' root:x:0: web:x:34: adm:x:4:web >$r/etc/group
        echo old >$r/d/old; echo keep >$r/d/keep; echo a >$r/d/opaque/a; ln $r/d/keep $r/d/hard; ln -s d $r/link
        umoci repack --refresh-bundle --image img:v1 bundle
        rm $r/d/old; rm -r $r/d/opaque; mkdir $r/d/opaque; echo b >$r/d/opaque/b; echo new >$r/d/new
        rm $r/link; mkdir $r/link; echo x >$r/link/x
        umoci repack --refresh-bundle --image img:v1 bundle
        ln $r/d/keep $r/d/hard2; chmod 1777 $r/tmp; chown 33:34 $r/srv; rm -r $r/link
        umoci repack --image img:v1 bundle
        umoci config --image img:v1 --config.entrypoint /bin/sh --config.entrypoint -c \
            --config.cmd "$COMMAND" --config.env FOO="a b" --config.user web --config.workingdir /d
    } >umoci.log 2>&1 || { cat umoci.log; fail "umoci could not make the image"; exit 1; }
    chmod -R a+rX img # the template is root of the container only
}

# A container of the image runs the image's command as the image says.
runs() { # TEMPLATE-ARGUMENTS…
    expect 0 lxcpp-create -n "$C1" -t oci -- "$@"
    expect 0 lxcpp-execute -n "$C1"
    out_is "$PRINTS"
    expect 0 lxcpp-destroy -n "$C1"
}

refused() { # TEMPLATE-ARGUMENTS…; the message is in $ERR
    expect 1 lxcpp-create -n "$C1" -t oci -- "$@"
    [ ! -e "$LXCPATH/$C1" ] || fail "a container was left"
}

trees() { ls "$LXCPP_CACHE_DIR/images/trees"; }
