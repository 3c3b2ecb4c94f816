# SPDX-License-Identifier: Apache-2.0
"""Differences from distrobuilder that are meant, each with its reason."""
import re

ANY = ".*"
TREE = "(rootfs/)?"
# (where, path, what): expressions that match all of it.
MEANT = [
    (ANY, TREE + "etc/copied.*/(two|three)", "mode",
     "copy keeps the permission bits of what it copies, as distrobuilder's documentation says and it does not"),
    (ANY, TREE + "srv/devices", "content", "programs of a build have the /dev of a container: pts and ptmx, and no console"),
    (ANY, TREE + "etc/systemd/system-generators/lxc", "content", "another script, of the same effect"),
    (ANY, "templates/cloud-init-.*", "content",
     "other words of the same effect; the default of the network is that of a container, as no machines are built"),
    (ANY, r"templates/hosts(-2)?\.tpl", "(member|content|only ours)", "templates of two files of one name have two names: distrobuilder's second takes the first one's place"),
    (ANY, r"/templates//etc/hosts\.plain/template", "value", "the same"),
    (ANY, "manifest.spdx.json", "output", "the list of packages; --no-manifest leaves it out"),
    ("unified", r"\./|templates/|rootfs/", "member", "an archive of a root and its metadata begins with neither . nor templates/, and has rootfs/"),
    # Decision 013.
    (ANY, r"(\./)?var/log/bootstrap\.log", ANY, "debootstrap's own log"),
    (ANY, "var/log/(dpkg|alternatives|apt/(history|term))\\.log|var/(lib/dpkg|cache/debconf)/.*-old", "content",
     "logs and backups tell what was done, and when: here with fewer steps"),
    (ANY, "var/lib/dpkg/available", "content", "dpkg's list of what could be had is empty: apt has its own"),
    (ANY, "var/lib/dpkg/status", "priorities", "priorities are the packages' own, and not what the archive makes of them"),
    (ANY, "var/cache/ldconfig/aux-cache", "content", "inode numbers and times"),
    (ANY, "etc/fstab", "content", "a comment of newer versions of debootstrap"),
    (ANY, "etc/hostname", "content", "a build's host name is distrobuilder; debootstrap has the machine's"),
    (ANY, "etc/(hostname|resolv.conf)", "mode", "0644 also where umask or the machine's own file say otherwise"),
]


def reason(difference):
    for where, path, what, why in MEANT:
        if re.fullmatch(where, difference.where) and re.fullmatch(path, difference.path) and re.fullmatch(what, difference.what):
            return why
    return None
