# SPDX-License-Identifier: Apache-2.0
"""The debian template against mmdebstrap: the same packages from the same mirror, each on a fresh ext4 with nothing
cached; and a second create against a plain copy of the tree."""
import contextlib
import os
import re
import shutil
import subprocess
import sys

import measure
import rows

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../peer"))

import peer_root  # noqa: E402

SUITE = "bookworm"
MOST_ROUNDS = 3


@contextlib.contextmanager
def fresh_ext4(folder):
    """A new one for each measurement: on a used one making files is several times slower for a while."""
    image, top = os.path.join(folder, "ext4"), os.path.join(folder, "mnt")
    os.makedirs(top, exist_ok=True)
    with open(image, "wb") as file:
        file.truncate(6 << 30)
    subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, top], check=True)
    try:
        os.chmod(top, 0o755)
        yield top
    finally:
        subprocess.run(["umount", top], check=True)
        os.remove(image)


def packages(rootfs):
    with open(os.path.join(rootfs, "var/lib/dpkg/status"), errors="replace") as file:
        return sorted(re.findall(r"^Package: (\S+)$", file.read(), re.M))


def create(ours, top, name):
    environment = {**ours.environment, "LXCPP_STATE_DIR": top + "/state", "LXCPP_CACHE_DIR": top + "/cache"}
    argv = [ours.program("create"), "-P", top + "/state", "-n", f"{ours.tag}-{name}", "-t", "debian", "--", "-q",
            "-r", SUITE, "--variant", "minbase"]
    return measure.run(argv, environment, ours.output)


def one_of_ours(ours, folder, first, second):
    with fresh_ext4(folder) as top:
        os.mkdir(top + "/state", 0o755)
        os.mkdir(top + "/cache", 0o755)
        first.samples.add("lxcpp", create(ours, top, "one"))
        second.samples.add("lxcpp", create(ours, top, "two"))
        rootfs = f"{top}/state/{ours.tag}-one/rootfs"
        copy = [shutil.which("cp"), "-a", rootfs, top + "/copy"]
        second.samples.add("lxc", measure.run(copy, ours.environment, ours.output))
        return packages(rootfs)


def one_of_theirs(ours, folder, first, wanted):
    program = shutil.which("mmdebstrap")
    if not program:
        raise measure.Failed("debian: mmdebstrap is not installed")
    with fresh_ext4(folder) as top:
        os.mkdir(top + "/tmp", 0o1777)
        # Else apt takes the first that init-system-helpers names, usrmerge with all of Perl.
        merged = "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"
        argv = [program, "--quiet", "--variant=minbase", merged, "--include=" + ",".join(wanted), SUITE, top + "/rootfs", peer_root.mirror()]
        environment = {**ours.environment, "TMPDIR": top + "/tmp"}
        first.samples.add("lxc", measure.run(argv, environment, ours.output))
        got = packages(top + "/rootfs")
        if got != wanted:
            raise measure.Failed(f"debian: not the same packages: {sorted(set(got) ^ set(wanted))}")


def measure_both(setup, folder):
    ours = setup.peers[0]
    first = rows.Row("debian minbase, nothing cached; mmdebstrap", "ms", goal=0.6)
    second = rows.Row("the second create of it; cp -a", "ms", goal=1.0)
    for _ in range(min(setup.rounds, MOST_ROUNDS)):
        wanted = one_of_ours(ours, folder, first, second)
        one_of_theirs(ours, folder, first, wanted)
    return [first, second]
