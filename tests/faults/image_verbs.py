# SPDX-License-Identifier: Apache-2.0
"""Verbs that bring images into the store: half of one must never be there, and a second try ends with what an undisturbed run has."""
import hashlib
import os
import re
import shutil

import build_verb
import image_sources
import net_verbs
import verbs
from verbs import Create, Verb


class Stored(Verb):
    """Begins with an empty store."""
    disk_step = 96 << 10
    retries = True  # whatever the fault: what the second try makes of what the first left is the point

    def __init__(self, box):
        super().__init__(box)
        self.store = f"{box.env['LXCPP_CACHE_DIR']}/images"
        self.prepare()
        name = box.name()
        self.ready(name)
        box.must(self.command(name))
        self.wanted = self.reading()
        box.run(["lxcpp-destroy", "-f", "-n", name])

    def prepare(self):
        """What the command needs besides the store."""

    def ready(self, name):
        shutil.rmtree(self.store, ignore_errors=True)

    def reading(self):
        """All that is in the store, but what time it is, who works there, and how many blocks the file system takes for it."""
        lines = []
        for folder, names, files in os.walk(self.store):
            inside = os.path.relpath(folder, self.store)
            names[:] = [name for name in names if f"{inside}/{name}" != "./locks"]
            lines += [f"{inside}/{name}/" for name in names]
            lines += [f"{inside}/{name} {self.content(f'{folder}/{name}', inside)}" for name in files]
        return sorted(lines)

    @staticmethod
    def content(path, inside):
        if os.path.islink(path):
            return os.readlink(path)
        if not os.path.isfile(path):
            return "special"  # a whiteout
        if inside.startswith(("index", "seen", "sums")):
            return ""  # when it was asked; numbers of inodes (verify looks into these)
        with open(path, "rb") as file:
            return hashlib.sha256(re.sub(rb"(?m)^(added|size|digest): .*", b"", file.read())).hexdigest()

    def whole(self):
        now = self.reading()
        if now == self.wanted:
            return None
        return f"the store lacks {[line for line in self.wanted if line not in now][:5]}, has besides {[line for line in now if line not in self.wanted][:5]}"

    def verified(self):
        """What is wrong with the store as it is."""
        for argv in (["lxcpp-image", "list"], ["lxcpp-image", "verify"]):
            seen = self.box.run(argv)
            if seen.code != 0:
                return f"{' '.join(argv)}: {seen} {seen.out.strip()[-300:]}"
        return None

    def truth(self, name):
        return self.verified() or self.whole()

    def settled(self, name):
        return self.verified()

    def may_stay(self, now):
        return self.wanted

    def pruned(self, name):
        """What is wrong after somebody cleans up instead of trying again."""
        seen = self.box.run(["lxcpp-image", "prune"])
        if seen.code != 0:
            return f"prune: {seen}"
        now = self.reading()
        more = [line for line in now if line not in self.may_stay(now)]
        left = self.box.run(["lxcpp-image", "verify"])
        return f"after prune the store has {more[:5]}, verify says {left} {left.out}" if more or "left over" in left.out else self.verified()


class Pull(Stored, Create):
    """A create that brings its image."""

    def ready(self, name):
        Stored.ready(self, name)

    def truth(self, name):
        return Stored.truth(self, name) or Create.truth(self, name)

    def settled(self, name):
        folder = f"{self.box.lxcpath}/{name}"
        whole = all(os.path.exists(f"{folder}/{part}") for part in ("overlay/upper", "image", "config"))
        return Stored.settled(self, name) or ("half a container stands under its name" if os.path.exists(folder) and not whole else None)

    def words(self):
        raise NotImplementedError

    def command(self, name):
        return ["lxcpp-create", "-n", name, "-f", self.box.config, *self.words()]


class PullOci(Pull):
    """From a layout in a directory."""

    def words(self):
        return ["-t", "oci", "--", "--url", f"oci:{image_sources.layout(self.box)}:v1"]


class PullRegistry(Pull):
    def words(self):
        return ["-t", "oci", "--", "--url", image_sources.registry(self.box)]


class PullDownload(Pull):
    """From an image server, with verification by TLS and digests."""

    def words(self):
        return ["-t", "download", "--", "--server", image_sources.image_server(self.box), "-d", "test", "-r", "1", "-a", image_sources.ARCHITECTURE]


class ImagePull(Stored):
    """Without a container."""

    def command(self, name):
        return ["lxcpp-image", "pull", image_sources.registry(self.box), "--alias", "pulled"]


class Import(Stored):
    def command(self, name):
        return ["lxcpp-image", "import", *image_sources.parts(self.box), "--alias", "imported"]


class DeleteImage(Stored):
    done_already = ("there is no image",)

    def prepare(self):
        self.importing = ["lxcpp-image", "import", *image_sources.parts(self.box), "--alias", "imported"]

    def ready(self, name):
        super().ready(name)
        self.box.must(self.importing)
        self.before = self.reading()

    def may_stay(self, now):
        return self.before if any("/record " in line for line in now) else self.wanted

    def command(self, name):
        return ["lxcpp-image", "delete", "imported"]


IMAGE_VERBS = {"pull-oci": PullOci, "pull-registry": PullRegistry, "pull-download": PullDownload, "image-pull": ImagePull, "import": Import,
               "delete-image": DeleteImage}
VERBS = {**verbs.VERBS, **IMAGE_VERBS, **net_verbs.NET_VERBS, "build": build_verb.Build}
