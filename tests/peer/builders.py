# SPDX-License-Identifier: Apache-2.0
"""The two builders, called alike: a recipe and a command give a directory of outputs."""
import os
import shutil
import subprocess

import peer_root


def prepare(work, recipe, values):
    """The recipe with its values, in the directory that both see."""
    os.makedirs(work, exist_ok=True)
    with open(os.path.join(os.path.dirname(__file__), "recipes", recipe)) as file:
        text = file.read()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    path = os.path.join(work, recipe)
    with open(path, "w") as file:
        file.write(text)
    return path


class Builder:
    """run() gives the directory that command wrote to."""
    name = ""

    def __init__(self, work):
        self.work, self.place = work, os.path.join(work, self.name)
        os.makedirs(self.place, exist_ok=True)
        self.log = os.path.join(work, self.name + ".log")

    def run(self, command, recipe, output, *options, tree=None):
        target = os.path.join(self.place, output)
        shutil.rmtree(target, ignore_errors=True)
        os.makedirs(target, 0o755)
        argv = self.argv(command, recipe, target, tree, options)
        with open(self.log, "a") as log:
            done = subprocess.run(argv, cwd=self.work, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                  check=False)
        if done.returncode != 0:
            with open(self.log, errors="replace") as log:
                raise peer_root.Failed(f"{self.name} {command}: exit code {done.returncode}: ...{log.read()[-1500:]}")
        return target

    def environment(self):
        return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/root"}

    def argv(self, command, recipe, target, tree, options):
        raise NotImplementedError


class Theirs(Builder):
    name = "distrobuilder"

    def __init__(self, work, root):
        super().__init__(work)
        self.root = root

    def inside(self, path):
        return os.path.join("/work", os.path.relpath(path, self.work))

    def argv(self, command, recipe, target, tree, options):
        """Its cache is emptied by it, and given up with it; sources are fetched anew."""
        sources = [] if command.startswith("pack") else ["--sources-dir", "/tmp/sources"]
        argv = ["distrobuilder", command, self.inside(recipe), *([self.inside(tree)] if tree else []), self.inside(target),
                "--cache-dir", "/tmp/cache", *sources, *options]
        return peer_root.command(self.root, self.work, *argv)


class Ours(Builder):
    name = "lxcpp"

    def __init__(self, work, stage):
        super().__init__(work)
        self.stage, self.cache = stage, os.path.join(work, "cache")

    def environment(self):
        return {**super().environment(), "LXCPP_LIBEXEC_DIR": os.path.join(self.stage, "libexec/lxcpp"),
                "LXCPP_DATA_DIR": os.path.join(self.stage, "share/lxcpp")}

    def argv(self, command, recipe, target, tree, options):
        return [os.path.join(self.stage, "bin/lxcpp-distrobuilder"), command, recipe, *([tree] if tree else []), target,
                "--cache-dir", self.cache, *options]
