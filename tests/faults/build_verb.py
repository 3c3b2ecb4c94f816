# SPDX-License-Identifier: Apache-2.0
"""The image builder: a small recipe with a step of each kind, into a directory that holds an older image."""
import hashlib
import os
import shutil
import tarfile

from verbs import Verb

ACTION = "#!/bin/sh\necho {0} >>/srv/did\n"
RECIPE = """image: {{distribution: small, release: "1", serial: "20260101_0000"}}
source: {{downloader: rootfs-http, url: "file://{root}", sha256: {digest}}}
targets: {{lxc: {{create_message: hello, config: [{{type: all, content: "lxc.include = LXC_TEMPLATE_CONFIG/common.conf"}}]}}}}
files:
- {{path: /etc/hostname, generator: hostname}}
- {{path: /etc/motd, generator: dump, content: hello}}
- {{path: /etc/copied, generator: copy, source: file}}
- {{path: /etc/old, generator: remove}}
packages:
  custom_manager:
    clean: {{cmd: sh, flags: [-c, "true"]}}
    install: {{cmd: sh, flags: [-c, "echo install >>/srv/did"]}}
    remove: {{cmd: "true"}}
    refresh: {{cmd: "true"}}
    update: {{cmd: "true"}}
  sets: [{{action: install, packages: [one]}}]
actions:
- trigger: post-unpack
  action: "{first}"
- trigger: post-files
  action: "{last}"
"""
NAMES = ("meta.tar.xz", "rootfs.tar", "manifest.spdx.json")
HIDDEN = ".lxcpp-output-"


class Build(Verb):
    retries = True
    disk_step = 128 << 10

    def __init__(self, box):
        super().__init__(box)
        self.cache, self.target, self.recipe = f"{box.env['LXCPP_CACHE_DIR']}/builds", f"{box.disk}/target", f"{box.top}/tmp/recipe/recipe.yaml"
        box.env["SOURCE_DATE_EPOCH"] = "1767225600"  # each build gives the same bytes
        self.write_recipe()
        self.ready("")
        box.must(self.command(""))
        self.wanted = self.reading()
        if sorted(self.wanted) != sorted(NAMES):
            raise RuntimeError(f"another image than expected: {sorted(self.wanted)}")

    def write_recipe(self):
        folder = os.path.dirname(self.recipe)
        os.makedirs(f"{folder}/root", exist_ok=True)
        tree = f"{folder}/root"
        for name in ("bin", "dev", "etc", "proc", "run", "srv", "sys", "tmp", "usr/sbin"):
            os.makedirs(f"{tree}/{name}", exist_ok=True)
        shutil.copy("/bin/busybox", f"{tree}/bin/busybox")
        for name in ("sh", "true", "echo"):
            if not os.path.lexists(f"{tree}/bin/{name}"):
                os.symlink("busybox", f"{tree}/bin/{name}")
        for name in ("etc/hostname", "etc/old"):
            with open(f"{tree}/{name}", "w", encoding="utf-8") as file:
                file.write("old\n")
        with open(f"{folder}/file", "w", encoding="utf-8") as file:
            file.write("of the host\n")
        with tarfile.open(f"{folder}/root.tar", "w") as archive:
            archive.add(tree, ".")
        with open(f"{folder}/root.tar", "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        action = [ACTION.format(name).replace("\n", "\\n") for name in ("first", "last")]
        with open(self.recipe, "w", encoding="utf-8") as file:
            file.write(RECIPE.format(root=f"{folder}/root.tar", digest=digest, first=action[0], last=action[1]))

    def ready(self, name):
        """Nothing is cached; the image that is there is of an older build."""
        self.runs = 0
        for folder in (self.cache, self.target):
            shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(self.target, 0o755)
        for file_name in NAMES:
            with open(f"{self.target}/{file_name}", "w", encoding="utf-8") as file:
                file.write(f"old {file_name}\n")
        self.old = self.reading()

    def command(self, name):
        self.runs += 1
        return ["lxcpp-distrobuilder", "build-lxc", self.recipe, self.target, "--cache-dir", self.cache, "--compression", "none"]

    def reading(self):
        """What the files of the target hold; of what else is there only the name."""
        found = {}
        for name in os.listdir(self.target):
            found[name] = "no file"
            if os.path.isfile(f"{self.target}/{name}"):
                with open(f"{self.target}/{name}", "rb") as file:
                    found[name] = hashlib.sha256(file.read()).hexdigest()
        return found

    def truth(self, name):
        now = {key: value for key, value in self.reading().items() if not key.startswith(HIDDEN)} # which rest() looks for
        if now != self.wanted:
            return f"the image is not what it was: {sorted(now)}, {[one for one in NAMES if now.get(one) != self.wanted[one]]}"
        return self.rest() if self.must_be_tidy() else None

    def must_be_tidy(self):
        """What is killed, or cannot remove something, leaves it to the next build."""
        return self.runs > 1 or self.struck not in ("kill", "power", "errno", "memory")

    def rest(self):
        """What a build that ended leaves for nobody."""
        left = [f"target/{name}" for name in os.listdir(self.target) if name.startswith(HIDDEN)]
        for folder in ("tmp", "trees"):
            if os.path.isdir(f"{self.cache}/{folder}"):
                left += [f"cache/{folder}/{name}" for name in os.listdir(f"{self.cache}/{folder}") if folder == "tmp" or name.startswith(".")]
        return f"left over: {left}" if left else None

    def settled(self, name):
        now = {key: value for key, value in self.reading().items() if not key.startswith(HIDDEN)}
        torn = [key for key in now if now[key] not in (self.old.get(key), self.wanted.get(key))]
        gone = [key for key in self.old if key not in now]
        if torn or gone:
            return f"neither the older nor the newer image: {torn} {gone}"
        # The list of packages is beside the image, and comes after it.
        image = {now[key] == self.wanted[key] for key in NAMES[:2]}
        if self.struck not in ("kill", "power") and len(image) > 1:
            return "a file of the older image beside one of the newer"
        return self.rest() if self.must_be_tidy() else None

    def pruned(self, name):
        for argv in (["lxcpp-distrobuilder", "cache", "list"], ["lxcpp-distrobuilder", "cache", "prune"]):
            seen = self.box.run([*argv, "--cache-dir", self.cache])
            if seen.code != 0:
                return f"{' '.join(argv)}: {seen}"
        left = [line for line in (self.rest() or "").split("'") if line.startswith("cache/")]
        return f"after prune: {left}" if left else None
