# SPDX-License-Identifier: Apache-2.0
"""Creating from an image that is in the store: against unpacking its tarball, and against LXC's overlay copy."""
import os
import shutil
import subprocess

import measure
import rows

FINGERPRINT, TREE = "1" * 64, "2" * 64
MOST_UNPACKED = 3  # seconds each
SOURCES = ("etc", "usr/share/doc", "usr/share/zoneinfo", "usr/lib/python3", "usr/sbin", "usr/bin")
MOST_FILES = 10_000
MOST_BYTES = 300 << 20


def fill(root):
    """Some of this machine's files, as many and as large as a small distribution's."""
    files = size = 0
    for source in SOURCES:
        for folder, _, names in os.walk(os.path.join("/", source)):
            for name in names:
                path = os.path.join(folder, name)
                if files >= MOST_FILES or size >= MOST_BYTES:
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
