# SPDX-License-Identifier: Apache-2.0
"""Creating from an image that is in the store: against unpacking its tarball, and against LXC's overlay copy."""
import os
import shutil
import subprocess

import debian
import measure
import rows

FINGERPRINT, TREE = "1" * 64, "2" * 64
MOST_UNPACKED = 3  # seconds each
SOURCES = ("etc", "usr/share/doc", "usr/share/zoneinfo", "usr/lib/python3", "usr/sbin", "usr/bin")
SHARED_BYTES, SHARED, READERS = 64 << 20, 100, 10
MOST_FILES = 10_000
MOST_BYTES = 300 << 20


def fill(root, most_bytes=MOST_BYTES):
    """Some of this machine's files, as many and as large as a small distribution's."""
    files = size = 0
    for source in SOURCES:
        for folder, _, names in os.walk(os.path.join("/", source)):
            for name in names:
                path = os.path.join(folder, name)
                if files >= MOST_FILES or size >= most_bytes:
                    return files, size
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                target = os.path.join(root, path.lstrip("/"))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy2(path, target)
                files, size = files + 1, size + os.path.getsize(path)
    return files, size


def store(ours, folder, root, program):
    record = os.path.join(folder, "record")
    with open(record, "w") as file:
        file.write(f"fingerprint: {FINGERPRINT}\nkind: system\nverified: yes\nsize: 0\ndistribution: debian\ntree: {TREE}\n")
    argv = [program, ours.environment["LXCPP_CACHE_DIR"], "--record", record, "--tree", f"{TREE}={root}"]
    subprocess.run(argv, check=True, env=ours.environment)


def tarball(folder, root):
    path = os.path.join(folder, "image.tar.xz")
    subprocess.run(["tar", "-cf", path, "-I", "xz -T0 -2", "-C", root, "."], check=True)
    return path


def create_of_image(ours, number):
    name = f"image{number}"
    elapsed = ours.run("create", name, "-q", "--image", FINGERPRINT, "-B", "overlay")
    ours.run("destroy", name)
    return elapsed


def unpack(ours, folder, archive):
    target = os.path.join(folder, "unpacked")
    os.mkdir(target)
    elapsed = measure.run([shutil.which("tar"), "-xJf", archive, "-C", target], ours.environment, ours.output)
    shutil.rmtree(target)
    return elapsed


def overlay_copy(theirs, number):
    """A clone of a container that is an overlay on it: what LXC has that is most like it."""
    copy = f"{theirs.tag}-copy{number}"
    argv = [theirs.program("copy"), "-P", theirs.lxcpath, "-n", f"{theirs.tag}-cloned", "-N", copy, "-B", "overlay", "-s"]
    elapsed = measure.run(argv, theirs.environment, theirs.output)
    theirs.run("destroy", f"copy{number}")
    return elapsed


def measure_both(setup, folder, build):
    ours, theirs = setup.peers
    root = os.path.join(folder, "image-root")
    files, size = fill(root)
    store(ours, folder, root, os.path.join(build, "tests/system/store-image"))
    archive = tarball(folder, root)
    theirs.run("create", "cloned", "-t", setup.template, "--", "--testinit", setup.testinit)
    stored = rows.Row(f"create of an image ({files} files, {size >> 20} MB); tar xJ", "ms", goal=0.01)
    copied = rows.Row("create of an image; lxc-copy -s -B overlay", "ms", absolute=5)
    for number in range(min(setup.rounds, MOST_UNPACKED)):
        stored.samples.add(theirs.name, unpack(ours, folder, archive))
    for number, peer in rows.in_turn(setup):
        if peer is ours:
            elapsed = create_of_image(ours, number)
            stored.samples.add(ours.name, elapsed)
            copied.samples.add(ours.name, elapsed)
        else:
            copied.samples.add(theirs.name, overlay_copy(theirs, number))
    theirs.run("destroy", "cloned")
    return [stored, copied]


def used_mb(path):
    facts = os.statvfs(path)
    return (facts.f_blocks - facts.f_bfree) * facts.f_frsize / (1 << 20)


def page_cache_mb():
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Cached:")) / 1024


def share(setup, folder, build):
    """What many containers of one image cost together; for comparison as many times the image, as copies would."""
    ours, theirs = setup.peers
    disk = rows.Row(f"disk of {SHARED} containers of an image; of copies", "MB")
    cache = rows.Row(f"page cache when {READERS} read all of it; copies", "MB")
    root = os.path.join(folder, "shared-root")
    subprocess.run([setup.template, "--rootfs=" + root, "--testinit", setup.testinit], check=True)
    with open(os.path.join(root, "large"), "wb") as file:
        for _ in range(SHARED_BYTES >> 20):
            file.write(os.urandom(1 << 20))
    with debian.fresh_ext4(folder) as top:
        for name in ("state", "cache"):
            os.mkdir(f"{top}/{name}", 0o755)
        environment = {**ours.environment, "LXCPP_STATE_DIR": top + "/state", "LXCPP_CACHE_DIR": top + "/cache"}
        before = used_mb(top)
        record = os.path.join(folder, "record")
        with open(record, "w") as file:
            file.write(f"fingerprint: {FINGERPRINT}\nkind: system\nverified: yes\nsize: 0\ntree: {TREE}\n")
        argv = [os.path.join(build, "tests/system/store-image"), top + "/cache", "--record", record, "--tree", f"{TREE}={root}"]
        subprocess.run(argv, check=True, env=environment)
        image = used_mb(top) - before

        def lxcpp(verb, number, *rest):
            argv = [ours.program(verb), "-P", top + "/state", "-n", f"{ours.tag}-shared{number}", *rest]
            measure.run(argv, environment, ours.output)

        for number in range(SHARED):
            lxcpp("create", number, "-q", "--image", FINGERPRINT, "-B", "overlay")
        disk.samples.add(ours.name, used_mb(top) - before)
        disk.samples.add(theirs.name, image * SHARED)
        with open("/proc/sys/vm/drop_caches", "w") as file:
            file.write("3")
        cached = page_cache_mb()
        for number in range(READERS):
            lxcpp("start", number)
            lxcpp("attach", number, "--", "/bin/busybox", "cat", "/large")
            os.truncate(ours.output, 0)
        cache.samples.add(ours.name, page_cache_mb() - cached)
        cache.samples.add(theirs.name, SHARED_BYTES / (1 << 20) * READERS)
        for number in range(READERS):
            lxcpp("stop", number, "-k")
    return [disk, cache]
