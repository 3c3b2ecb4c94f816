# SPDX-License-Identifier: Apache-2.0
"""What two builds made, as values that can be compared: trees, archives, metadata."""
import difflib
import hashlib
import os
import stat
import subprocess

SHOWN, MOST_READ = 24, 1 << 20
KINDS = {stat.S_IFDIR: "directory", stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo", stat.S_IFCHR: "device",
         stat.S_IFBLK: "device", stat.S_IFSOCK: "socket"}


def run(*argv, **options):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stdout.strip()[-300:]}")
    return done.stdout


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def attributes(path):
    names = [name for name in os.listxattr(path, follow_symlinks=False) if name.startswith(("security.capability", "user."))]
    return " ".join(f"{name}={os.getxattr(path, name, follow_symlinks=False).hex()}" for name in sorted(names))


def entry(path):
    """Everything but times."""
    info = os.lstat(path)
    kind = KINDS[stat.S_IFMT(info.st_mode)]
    found = {"kind": kind, "owner": f"{info.st_uid}:{info.st_gid}"}
    if kind == "link":
        found["target"] = os.readlink(path)
    else:
        found["mode"] = f"{stat.S_IMODE(info.st_mode):04o}"
        found["attributes"] = attributes(path)
    if kind == "file":
        found["content"] = digest(path)
        found["names"] = info.st_nlink
    if kind == "device":
        found["number"] = info.st_rdev
    return found


def tree(top):
    """By path below top; "." is top itself."""
    found = {".": entry(top)}
    for folder, folders, names in os.walk(top):
        for name in folders + names:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, top)] = entry(path)
    return found


def members(archive):
    """Names as the archive has them."""
    return sorted(run("tar", "-tf", archive).splitlines())


def unpack(archive, to):
    os.makedirs(to)
    if archive.endswith(".squashfs"):
        os.rmdir(to)
        run("unsquashfs", "-quiet", "-no-progress", "-d", to, archive)
    else:
        run("tar", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-xpf", archive, "-C", to)
    return to


def words(ours, theirs):
    """How two texts differ, for who reads it."""
    lines = difflib.unified_diff(theirs.splitlines(), ours.splitlines(), lineterm="", n=0)
    shown = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return "".join(f"\n        {line}" for line in shown[:SHOWN])


def words_of(ours, theirs, path):
    """The same of a file in two trees."""
    texts = []
    for top in (ours, theirs):
        with open(os.path.join(top, path), errors="replace") as file:
            texts.append(file.read(MOST_READ))
    return words(*texts)


def differences(ours, theirs):
    """(path, what, ours, theirs) of two trees, ordered by path."""
    for path in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(path), theirs.get(path)
        if mine is None or other is None:
            yield path, "only " + ("distrobuilder's" if mine is None else "ours"), (mine or other)["kind"], ""
            continue
        for what in sorted(mine.keys() | other.keys()):
            if mine.get(what) != other.get(what):
                yield path, what, mine.get(what), other.get(what)
