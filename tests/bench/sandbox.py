# SPDX-License-Identifier: Apache-2.0
"""A place of our own: mount and pid namespaces, a tmpfs for everything that is written, and cgroups with our mark."""
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import measure

MARK = "lxcppbench"


def enter():
    """Runs this program again in new namespaces: what it starts ends with it, what it mounts is gone with it."""
    if os.environ.get("LXCPP_BENCH_INNER"):
        return
    os.environ["LXCPP_BENCH_INNER"] = str(os.getpid())
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
                          "--mount-proc", sys.executable, "-B", *sys.argv])


def tag():
    """The pid of the outer process: unique on the machine as long as it lives."""
    return MARK + os.environ["LXCPP_BENCH_INNER"]


def mount_tmpfs(path):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", path.encode(), b"tmpfs", 0, b"mode=0755") != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)


def make():
    """The folder to work in: a tmpfs, as the machine's own disk may be slow for a while after other work."""
    folder = f"/var/tmp/{tag()}"
    os.mkdir(folder, 0o755)
    mount_tmpfs(folder)
    for path in ("/run/lxc", "/run/lock/lxc"):  # where LXC leaves its locks
        os.makedirs(path, exist_ok=True)
        mount_tmpfs(path)
    return folder


def install(build, prefix, folder):
    """The programs as the administrator gets them; the build's own cannot find their libexec."""
    stage = os.path.join(folder, "stage")
    log = os.path.join(folder, "install.log")
    with open(log, "w") as file:
        done = subprocess.run(["cmake", "--install", build], env={**os.environ, "DESTDIR": stage}, stdout=file,
                              stderr=file, check=False)
    if done.returncode != 0:
        with open(log) as file:
            raise measure.Failed(f"cannot install {build}; build it first: {file.read().strip()}")
    return stage + prefix


def payload(build, support, folder):
    """The template of the system tests and its init, where the container's own ids can read them."""
    folder = os.path.join(folder, "support")
    os.mkdir(folder, 0o755)
    for source in (os.path.join(support, "template-testinit"), os.path.join(build, "tests/system/testinit")):
        if not os.path.exists(source):
            raise measure.Failed(f"{source} is missing; build the tree first")
        shutil.copy(source, folder)
    return os.path.join(folder, "template-testinit"), os.path.join(folder, "testinit")


def remove(folder):
    ctypes.CDLL(None).umount2(folder.encode(), 2)
    os.rmdir(folder)


def kill_containers():
    """In our pid namespace everything but ourselves is ours."""
    own = {1, os.getpid()}
    for _ in range(100):
        pids = [int(p) for p in os.listdir("/proc") if p.isdigit() and int(p) not in own]
        if not pids:
            return
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


def hierarchies():
    with open("/proc/self/mounts") as file:
        return [fields[1] for fields in map(str.split, file) if fields[2] in ("cgroup", "cgroup2")]


def remove_cgroups(mark):
    """Those of a run that was killed would stay: their names carry its mark."""
    left = 0
    for top in hierarchies():
        for folder, _, _ in os.walk(top, topdown=False):
            if mark in folder[len(top):]:
                try:
                    os.rmdir(folder)
                except OSError:
                    left += 1
    return left


def remove_stale_cgroups():
    marks = set()
    for top in hierarchies():
        for folder, names, _ in os.walk(top):
            marks.update(m.group(0) for n in names if (m := re.search(MARK + r"\d+", n)))
    for mark in marks:  # /proc shows our namespace only: ask the cgroups themselves whether they are in use
        if mark != tag():
            remove_cgroups(mark)
