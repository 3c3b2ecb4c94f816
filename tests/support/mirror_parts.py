# SPDX-License-Identifier: Apache-2.0
"""What distro_mirrors.py makes mirrors of: archives, trees and images of file systems."""
import bz2
import gzip
import hashlib
import io
import lzma
import os
import subprocess
import tarfile

APPLETS = ("sh", "sed", "mkdir", "cat", "mount", "umount", "ln", "rm")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sha512(data):
    return hashlib.sha512(data).hexdigest()


def packed(name, data):
    if name.endswith(".gz"):
        return gzip.compress(data, 1, mtime=0)
    if name.endswith((".xz", ".txz", ".tzst", ".zst")):  # what it is told by its first bytes
        return lzma.compress(data, preset=0)
    return bz2.compress(data, 1) if name.endswith(".bz2") else data


def tar(members):
    """path: bytes is a file, (bytes, mode) one with a mode, a text that begins with "->" a link, None a directory."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, content in members.items():
            one = tarfile.TarInfo(path)
            one.mode = 0o755
            if content is None:
                one.type = tarfile.DIRTYPE
                archive.addfile(one)
            elif isinstance(content, str):
                one.type, one.linkname = tarfile.SYMTYPE, content[2:]
                archive.addfile(one)
            else:
                data, one.mode = content if isinstance(content, tuple) else (content, 0o644)
                one.size = len(data)
                archive.addfile(one, io.BytesIO(data))
    return made.getvalue()


class Parts:
    """What mirrors are made of; files are made below folder."""

    def __init__(self, folder, signer, busybox):
        self.folder, self.signer = folder, signer
        with open(busybox, "rb") as file:
            self.busybox = (file.read(), 0o755)
        self.made = {}

    def root(self, name, below=""):
        """A tree that nothing is run in."""
        return tar({below + "etc/": None, below + "etc/issue": name.encode(), below + "dev/": None, below + "usr/": None})

    def runnable(self, programs):
        """A tree with a shell, and these programs of it."""
        members = {"bin/": None, "bin/busybox": self.busybox, **{f"bin/{name}": "->busybox" for name in APPLETS}}
        members.update({f"{name}/": None for name in ("dev", "etc", "etc/pki", "etc/pki/rpm-gpg", "mnt", "proc", "sys", "tmp", "usr")})
        return {**members, **{f"bin/{name}": (text.encode(), 0o755) for name, text in programs.items()}}

    def tree(self, name, members):
        """Such members as a directory."""
        place = os.path.join(self.folder, name)
        with tarfile.open(fileobj=io.BytesIO(tar(members))) as archive:
            archive.extractall(place, numeric_owner=True)
        return place

    def once(self, name, make):
        if name not in self.made:
            image = os.path.join(self.folder, name + ".image")
            make(image)
            with open(image, "rb") as file:
                self.made[name] = file.read()
        return self.made[name]

    def squashfs(self, name, members):
        return self.once(name, lambda image: run("mksquashfs", self.tree(name, members), image, "-quiet", "-no-progress", "-comp", "gzip"))

    def iso(self, name, members):
        return self.once(name, lambda image: run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-o", image, self.tree(name, members)))

    def ext4(self, name, members):
        return self.once(name, lambda image: run("mke2fs", "-q", "-t", "ext4", "-b", "1024", "-d", self.tree(name, members), image, "2048"))


def run(*argv):
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    done = subprocess.run(argv, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{argv[0]}: {done.stdout.decode(errors='replace')}")
