# SPDX-License-Identifier: Apache-2.0
"""The two that are compared: how each makes a container and what its commands are called."""
import os
import shutil
import subprocess

import measure


EMPTY = "lxc.net.0.type = empty"


class Peer:
    """Common to both: commands called alike, the same payload (testinit as init, busybox beside it)."""
    name = ""
    prefix = ""

    def __init__(self, folder, tag, rootfs):
        self.folder, self.tag, self.rootfs = folder, tag, rootfs
        self.lxcpath = os.path.join(folder, self.name)
        self.output = os.path.join(folder, self.name + ".out")
        os.makedirs(self.lxcpath)
        os.chmod(self.lxcpath, 0o755)
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/root"}

    def program(self, verb):
        found = shutil.which(self.prefix + verb, path=self.environment["PATH"])
        if not found:
            raise measure.Failed(f"{self.prefix}{verb} is not installed")
        return found

    def command(self, verb, name, *rest):
        """lxc-VERB -P LXCPATH [-n NAME] REST…; ls takes no name."""
        argv = [self.program(verb), "-P", self.lxcpath]
        if name:
            argv += ["-n", f"{self.tag}-{name}"]
        return argv + list(rest)

    def run(self, verb, name, *rest):
        return measure.run(self.command(verb, name, *rest), self.environment, self.output)

    def text(self, verb, name, *rest):
        return measure.text_of(self.command(verb, name, *rest), self.environment, self.output)

    def init_pid(self, name):
        return int(self.text("info", name, "-p", "-H"))

    def state(self, name):
        return self.text("info", name, "-s", "-H").strip()

    def define(self, name, network=EMPTY):
        """A container directory with a configuration; the root file system is one for all."""
        folder = os.path.join(self.lxcpath, f"{self.tag}-{name}")
        os.mkdir(folder, 0o755)
        with open(os.path.join(folder, "config"), "w") as file:
            file.write(self.config_text(f"{self.tag}-{name}").replace(EMPTY, network))
        return name

    def config_text(self, name):
        raise NotImplementedError


class Lxc(Peer):
    name, prefix = "lxc", "lxc-"

    def config_text(self, name):
        return (f"lxc.include = /usr/share/lxc/config/common.conf\nlxc.rootfs.path = dir:{self.rootfs}\n"
                f"lxc.uts.name = {name}\nlxc.net.0.type = empty\n")


class Lxcpp(Peer):
    name, prefix = "lxcpp", "lxcpp-"

    def __init__(self, folder, tag, rootfs, stage):
        super().__init__(folder, tag, rootfs)
        env = self.environment
        env["PATH"] = os.path.join(stage, "bin") + ":" + env["PATH"]
        env["LXCPP_LIBEXEC_DIR"] = os.path.join(stage, "libexec/lxcpp")
        env["LXCPP_DATA_DIR"] = os.path.join(stage, "share/lxcpp")
        env["LXCPP_STATE_DIR"] = self.lxcpath
        for kind in ("config", "cache", "log", "runtime"):
            env[f"LXCPP_{kind.upper()}_DIR"] = os.path.join(folder, kind)
            os.makedirs(env[f"LXCPP_{kind.upper()}_DIR"], 0o700 if kind == "runtime" else 0o755)
        env["LXCPP_ROOTFS_MOUNT"] = os.path.join(folder, "rootfs-mount")
        os.makedirs(env["LXCPP_ROOTFS_MOUNT"])
        self.shared = os.path.join(stage, "share/lxcpp/config")
        self.text_of_first = None

    def config_text(self, name):
        """What create makes with no options: unprivileged. Asked of create once, then repeated."""
        if self.text_of_first is None:
            base = os.path.join(self.folder, "base.conf")
            with open(base, "w") as file:
                file.write("lxc.net.0.type = empty\n")
            self.run("create", "first", "-f", base, "-t", "none")
            with open(os.path.join(self.lxcpath, f"{self.tag}-first", "config")) as file:
                lines = file.read().splitlines()
            self.run("destroy", "first")
            kept = [line for line in lines if line.startswith(("lxc.idmap", "lxc.net"))]
            self.text_of_first = "\n".join([f"lxc.include = {self.shared}/common.conf",
                                             f"lxc.include = {self.shared}/userns.conf", *kept])
        return f"{self.text_of_first}\nlxc.rootfs.path = dir:{self.rootfs}\nlxc.uts.name = {name}\n"


def make_rootfs(folder, template, testinit):
    """One root file system for both, of the template that the system tests use."""
    rootfs = os.path.join(folder, "rootfs")
    subprocess.run([template, "--rootfs=" + rootfs, "--testinit", testinit], check=True)
    for path in (folder, rootfs):
        os.chmod(path, 0o755)
    return rootfs
