# SPDX-License-Identifier: Apache-2.0
"""Many containers, many commands: killed monitors, life cycles side by side, two commands at once on one container."""
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 2  # seconds in which a container whose monitor was killed can be managed again


class Findings:
    def __init__(self, what):
        self.what, self.texts, self.lock = what, [], threading.Lock()

    def add(self, text):
        with self.lock:
            self.texts.append(text)
            print(f"FAIL: {self.what}: {text}", flush=True)

    def leaks(self, box):
        rest = box.leaks(10)
        if rest:
            self.add("left behind: " + "; ".join(rest[:20]))


def init_of(box, name):
    return box.run(["lxcpp-info", "-n", name, "-p", "-H"]).out.strip()


# What may go on while its monitor dies; none of these may end the container.
MEANWHILE = (None, None, ["lxcpp-attach", "-n", "@", "--", "/sbin/init", "exit", "0"], ["lxcpp-info", "-n", "@"],
             ["lxcpp-freeze", "-n", "@"], ["lxcpp-wait", "-n", "@", "-s", "FROZEN", "-t", "1"], ["lxcpp-ls", "-f"],
             ["lxcpp-start", "-n", "@", "--upgrade-monitor"])


def kill_monitor(box, name, chance, findings):
    """Kills it at a random moment of what goes on; returns the seconds until the container could be managed again."""
    before, monitor = init_of(box, name), box.owner(name)
    action = chance.choice(MEANWHILE)
    words = [name if word == "@" else word for word in action or ()]
    other = threading.Thread(target=lambda: box.run(words)) if words else None
    if other:
        other.start()
    time.sleep(chance.random() * 0.03)  # the random moment itself
    try:
        os.kill(monitor, signal.SIGKILL)
    except ProcessLookupError:  # an upgrade that was rolled back or a command that replaced it
        pass
    start = time.monotonic()
    managed = box.run(["lxcpp-unfreeze", "-n", name], 10)
    inside = box.run(["lxcpp-attach", "-n", name, "--", "/sbin/init", "exit", "0"], 10)
    if "frozen" in inside.err:  # what went on froze it only then
        managed = box.run(["lxcpp-unfreeze", "-n", name], 10)
        inside = box.run(["lxcpp-attach", "-n", name, "--", "/sbin/init", "exit", "0"], 10)
    seconds = time.monotonic() - start
    if other:
        other.join()
        box.run(["lxcpp-unfreeze", "-n", name])  # it may have been frozen after that
    now = init_of(box, name)
    if not before or now != before:
        findings.add(f"{name} is lost (init {before}, then {now or 'none'}) during {words}")
    elif managed.code or inside.code:
        findings.add(f"{name} cannot be managed during {words}: {managed}; {inside}")
    elif seconds > PATIENCE:
        findings.add(f"{name} is managed only after {seconds:.1f} s during {words}")
    return seconds


def monitors(box, options):
    """COUNT kills of monitors (default 200) among 20 containers."""
    count, findings, chance = options.count or 200, Findings("monitors"), random.Random(options.seed)
    names = [box.name() for _ in range(min(20, count))]
    for name in names:
        box.create(name)
        box.must(["lxcpp-start", "-n", name])
    slowest = max(kill_monitor(box, chance.choice(names), chance, findings) for _ in range(count))
    for name in names:
        for argv in (["lxcpp-stop", "-k", "-n", name], ["lxcpp-destroy", "-n", name]):
            result = box.run(argv)
            if result.code:
                findings.add(f"{' '.join(argv)}: {result}")
    findings.leaks(box)
    print(f"monitors: {count} kills, managed again after at most {slowest:.2f} s")
    return count, findings


def life(box, name, findings):
    for argv in (box.create_command(name), ["lxcpp-start", "-n", name], ["lxcpp-stop", "-k", "-n", name],
                 ["lxcpp-destroy", "-n", name]):
        result = box.run(argv, 120)
        if result.code:
            findings.add(f"{argv[0]}: {result}")
            box.run(["lxcpp-destroy", "-f", "-n", name], 120)
            return


def cycles(box, options):
    """COUNT times create, start, stop, destroy (default 1000), 32 side by side."""
    count, findings = options.count or 1000, Findings("cycles")
    with ThreadPoolExecutor(32) as pool:
        for name in [box.name() for _ in range(count)]:
            pool.submit(life, box, name, findings)
    findings.leaks(box)
    return count, findings


