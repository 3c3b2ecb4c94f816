# SPDX-License-Identifier: Apache-2.0
"""Bringing an image: from a registry, against skopeo with umoci and against podman; out of rootfs.tar.xz, against
GNU tar; and the start of a container on an overlay of it, against one on a copy. Everything is on one tmpfs."""
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import time

import images
import measure
import rows

IMAGE_BYTES = 170 << 20
MOST_ROUNDS = 5  # of what takes seconds
SKOPEO = ("skopeo", "--insecure-policy", "copy", "-q")


def program(name):
    found = shutil.which(name)
    if not found:
        raise measure.Failed(f"{name} is not installed")
    return found


def quietly(argv, **options):
    """What is not measured; what it says is shown when it fails."""
    done = subprocess.run([program(argv[0]), *argv[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise measure.Failed(f"{' '.join(argv)}: {done.stdout.strip()[-500:]}")


def remove(*paths):
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)


def make_layout(folder):
    """An OCI layout with one image of one gzip layer: files of this machine, which are left in folder/pull-root."""
    root, layout, bundle = (os.path.join(folder, name) for name in ("pull-root", "layout", "bundle"))
    files, size = images.fill(root, IMAGE_BYTES)
    quietly(["umoci", "init", "--layout", layout])
    quietly(["umoci", "new", "--image", layout + ":v1"])
    quietly(["umoci", "unpack", "--image", layout + ":v1", bundle])
    os.rmdir(bundle + "/rootfs")
    os.rename(root, bundle + "/rootfs")
    quietly(["umoci", "repack", "--image", layout + ":v1", bundle])
    os.rename(bundle + "/rootfs", root)
    remove(bundle)
    return layout, root, f"{files} files, {size >> 20} MB"


@contextlib.contextmanager
def registry(folder):
    """A docker-registry on a port that the kernel chooses; gives its address."""
    place = os.path.join(folder, "registry")
    config, log = place + ".yml", place + ".log"
    with open(config, "w") as file:
        file.write("version: 0.1\nlog: {accesslog: {disabled: true}}\nstorage:\n"
                   f"  filesystem: {{rootdirectory: {place}}}\nhttp:\n  addr: 127.0.0.1:0\n  secret: x\n")
    with open(log, "w") as file:
        server = subprocess.Popen([program("docker-registry"), "serve", config], stdout=file, stderr=file,
                                  env={**os.environ, "OTEL_TRACES_EXPORTER": "none"})
    try:
        yield f"127.0.0.1:{port_of(server, log)}"
    finally:
        server.kill()
        server.wait()
        remove(place)


def port_of(server, log):
    for _ in range(600):
        with open(log) as file:
            found = re.search(r"listening on 127\.0\.0\.1:(\d+)", file.read())
        if found:
            return found.group(1)
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise measure.Failed("docker-registry does not listen")


class Pulls:
    """The three ways; each begins with nothing."""

    def __init__(self, setup, folder, address):
        self.ours, self.folder, self.image = setup.peers[0], folder, f"docker://{address}/app:v1"
        configuration = self.ours.environment["LXCPP_CONFIG_DIR"]
        with open(os.path.join(configuration, "registries.conf"), "w") as file:
            file.write(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')

    def place(self, name):
        return os.path.join(self.folder, "pull-" + name)

    def run(self, *argv):
        return measure.run([program(argv[0]), *argv[1:]], self.ours.environment, self.ours.output)

    def lxcpp(self):
        cache = self.place("cache")
        environment = {**self.ours.environment, "LXCPP_CACHE_DIR": cache}
        argv = self.ours.command("create", "pulled", "-q", "-t", "oci", "--", "-q", "-u", self.image)
        elapsed = measure.run(argv, environment, self.ours.output)
        measure.run(self.ours.command("destroy", "pulled"), environment, self.ours.output)
        remove(cache)
        return elapsed

    def skopeo_umoci(self):
        layout, bundle = self.place("layout"), self.place("bundle")
        elapsed = self.run(*SKOPEO, "--src-tls-verify=false", self.image, f"oci:{layout}:v1")
        elapsed += self.run("umoci", "unpack", "--image", layout + ":v1", bundle)
        remove(layout, bundle)
        return elapsed

    def podman(self):
        root, state = self.place("podman"), self.place("podman-run")
        elapsed = self.run("podman", "--root", root, "--runroot", state, "--storage-driver", "overlay", "pull", "-q",
                           "--tls-verify=false", self.image)
        subprocess.run(["umount", "-q", root + "/overlay"], check=False)
        remove(root, state)
        return elapsed


def pull(setup, folder):
    """In turn, in another order each round."""
    layout, root, amount = make_layout(folder)
    first = rows.Row(f"pull, create ({amount}); skopeo, umoci", "ms", goal=0.4)
    second = rows.Row("the same; podman pull", "ms", goal=0.7)
    with registry(folder) as address:
        quietly([*SKOPEO, "--dest-tls-verify=false", f"oci:{layout}:v1", f"docker://{address}/app:v1"])
        pulls = Pulls(setup, folder, address)
        order = [(pulls.lxcpp, "lxcpp", (first, second)), (pulls.skopeo_umoci, "lxc", (first,)), (pulls.podman, "lxc", (second,))]
        for number in range(min(setup.rounds, MOST_ROUNDS)):
            for way, name, into in order[number % 3:] + order[:number % 3]:
                elapsed = way()
                for row in into:
                    row.samples.add(name, elapsed)
    remove(layout)
    return [first, second], root


def import_of(ours, folder, archive, sha256):
    """lxcpp-image import of the bare archive into an empty store, with its sha256 known as of what an image server offers:
    hashed, decompressed, written, the sums of its tree kept, synced, recorded."""
    cache = os.path.join(folder, "pull-cache")
    environment = {**ours.environment, "LXCPP_CACHE_DIR": cache}
    argv = [ours.program("image"), "import", "-q", archive, "--dist", "debian", "--release", "x", "--arch", "amd64", "--sha256", sha256]
    elapsed = measure.run(argv, environment, ours.output)
    remove(cache)
    return elapsed


def unpack(setup, folder, root):
    ours = setup.peers[0]
    made = []
    for title, options, goal in (("several blocks", "-T2 -6", 0.6), ("one block", "-T1 -2", 0.0)):
        archive = os.path.join(folder, "rootfs.tar.xz")
        quietly(["tar", "-cf", archive, "-I", "xz " + options, "-C", root, "."])
        with open(archive, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        row = rows.Row(f"import of rootfs.tar.xz, {title}; tar xJ", "ms", goal=goal)
        for _, peer in rows.in_turn(setup, min(setup.rounds, MOST_ROUNDS)):
            elapsed = import_of(ours, folder, archive, sha256) if peer is ours else images.unpack(ours, folder, archive)
            row.samples.add(peer.name, elapsed)
        os.remove(archive)
        made.append(row)
    return made


def start(setup, folder, build):
    """Both are ours: the second is a container on a copy of the image's tree."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # cgroup v1 takes no process of another class
    ours = setup.peers[0]
    root = os.path.join(folder, "start-root")
    quietly([setup.template, "--rootfs=" + root, "--testinit", setup.testinit])
    images.store(ours, folder, root, os.path.join(build, "tests/system/store-image"))
    row = rows.Row("start -d, root an overlay; root a directory", "ms")
    kinds = ("overlay", "dir")
    for kind in kinds:
        ours.run("create", kind, "-q", "--image", images.FINGERPRINT, "-B", kind)
    for number in range(setup.rounds + 1):
        for kind, name in list(zip(kinds, ("lxcpp", "lxc")))[:: 1 if number % 2 else -1]:
            elapsed = ours.run("start", kind, "-d")
            ours.run("stop", kind, "-k")
            if number > 0:  # the first fills caches
                row.samples.add(name, elapsed)
    for kind in kinds:
        ours.run("destroy", kind)
    return [row]


def measure_both(setup, folder, build):
    pulled, root = pull(setup, folder)
    return pulled + unpack(setup, folder, root) + start(setup, folder, build)
