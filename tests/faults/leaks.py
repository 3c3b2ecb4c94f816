# SPDX-License-Identifier: Apache-2.0
"""The leak meter: one line for each thing that a container could leave behind; all namespaces are the test's own."""
import os
import sqlite3


def family():
    """Our own process and its ancestors."""
    pids, pid = set(), os.getpid()
    while pid > 0:
        pids.add(pid)
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            pid = int(file.read().rpartition(")")[2].split()[1])
    return pids


def command_lines():
    """(pid, words ended by NUL) of each process; one on its way out has none."""
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                yield int(entry), file.read()
        except OSError:
            pass


def processes():
    own = family()
    for pid, words in command_lines():
        if words and pid not in own:
            yield "process " + words.replace(b"\0", b" ").decode(errors="replace").strip()


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            yield "mount " + line.split()[4]


def cgroups(mark):
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        for name in names:
            if mark in name:
                yield f"cgroup {folder}/{name}"


def tree(kind, top):
    for folder, names, files in os.walk(top):
        for name in names + files:
            if f"{folder}/{name}" != f"{top}/lock":
                yield f"{kind} {folder}/{name}"


def rows(database):
    """What the inventory believes: containers, and the ids they hold."""
    if not os.path.exists(database):
        return
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        try:
            for (name,) in connection.execute("SELECT name FROM containers"):
                yield f"row {name}"
        finally:
            connection.close()
    except sqlite3.Error as error:
        yield f"inventory {error}"


def loops(mark):
    for name in os.listdir("/sys/block"):
        try:
            with open(f"/sys/block/{name}/loop/backing_file", encoding="utf-8") as file:
                if mark in file.read():
                    yield f"loop {name}"
        except OSError:
            continue


def reading(box):
    lines = [*processes(), *mounts(), *cgroups(box.id), *tree("run", box.runtime), *loops(box.id),
             *rows(f"{box.lxcpath}/inventory.db")]
    with open("/proc/self/net/dev", encoding="utf-8") as file:  # /sys/class/net is of whoever mounted it
        lines += ["interface " + line.split(":")[0].strip() for line in file if ":" in line]
    lines += [f"lxcpath {name}" for name in os.listdir(box.lxcpath) if not name.startswith("inventory.db")]
    lines += box.more()
    for folder in ("/run/lxcpp", "/dev/shm"):
        if os.path.isdir(folder):
            lines += [f"file {folder}/{name}" for name in os.listdir(folder) if box.id in name]
    return sorted(lines)
