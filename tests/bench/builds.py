# SPDX-License-Identifier: Apache-2.0
"""Building an image: against distrobuilder, which runs in a Debian of its own, with the recipe that tests/peer/run compares
them with; and again after a change of its last action, against a whole build. Each build is on a fresh ext4."""
import os
import sys

import debian
import measure
import rows

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../peer"))

import builders  # noqa: E402
import peer_root  # noqa: E402

MOST_ROUNDS = 3  # minutes each
CHANGED = "rm -rf /var/lib/apt/lists/*"


class Building:
    def __init__(self, ours, root):
        self.ours, self.root = ours, root

    def recipe(self, top):
        return builders.prepare(top, "debian.yaml", {"MIRROR": peer_root.mirror()})

    def run(self, argv, target):
        os.makedirs(target, exist_ok=True)
        return measure.run(argv, self.ours.environment, self.ours.output)

    def lxcpp(self, top, *options):
        argv = [self.ours.program("distrobuilder"), "build-lxc", f"{top}/debian.yaml", f"{top}/out", "--cache-dir", f"{top}/cache", *options]
        return self.run(argv, f"{top}/out")

    def distrobuilder(self, top):
        argv = peer_root.command(self.root, top, "distrobuilder", "build-lxc", "debian.yaml", "out", "--cache-dir", "/work/cache",
                                 "--sources-dir", "/work/sources")
        return self.run(argv, f"{top}/out")

    def rebuild(self, top):
        """After the last action was changed: (rebuild, whole build) without compression."""
        whole = self.lxcpp(top, "--compression=none")
        path = os.path.join(top, "debian.yaml")
        with open(path) as file:
            text = file.read()
        if text.count(CHANGED) != 1:
            raise measure.Failed("distrobuilder: the recipe has another last action")
        with open(path, "w") as file:
            file.write(text.replace(CHANGED, CHANGED + "; echo changed >/srv/changed"))
        return self.lxcpp(top, "--compression=none"), whole


def measure_both(setup, folder, keep_root):
    building = Building(setup.peers[0], peer_root.make(keep_root or os.path.join(folder, "peer-root")))
    cold = rows.Row("build-lxc of Debian, xz, nothing cached; distrobuilder", "ms", goal=0.25)
    size = rows.Row("size of what it made", "MB")
    again = rows.Row("build, last action changed; whole build; both without xz", "ms", goal=0.1)
    for number in range(min(setup.rounds, MOST_ROUNDS)):
        order = [("lxcpp", building.lxcpp), ("lxc", building.distrobuilder)]
        for name, build in order if number % 2 == 0 else reversed(order):
            with debian.fresh_ext4(folder) as top:
                building.recipe(top)
                cold.samples.add(name, build(top))
                size.samples.add(name, os.path.getsize(f"{top}/out/rootfs.tar.xz") / 1e6)
        with debian.fresh_ext4(folder) as top:
            building.recipe(top)
            mine, other = building.rebuild(top)
            again.samples.add("lxcpp", mine)
            again.samples.add("lxc", other)
    return [cold, size, again]
