# SPDX-License-Identifier: Apache-2.0
"""A Debian of its own with distrobuilder in it. What runs there has namespaces of its own and leaves nothing behind."""
import os
import re
import shutil
import subprocess

SUITE = "sid"  # the only one that has 3.4
PACKAGES = "distrobuilder,ca-certificates,debian-archive-keyring"

# distrobuilder makes "/" private, and so wants it to be a mount point: pivot_root, and not only chroot. Its builds bind
# and empty /dev: the nodes are copies.
ENTER = """
root=$1 work=$2; shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sys "$root/sys"
mount -t tmpfs -o mode=755 dev "$root/dev"
for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "$root/dev/${node%:*}" c 1 "${node#*:}"; done
mknod -m 666 "$root/dev/tty" c 5 0
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mkdir -p "$root/work"
mount --bind "$work" "$root/work"
cp --remove-destination /etc/resolv.conf "$root/etc/resolv.conf"
cd "$root"
pivot_root . mnt
exec chroot . sh -ec 'umount -l /mnt; cd /work; exec "$@"' sh "$@"
"""


class Failed(Exception):
    pass


def mirror():
    """What apt on this machine uses; nothing of it is written down."""
    for folder, _, names in os.walk("/etc/apt"):
        for name in names:
            if name.endswith((".list", ".sources")):
                with open(os.path.join(folder, name)) as file:
                    found = re.search(r"^(?:deb |URIs:).*?(https?://\S+)", file.read(), re.M)
                if found:
                    return found.group(1)
    raise Failed("apt has no mirror")


def make(root):
    """Unless it is there already."""
    if os.path.exists(os.path.join(root, "usr/bin/distrobuilder")):
        return root
    program = shutil.which("mmdebstrap")
    if not program:
        raise Failed("mmdebstrap, which makes the Debian that distrobuilder runs in, is not installed")
    os.makedirs(os.path.dirname(os.path.abspath(root)), exist_ok=True)
    # A mirror may be a snapshot: its lists are older than they say they may be, and still signed.
    argv = [program, "--quiet", "--mode=root", "--variant=minbase", '--aptopt=Acquire::Check-Valid-Until "false"',
            "--include=" + PACKAGES, SUITE, root, mirror()]
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", *argv], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"mmdebstrap: {done.stdout.strip()[-500:]}")
    return root


def command(root, work, *argv):
    """What runs argv in there, as root; the directory work is its /work, where it begins."""
    unshare = [shutil.which("unshare"), "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    return [*unshare, shutil.which("sh"), "-ec", ENTER, "sh", root, work, *argv]
