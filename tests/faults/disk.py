# SPDX-License-Identifier: Apache-2.0
"""A file system that gets full: each verb with 0, 4, 8 … KiB, or 0, 1, 2 … inodes, left for everything that we write."""
import filecmp
import os
import random
import subprocess
import time

import places
import sandbox
from image_verbs import IMAGE_VERBS, VERBS

VERBS_ON_A_FULL_DISK = (*(name for name in IMAGE_VERBS if name != "delete-image"), "build", "create", "create-image", "config", "start", "stop", "shutdown", "reboot", "destroy", "destroy-running", "attach")
ENOUGH = 4  # verbs in a row that did not notice anything: then there is enough of it


def run(argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


class Tmpfs:
    def __init__(self, top):
        self.top = top
        run(["mount", "-t", "tmpfs", "-o", "size=64m,nr_inodes=4096", "full", top])
        with open(f"{top}/ballast", "wb") as file:
            file.write(bytes(4096))  # a size of 0 would mean no limit

    def leave(self, size=None, inodes=None):
        now = os.statvfs(self.top)
        if size is not None:
            run(["mount", "-o", f"remount,size={(now.f_blocks - now.f_bfree) * now.f_bsize + size}", self.top])
        if inodes is not None:
            run(["mount", "-o", f"remount,nr_inodes={now.f_files - now.f_ffree + inodes}", self.top])

    def release(self):
        run(["mount", "-o", "remount,size=64m,nr_inodes=4096", self.top])


class Ext4:
    def __init__(self, top):
        self.top, image = top, os.path.dirname(top) + "/tmp/image"
        with open(image, "wb") as file:
            file.truncate(32 << 20)
        run(["mkfs.ext4", "-q", "-F", "-b", "1024", "-m", "0", "-N", "1024", "-J", "size=1", image])
        run(["mount", "-o", "loop", image, top])
        os.rmdir(f"{top}/lost+found")

    def leave(self, size=None, inodes=None):
        os.mkdir(f"{self.top}/filler")
        for index in range(os.statvfs(self.top).f_ffree - inodes if inodes is not None else 0):
            open(f"{self.top}/filler/{index}", "wb").close()
        if size is None:
            return
        with open(f"{self.top}/filler/bytes", "wb") as file:
            while True:  # the map of the file's own blocks takes some too
                now = os.statvfs(self.top)
                spare = now.f_bavail * now.f_frsize - size
                if spare <= 0:
                    return
                try:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, max(spare - 2048, 1024))
                except OSError:
                    return

    def release(self):
        run(["rm", "-rf", f"{self.top}/filler"])


class Trial(places.Trial):
    """As with single faults, but the disk stays full while we look, and for every second one also while it is destroyed."""
    FULL = "No space left on device"

    def __init__(self, box, verb, disk):
        super().__init__(box, verb, "disk")
        self.disk = disk

    def run(self, what, left):
        """Whether the verb noticed something."""
        box, name = self.box, self.box.name()
        self.verb.ready(name)
        self.disk.leave(**{what: left})
        hit = box.run(self.verb.command(name), places.PATIENT)
        box.settle()
        self.look(name)
        at_once = left // (self.verb.disk_step if what == "size" else 1) % 2
        if at_once:
            self.destroy_now(name)
        self.disk.release()
        if not at_once:
            self.judge(name, hit)
            self.blame(self.verb.settled(name) or self.truncated(name))
        if not at_once or self.verb.retries:
            self.retry(name)
        self.end(name)
        return hit.code != 0 or bool(self.findings)

    def judge(self, name, hit):
        super().judge(name, hit)
        if hit.code and not hit.err.strip():
            self.blame(f"it fails without a word: {hit}")
        elif hit.code and self.verb.retries and self.FULL not in hit.err:
            self.blame(f"it does not say why: {hit}")

    def destroy_now(self, name):
        if os.path.exists(f"{self.box.lxcpath}/{name}"):
            gone = self.box.run(["lxcpp-destroy", "-f", "-n", name], places.PATIENT)
            self.blame(gone.code and f"destroy on the full disk: {gone}")
            self.blame(os.path.exists(f"{self.box.lxcpath}/{name}") and "destroy on the full disk: it is still there")

    def truncated(self, name):
        init = f"{self.box.lxcpath}/{name}/rootfs/sbin/init"
        if os.path.exists(init) and not filecmp.cmp(init, self.box.payload, False):
            return "its files are cut short"
        return None


def steps(verb, what):
    left = 0
    while True:
        yield left
        left += verb.disk_step if what == "size" else 1


def sweep(box, disk, verb_name, what, options):
    verb = VERBS[verb_name](box)
    chance, found, tried, total, calm = random.Random(options.seed), [], 0, 0, 0
    end = time.monotonic() + options.seconds
    share = min(1.0, options.sample / 60)
    for left in steps(verb, what):
        if calm >= ENOUGH or time.monotonic() > end or left > 64 * 1024 * 1024 or tried >= options.sample:
            break
        total += 1
        if options.at and str(left) != options.at or chance.random() > share:
            continue
        trial = Trial(box, verb, disk)
        calm = 0 if trial.run(what, left) else calm + 1
        tried += 1
        if trial.findings:
            found.append(left)
            print(f"FAIL: disk.{verb_name} {left} {what} left", *trial.findings, sep="\n    ", flush=True)
            box.clear()
        if options.at:
            break
    return tried, total, found


def sweeps(verb_name, options):
    for kind in (Tmpfs, Ext4):
        made = []
        box = sandbox.Sandbox(disk=lambda top, kind=kind, made=made: made.append(kind(top)))
        try:
            for what in ("size", "inodes"):
                start = time.monotonic()
                tried, total, found = sweep(box, made[0], verb_name, what, options)
                yield f"disk.{verb_name} {kind.__name__} {what}", total, tried, 0, len(found), time.monotonic() - start
        finally:
            box.remove()
