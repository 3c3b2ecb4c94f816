# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# What brings, makes and sends images does so within 64 MiB, however large and however packed they are. What is counted,
# and how, says tests/support/peak-memory.

LIMIT=65536 # KiB
RUN_TIMEOUT=200
# shellcheck source=tests/system/test_oci.sh
source "$(dirname "${BASH_SOURCE[0]}")/test_oci.sh"

peak() { # COMMAND…; the peak is in $PEAK
    need_tool python3
    run "$(dirname "${BASH_SOURCE[0]}")/../support/peak-memory" "$SANDBOX/peak" "$@"
    local code=$?
    PEAK=$(<"$SANDBOX/peak")
    return $code
}

within() { # WHAT COMMAND…
    local what="$1"
    shift
    peak "$@" || { fail "$what: $*"; exit 1; }
    echo "$what: $PEAK KiB"
    [ "$PEAK" -gt 1000 ] || fail "$what: $PEAK KiB cannot be"
    [ "$PEAK" -le $LIMIT ] || fail "$what: $PEAK KiB are more than $LIMIT"
}

# Large, fast to compress, and not so well that it is taken for a bomb.
make_tree() { # DIR MIB
    mkdir -p "$1/etc"
    echo 'ID=test' >"$1/etc/os-release"
    head -c 1M /dev/urandom >block
    local i
    for ((i = 0; i < $2; i++)); do cat block; done >"$1/large"
    rm block
}

import() { # WHAT FILE
    within "$1" lxcpp-image import "$2" --dist test --release 1 --arch amd64
    expect 0 lxcpp-image prune -q --all
}

test_the_meter_sees() {
    peak python3 -c 'sum(bytearray(70 << 20))' || fail "python3"
    [ "$PEAK" -gt $LIMIT ] || fail "70 MiB are seen as $PEAK KiB"
    local two='import subprocess, sys; x = bytearray(40 << 20); subprocess.run([sys.executable, "-c", "sum(bytearray(40 << 20))"], check=True)'
    peak python3 -c "$two" || fail "two of python3"
    [ "$PEAK" -gt $LIMIT ] || fail "two processes of 40 MiB are seen as $PEAK KiB"
    peak python3 -c 'import mmap; m = mmap.mmap(open("/usr/bin/python3").fileno(), 0, prot=mmap.PROT_READ); sum(m[i] for i in range(0, len(m), 4096))'
    [ "$PEAK" -lt 16384 ] || fail "pages of a file count: $PEAK KiB"
}

test_import_of_xz() { # 300 s
    need_tool xz
    make_tree root 96
    tar -C root -cf r.tar .
    local block
    for block in 24MiB 64MiB; do
        xz -T2 --block-size=$block --lzma2=preset=0,dict=8MiB <r.tar >r.tar.xz
        import "xz, blocks of $block" r.tar.xz
    done
    xz -T1 --lzma2=preset=0,dict=32MiB <r.tar >r.tar.xz
    import "xz, one block and 32 MiB of dictionary" r.tar.xz
}

test_import_of_zstd_and_gzip() { # 300 s
    need_tool zstd
    make_tree root 96
    tar -C root -cf r.tar .
    zstd -q -T1 --long=25 <r.tar >r.tar.zst
    import "zstd, a window of 32 MiB" r.tar.zst
    zstd -q -T1 --long=27 <r.tar >r.tar.zst
    peak lxcpp-image import r.tar.zst --dist test --release 1 --arch amd64 && fail "a window of 128 MiB is taken"
    err_has "r.tar.zst: it is compressed with a window of more than 32 MiB, which would have to be in memory"
    [ "$PEAK" -le $LIMIT ] || fail "$PEAK KiB for what is refused"
    gzip -1 <r.tar >r.tar.gz
    import gzip r.tar.gz
    import "no compression" r.tar
}

test_import_of_squashfs() { # 300 s
    need_tool mksquashfs
    make_tree root 96
    mksquashfs root r.squashfs -quiet -no-progress -comp gzip -Xcompression-level 1 -b 1M >squashfs.log || { fail mksquashfs; exit 1; }
    import "squashfs, blocks of 1 MiB" r.squashfs
}

test_publish_and_export() { # 300 s
    make_tree root 96
    within publish lxcpp-image publish "$PWD/root" --alias large --arch amd64
    make_tree root 32 # it takes a while, and no more memory for more
    expect 0 lxcpp-image publish "$PWD/root" --alias one --arch amd64
    mkdir out
    within export lxcpp-image export one out
    xz -t out/rootfs.tar.xz || fail "what was exported"
    within "export of a squashfs" lxcpp-image export one squashed --format=squashfs --compression=xz-1 --block-size=1M
}

test_pull_of_layers() { # 300 s
    need_tool umoci
    need_tool skopeo
    local layer
    {
        umoci init --layout img && umoci new --image img:v1 && umoci unpack --image img:v1 bundle
        for layer in 1 2 3 4; do
            make_tree "bundle/rootfs/$layer" 32
            umoci repack --refresh-bundle --image img:v1 bundle
        done
        umoci config --image img:v1 --config.cmd /x
    } >umoci.log 2>&1 || { cat umoci.log; fail umoci; exit 1; }
    start_registry </dev/null
    copy --dest-tls-verify=false oci:img:v1 "docker://127.0.0.1:$PORT/app:v1"
    insecure "127.0.0.1:$PORT"
    within "create from a registry" lxcpp-create -n "$C1" -t oci -- -u "docker://127.0.0.1:$PORT/app:v1"
    expect 0 lxcpp-destroy -n "$C1"
    is "$(trees | wc -l)" 4 "number of layers"
    rm -r "$LXCPP_CACHE_DIR/images"
    within "image pull" lxcpp-image pull "docker://127.0.0.1:$PORT/app:v1"
    end_registry
}
