# SPDX-License-Identifier: Apache-2.0
"""What is built and compared. A case yields (title, differences)."""
import os
import platform

import shutil
import subprocess
import tarfile

from dataclasses import dataclass

import builders
import peer_root
import trees
import yaml

SOON = 3600  # of two builds, in seconds
STATUS = "var/lib/dpkg/status"

@dataclass
class Difference:
    where: str  # the output that it is in
    path: str
    what: str
    ours: object
    theirs: object
    words: str = ""

    def __str__(self):
        return f"{self.where}: {self.path}: {self.what}: ours {self.ours}, distrobuilder's {self.theirs}{self.words}"

def without_priorities(top, path):
    with open(os.path.join(top, path)) as file:
        return [line for line in file if not line.startswith("Priority: ")]


def compare_trees(where, ours, theirs):
    for path, what, mine, other in trees.differences(trees.tree(ours), trees.tree(theirs)):
        if what == "content":
            mine, other = "+", "-"
        if path == STATUS and what == "content" and without_priorities(ours, path) == without_priorities(theirs, path):
            what = "priorities"
        words = trees.words_of(ours, theirs, path) if what == "content" else ""
        yield Difference(where, path, what, mine, other, words)

def compare_lists(where, what, ours, theirs):
    for name in sorted(set(ours) ^ set(theirs)):
        yield Difference(where, name, what, "has it" if name in ours else "-", "has it" if name in theirs else "-")