class Model:
    """What a verb does to a container by itself: (states in which it succeeds, state after it)."""
    VERBS = {
        "create": ({"absent"}, "stopped"),
        "start": ({"stopped", "running"}, "running"),  # as lxc-start: of a running one it says so and succeeds
        "stop": ({"running"}, "stopped"),
        "shutdown": ({"running"}, "stopped"),
        "reboot": ({"running"}, "running"),
        "destroy": ({"stopped"}, "absent"),
        "destroy-running": ({"stopped", "running"}, "absent"),
        "config": ({"stopped", "running"}, None),
        "attach": ({"running"}, None),
        "freeze": ({"running"}, None),
    }

    @classmethod
    def apply(cls, verb, state):
        good, after = cls.VERBS[verb]
        return (True, after or state) if state in good else (False, state)

    @classmethod
    def outcomes(cls, first, second, state):
        """All (first succeeded, second succeeded, state) of one after the other, either order; or one of them loses."""
        def serial(one, other):
            ok_one, between = cls.apply(one, state)
            ok_other, after = cls.apply(other, between)
            return ok_one, ok_other, after
        a, b, after = serial(first, second)
        yield a, b, after
        b, a, after = serial(second, first)
        yield a, b, after
        if {first, second} <= {"stop", "shutdown", "destroy-running"} and first == second and state == "running":
            yield True, True, after  # the other one waits for the same end
        if (first, second, state) == ("start", "stop", "stopped"):
            yield False, True, "stopped"  # the stop ended a start in progress
        for winner, first_wins in ((first, True), (second, False)):
            ok, after = cls.apply(winner, state)
            if ok:
                yield (True, False, after) if first_wins else (False, True, after)


PAIRS = (("create", "create", "absent"), ("create", "destroy", "absent"), ("start", "start", "stopped"),
         ("start", "destroy", "stopped"), ("start", "config", "stopped"), ("start", "stop", "stopped"),
         ("stop", "stop", "running"), ("stop", "destroy-running", "running"), ("stop", "attach", "running"),
         *(("reboot", "stop", "running"),) * 5, ("destroy", "destroy", "stopped"), ("shutdown", "freeze", "running"),
         ("config", "config", "stopped"), ("destroy-running", "destroy-running", "running"))

REASONS = ("already", "not defined", "not running", "is running", "another command", "being created", "started again",
           "being started", "stopped instead", "does not exist", "died", "No such", "interrupted", "no such", "ended", "stopped")


def command(box, verb, name, number):
    return {
        "create": box.create_command(name),
        "start": ["lxcpp-start", "-n", name],
        "stop": ["lxcpp-stop", "-k", "-n", name],
        "shutdown": ["lxcpp-stop", "-n", name, "-t", "10"],
        "reboot": ["lxcpp-stop", "-r", "-n", name, "-t", "10"],
        "destroy": ["lxcpp-destroy", "-n", name],
        "destroy-running": ["lxcpp-destroy", "-f", "-n", name],
        "config": ["lxcpp-config", "set", "-n", name, "lxc.environment", f"N{number}=1", "--append"],
        "attach": ["lxcpp-attach", "-n", name, "--", "/sbin/init", "exit", "0"],
        "freeze": ["lxcpp-freeze", "-n", name],
    }[verb]


def state_of(box, name):
    if not os.path.exists(f"{box.lxcpath}/{name}"):
        return "absent"
    return {"STOPPED": "stopped", "RUNNING": "running", "FROZEN": "running"}.get(box.state(name), box.state(name))


def race(box, pair, chance, findings):
    first, second, state = pair
    name, results = box.name(), [None, None]
    if state != "absent":
        box.create(name)
    if state == "running":
        box.must(["lxcpp-start", "-n", name])

    def one(index, verb, delay):
        time.sleep(delay)  # the point in time is what is tried out
        results[index] = box.run(command(box, verb, name, index))
    late = chance.random() * 0.02
    threads = [threading.Thread(target=one, args=(0, first, late if chance.random() < 0.5 else 0)),
               threading.Thread(target=one, args=(1, second, late if chance.random() < 0.5 else 0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    box.settle()
    what = f"{first} and {second} of a container that is {state}: {results[0]} | {results[1]}"
    got = (results[0].code == 0, results[1].code == 0, state_of(box, name))
    if any(result.hung for result in results):
        findings.add(f"hangs: {what}")
    elif got not in set(Model.outcomes(*pair)):
        findings.add(f"no order of the two gives {got}: {what}")
    for result in results:
        killed = result.code == 137 and "attach" in pair  # the program, by the stop
        if result.code and not killed and not any(reason in result.err for reason in REASONS):
            findings.add(f"does not say why: {what}")
    if got[:2] == (True, True) and (first, second) == ("config", "config"):
        with open(f"{box.lxcpath}/{name}/config", encoding="utf-8") as file:
            text = file.read()
        if "N0=1" not in text or "N1=1" not in text:
            findings.add(f"one of two changes is lost: {what}")
    if os.path.exists(f"{box.lxcpath}/{name}"):
        box.run(["lxcpp-unfreeze", "-n", name])
        gone = box.run(["lxcpp-destroy", "-f", "-n", name])
        if gone.code:
            findings.add(f"destroy after {what}: {gone}")
    return name


def pairs(box, options):
    """COUNT rounds (default 100) of 18 pairs of commands at once on one container."""
    count, findings, chance = options.count or 100, Findings("pairs"), random.Random(options.seed)
    for _ in range(count):
        for pair in PAIRS:
            race(box, pair, chance, findings)
    findings.leaks(box)
    return count * len(PAIRS), findings


KINDS = {"monitors": monitors, "cycles": cycles, "pairs": pairs}
