# SPDX-License-Identifier: Apache-2.0
"""What is compared. Each function measures its rows for both peers in turn and returns them."""
import os
from dataclasses import dataclass, field

import measure
import memory


@dataclass
class Row:
    name: str
    unit: str
    samples: measure.Samples = field(default_factory=measure.Samples)
    goal: float = 0.0  # highest ratio that the design promises; 0 = none
    absolute: float = 0.0  # or a highest value of ours


@dataclass
class Setup:
    peers: list
    rounds: int
    running: int
    defined: int
    template: str
    testinit: str


def in_turn(setup, rounds=None):
    """(round, peer), with the order of the peers swapped each round: neither is always second."""
    for number in range(rounds or setup.rounds):
        for peer in setup.peers if number % 2 == 0 else reversed(setup.peers):
            yield number, peer


def life(setup):
    """start, attach, info and stop of one container: at once after one another, and each after 100 ms of idleness."""
    goals = {("start", False): 0.45, ("start", True): 0.25, ("attach", False): 0.45, ("attach", True): 0.2,
             ("info", False): 0.5, ("info", True): 0.5, ("stop", False): 0.5, ("stop", True): 0.25}
    titles = {"start": "start -d, until RUNNING", "attach": "attach /bin/true", "info": "info", "stop": "stop --kill"}
    rows = {(verb, idle): Row(f"{titles[verb]}, {'after 100 ms idle' if idle else 'back to back'}", "ms", goal=goal)
            for (verb, idle), goal in goals.items()}
    for peer in setup.peers:
        peer.define("life")
        life_once(peer, False, None)  # fills caches, also the seccomp programs
    for idle in (False, True):
        for _, peer in in_turn(setup):
            life_once(peer, idle, rows)
    return list(rows.values())


def life_once(peer, idle, rows):
    for verb, arguments in (("start", ("-d",)), ("attach", ("--", "/bin/true")), ("info", ()), ("stop", ("-k",))):
        if idle:
            measure.idle()
        elapsed = peer.run(verb, "life", *arguments)
        if rows:
            rows[verb, idle].samples.add(peer.name, elapsed)
    if peer.state("life") != "STOPPED":
        raise measure.Failed(f"{peer.name}: the container is not stopped after stop --kill")


def bare(setup):
    """How long a tool needs to do nothing: loading and the command line."""
    row = Row("start --version", "ms")
    for _, peer in in_turn(setup):
        row.samples.add(peer.name, peer.run("start", None, "--version"))
    return [row]


def create(setup):
    """The same template for both: what create itself adds."""
    rows = [Row("create with a template that copies busybox", "ms"), Row("destroy of it", "ms")]
    for number, peer in in_turn(setup):
        name = f"made{number}"
        made = peer.run("create", name, "-t", setup.template, "--", "--testinit", setup.testinit)
        rows[0].samples.add(peer.name, made)
        rows[1].samples.add(peer.name, peer.run("destroy", name))
    return rows


def fleet(setup):
    """Many containers: the memory of each, the listing of all."""
    each = Row(f"memory of a started container, mean of {setup.running}", "kB", goal=0.6)
    monitor = Row("private memory of a monitor, mean of 100", "kB", absolute=150)
    fancy = Row(f"ls -f with {setup.running} running", "ms", goal=0.02)
    names = [f"fleet{number}" for number in range(setup.running)]
    for peer in setup.peers:
        for name in names:
            peer.define(name)
        before = memory.kernel_kb()
        for name in names:
            peer.run("start", name, "-d")
        kernel = memory.kernel_kb() - before
        inits = [peer.init_pid(name) for name in names]
        monitors = [memory.parent(pid) for pid in inits]
        processes = sum(memory.pss_kb(pid) for pid in inits + monitors)
        each.samples.add(peer.name, (kernel + processes) / len(names))
        monitor.samples.add(peer.name, sum(map(memory.private_kb, monitors[:100])) / len(monitors[:100]))
    for _, peer in in_turn(setup):
        fancy.samples.add(peer.name, peer.run("ls", None, "-f"))
        if peer.text("ls", None, "-f").count("RUNNING") != setup.running:
            raise measure.Failed(f"{peer.name}: ls -f does not list {setup.running} running containers")
    for peer in setup.peers:
        for name in names:
            peer.run("stop", name, "-k")
            remove_definition(peer, name)
    return [fancy, monitor, each]


def remove_definition(peer, name):
    folder = os.path.join(peer.lxcpath, f"{peer.tag}-{name}")
    os.remove(os.path.join(folder, "config"))
    os.rmdir(folder)


def listing(setup):
    """Names of many that are defined and not running."""
    row = Row(f"ls -1 of {setup.defined} defined", "ms", goal=0.05)
    names = [f"defined{number}" for number in range(setup.defined)]
    for peer in setup.peers:
        for name in names:
            peer.define(name)
    for _, peer in in_turn(setup):
        row.samples.add(peer.name, peer.run("ls", None, "-1"))
    for peer in setup.peers:
        for name in names:
            remove_definition(peer, name)
    return [row]