def compare_values(where, ours, theirs, path=""):
    """Of what YAML says; times are near each other."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys(), key=str):
            yield from compare_values(where, ours.get(key), theirs.get(key), f"{path}/{key}")
    elif path.endswith("_date"):
        if not (isinstance(ours, int) and isinstance(theirs, int) and abs(ours - theirs) < SOON):
            yield Difference(where, path, "time", ours, theirs)
    elif ours != theirs:
        yield Difference(where, path, "value", ours, theirs)

def contents(archive):
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read().decode() for member in tar if member.isfile()}

def compare_texts(where, ours, theirs):
    yield from compare_lists(where, "member", ours, theirs)
    for name in sorted(ours.keys() & theirs.keys()):
        mine, other = ours[name], theirs[name]
        if name == "expiry":
            if abs(int(mine) - int(other)) > SOON:
                yield Difference(where, name, "time", mine, other)
        elif name == "metadata.yaml":
            yield from compare_values(where + "/" + name, yaml.safe_load(mine), yaml.safe_load(other))
        elif mine != other:
            yield Difference(where, name, "content", "+", "-", trees.words(mine, other))

class Pair:
    """Runs both and compares."""

    def __init__(self, work, ours, theirs, recipe, recipe_of_theirs=None):
        self.work, self.builders = work, (ours, theirs)
        self.recipes = recipe, recipe_of_theirs or recipe

    def run(self, command, output, *options, these=None):
        """these: the trees that are packed."""
        return [builder.run(command, recipe, output, *options, tree=tree)
                for builder, recipe, tree in zip(self.builders, self.recipes, these or (None, None))]

    def unpacked(self, archives):
        return [trees.unpack(archive, archive + ".tree") for archive in archives]

    def lxc(self, where, places, suffix="xz"):
        yield from compare_texts(where + "/meta.tar.xz", *(contents(f"{place}/meta.tar.xz") for place in places))
        archives = [f"{place}/rootfs.tar.{suffix}" for place in places]
        yield from compare_lists(where + "/rootfs.tar", "member", *map(trees.members, archives))
        yield from compare_trees(where + "/rootfs.tar", *self.unpacked(archives))
        yield from self.files(where, places)

    def incus(self, where, places, suffix="xz"):
        yield from compare_texts(where + "/incus.tar", *(contents(f"{place}/incus.tar.{suffix}") for place in places))
        yield from compare_trees(where + "/rootfs.squashfs", *self.unpacked(f"{place}/rootfs.squashfs" for place in places))
        yield from self.files(where, places)

    def unified(self, where, places):
        archives = [next(f"{place}/{name}" for name in os.listdir(place) if name.endswith(".tar.xz")) for place in places]
        yield from compare_lists(where, "member", *map(trees.members, archives))
        metadata = []
        for top in self.unpacked(archives):
            with open(top + "/metadata.yaml") as file:
                metadata.append(yaml.safe_load(file))
            os.remove(top + "/metadata.yaml")
        yield from compare_values(where + "/metadata.yaml", *metadata)
        yield from compare_trees(where, *(archive + ".tree" for archive in archives))
        yield from self.files(where, places)

    def files(self, where, places):
        names = [[name for name in os.listdir(place) if not name.endswith(".tree")] for place in places]
        yield from compare_lists(where, "output", *names)

ASK = """#!/bin/sh
echo "$0 $*" >>/srv/asked
echo "$SMALL $OF_CONTAINERS $OF_BOTH $OF_MACHINES $DEBIAN_FRONTEND" >>/srv/asked
"""
APPLETS = "sh cat chmod echo env hostname id ls mkdir mkfifo mount pwd rm touch umount".split()

def small_root(work):
    """Of busybox; everything in it that a generator could meet."""
    root = os.path.join(work, "small-root")
    for name in ("bin", "sbin", "etc/systemd", "proc", "sys", "dev", "run", "tmp", "usr/sbin", "srv/remove-me/deep", "var/lib", "var/empty"):
        os.makedirs(os.path.join(root, name))
    busybox = shutil.which("busybox")
    if not busybox:
        raise peer_root.Failed("busybox is not installed")
    shutil.copy(busybox, root + "/bin/busybox")
    for name in APPLETS:
        os.symlink("busybox", f"{root}/bin/{name}")
    texts = {"bin/ask": ASK, "etc/passwd": "root:x:0:0::/:/bin/sh\n", "etc/group": "root:x:0:\n", "etc/hostname": "distrobuilder\n",
             "etc/hosts": "127.0.0.1 localhost\n127.0.1.1 distrobuilder distrobuilder.lan\n", "etc/hosts.plain": "127.0.0.1 localhost\n",
             "srv/remove-me/deep/file": "x", "etc/machine-id": "0123\n"}
    for name, text in texts.items():
        with open(os.path.join(root, name), "w") as file:
            file.write(text)
    os.chmod(root + "/bin/ask", 0o755)
    os.chmod(root + "/tmp", 0o1777)
    os.chmod(root + "/bin/busybox", 0o4755)
    os.link(root + "/bin/busybox", root + "/bin/second-name")
    os.symlink("/nowhere/at/all", root + "/etc/dangling")
    os.chown(root + "/var/empty", 12, 34)
    os.mknod(root + "/dev/null", 0o20666, os.makedev(1, 3))
    # What has a capability, as ping in a distribution.
    shutil.copy(root + "/bin/ask", root + "/bin/able")
    os.setxattr(root + "/bin/able", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
    subprocess.run(["tar", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-C", root, "-cf", work + "/root.tar", "."], check=True)

def small(work, ours, theirs):
    small_root(work)
    os.makedirs(work + "/copied/sub")
    for name, mode in (("one", 0o644), ("two", 0o755), ("three", 0o600), ("sub/four", 0o644)):
        with open(f"{work}/copied/{name}", "w") as file:
            file.write(name + "\n")
        os.chmod(f"{work}/copied/{name}", mode)
    os.symlink("one", work + "/copied/to-one")
    values = {"ARCH": platform.machine()}
    theirs_recipe = builders.prepare(work, "small.yaml", {**values, "WORK": "/work"})
    os.rename(theirs_recipe, work + "/small-theirs.yaml")
    pair = Pair(work, ours, theirs, builders.prepare(work, "small.yaml", {**values, "WORK": work}), work + "/small-theirs.yaml")
    places = pair.run("build-dir", "dir")
    yield "build-dir", compare_trees("build-dir", *places)
    yield "build-dir --with-post-files", compare_trees("build-dir --with-post-files", *pair.run("build-dir", "dir-all", "--with-post-files"))
    yield "pack-lxc", pair.lxc("pack-lxc", pair.run("pack-lxc", "pack-lxc", these=places))
    yield "pack-incus", pair.incus("pack-incus", pair.run("pack-incus", "pack-incus", these=places))
    yield "pack: the tree is as it was", compare_trees("after pack", *places)
    yield "build-lxc", pair.lxc("build-lxc", pair.run("build-lxc", "lxc"))
    yield "build-incus", pair.incus("build-incus", pair.run("build-incus", "incus"))
    yield "build-incus --type=unified", pair.unified("unified", pair.run("build-incus", "unified", "--type=unified"))

def debian(work, ours, theirs):
    yield from debian_image(work, ours, theirs)

def cloud(work, ours, theirs):
    yield from debian_image(work, ours, theirs, "-o", "image.variant=cloud")

def debian_image(work, ours, theirs, *options):
    recipe = builders.prepare(work, "debian.yaml", {"MIRROR": peer_root.mirror()})
    pair = Pair(work, ours, theirs, recipe)
    places = pair.run("build-dir", "dir", *options)
    yield "build-dir", compare_trees("build-dir", *places)
    quick = [*options, "--compression=gzip-1"]
    yield "pack-lxc", pair.lxc("pack-lxc", pair.run("pack-lxc", "lxc", *quick, these=places), "gz")
    yield "pack-incus", pair.incus("pack-incus", pair.run("pack-incus", "incus", *quick, these=places), "gz")

CASES = {"small": small, "debian": debian, "cloud": cloud}
