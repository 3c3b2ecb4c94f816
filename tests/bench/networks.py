# SPDX-License-Identifier: Apache-2.0
"""Start and stop of a container with a pair of interfaces, one end on a bridge: in a network namespace of our own."""
import ctypes
import os
import subprocess
import time

import measure
from rows import Row, in_turn

CLONE_NEWNET = 0x40000000
BRIDGE = "lxcppbench0"
MANAGED = "lxcppbr0"
LINES = f"""lxc.net.0.type = veth
lxc.net.0.flags = up
lxc.net.0.link = {BRIDGE}
lxc.net.0.hwaddr = 10:66:6a:00:00:05
lxc.net.0.ipv4.address = 10.99.0.5/24 10.99.0.255
lxc.net.0.ipv4.gateway = 10.99.0.1"""
# What default.conf says: with the filter of the port and a reserved address, of which LXC knows nothing.
MANAGED_LINES = f"""lxc.net.0.type = veth
lxc.net.0.flags = up
lxc.net.0.link = {MANAGED}"""


def system(*argv):
    subprocess.run(argv, check=True)


def enter_network(folder):
    """LXC looks for bridges in sysfs, which shows the network in which it was mounted: it is mounted anew."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise measure.Failed("a network namespace cannot be made: " + os.strerror(ctypes.get_errno()))
    groups = os.path.join(folder, "cgroups")
    os.mkdir(groups)
    system("mount", "--rbind", "/sys/fs/cgroup", groups)
    system("mount", "-t", "sysfs", "sysfs", "/sys")
    system("mount", "--rbind", groups, "/sys/fs/cgroup")
    system("ip", "link", "set", "lo", "up")
    system("ip", "link", "add", "name", BRIDGE, "type", "bridge")
    system("ip", "link", "set", BRIDGE, "up")
    system("ip", "address", "add", "10.99.0.1/24", "dev", BRIDGE)


def pairs():
    return [name for name in os.listdir("/sys/class/net") if name.startswith("veth")]


def settle():
    """Nobody waits for the kernel to remove our pair; but it must not meet the other one's start."""
    end = time.monotonic() + 20
    while pairs():
        if time.monotonic() > end:
            raise measure.Failed("interfaces stay: " + " ".join(pairs()))
        time.sleep(0.005)


def once(peer, name, idle, rows):
    for verb, option in (("start", "-d"), ("stop", "-k")):
        if idle:
            measure.idle()
        elapsed = peer.run(verb, name, option)
        if rows:
            rows[verb, name, idle].samples.add(peer.name, elapsed)
        if verb == "start" and len(pairs()) != 1:
            raise measure.Failed(f"{peer.name}: there is no interface on the bridge")
    if peer.state(name) != "STOPPED":
        raise measure.Failed(f"{peer.name}: the container is not stopped after stop --kill")
    settle()


def rows_for(name, where):
    titles = {"start": f"start -d with a veth on {where}", "stop": f"stop --kill with a veth on {where}"}
    return {(verb, name, idle): Row(f"{title}, {'after 100 ms idle' if idle else 'back to back'}", "ms", goal=0.3)
            for verb, title in titles.items() for idle in (False, True)}


def measure_one(setup, name, where, lines):
    rows = rows_for(name, where)
    for peer in setup.peers:
        peer.define(name, lines)
        once(peer, name, False, None)
    for idle in (False, True):
        for _, peer in in_turn(setup):
            once(peer, name, idle, rows)
    return list(rows.values())


def manager(setup):
    """The peer that has a bridge to manage."""
    return next(peer for peer in setup.peers if peer.name == "lxcpp")


def managed(setup, word, *rest):
    ours = manager(setup)
    subprocess.run([ours.program("net"), word, *rest], env=ours.environment, check=True, stdout=subprocess.DEVNULL)


def measure_both(setup, folder):
    enter_network(folder)
    measured = measure_one(setup, "net", "a bridge", LINES)
    managed(setup, "up")
    try:
        return measured + measure_one(setup, "own", "the managed bridge", MANAGED_LINES)
    finally:
        managed(setup, "down", "--force")
