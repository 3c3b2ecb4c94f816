# SPDX-License-Identifier: Apache-2.0
"""Faults at single system calls: kill -9 just before, or an error instead of, each one of a verb."""
import collections
import errno
import os
import random
import re
import shlex
import signal
import time

QUICK = 5   # seconds in which ls and info answer after anything
PATIENT = 20  # in which a verb that met a fault ends
TRIES = 3  # to reach a place that not every run has
ERRORS = {"s": errno.ENOSPC, "i": errno.EIO, "f": errno.EMFILE, "n": errno.ENOMEM, "e": errno.EINTR}
SIGNALS = {"interrupt": signal.SIGINT, "terminate": signal.SIGTERM}
LOADER = re.compile(r"/etc/ld\.so|/lib/|/usr/lib/")


class Place:
    """The NTH call of this kind on this thing by this process; the same in each run."""

    def __init__(self, line, counts):
        self.label, self.letters, self.call, *rest = line.rstrip("\n").split(" ", 3)
        self.what = rest[0] if rest else ""
        counts[self.key] += 1
        self.nth = counts[self.key]

    @property
    def key(self):
        return self.label, self.call, self.what

    @property
    def options(self):
        return ["--at", self.label, "--call", self.call, "--what", self.what, "--nth", str(self.nth)]

    def __str__(self):
        return f"{self.label}:{self.call}:{self.nth}:{self.what}"


def tunables(kind):
    """Each malloc asks the kernel, so that each can be refused."""
    return {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=1:glibc.malloc.mmap_max=1000000"} if kind == "memory" else {}


def injected(box, verb, name, kind, limit, *options):
    words = [os.environ["LXCPP_FAULTS_INJECT"], *options, "--name", name]
    owner = box.owner(name) if verb.monitored else None
    words += [*(["--attach", str(owner)] if owner else []), "--"]
    return box.run(verb.command(name), limit, words, tunables(kind))


def called(file):
    counts = collections.Counter()
    with open(file, encoding="utf-8", errors="replace") as lines:
        return [Place(line, counts) for line in lines]


def warm_up(box):
    """The first create makes the inventory and what else there is once."""
    name = box.name()
    box.create(name)
    box.must(["lxcpp-start", "-n", name])
    box.must(["lxcpp-destroy", "-f", "-n", name])


def list_places(box, verb, kind):
    warm_up(box)
    name, file = box.name(), f"{box.top}/tmp/places"
    with box.extra_environment(tunables(kind) if verb.monitored else {}):
        verb.ready(name)
    result = injected(box, verb, name, kind, 60, "--list", file)
    if result.code != 0:
        raise RuntimeError(f"without a fault: {result}")
    box.run(["lxcpp-destroy", "-f", "-n", name])
    return called(file)


def is_before_main(place):
    """The C library, refused memory for its own start, can tell nobody."""
    return place.label == "0" and place.nth <= 8


def faults_of(places, kind):
    """(options of the injector, text, place) for each fault of this kind."""
    for place in places:
        if kind == "kill" and "m" in place.letters:
            yield ["--kill"], "SIGKILL", place
        if kind == "power" and "m" in place.letters:
            yield ["--kill-all"], "SIGKILL to all", place
        if kind in SIGNALS and "m" in place.letters:
            yield [f"--{kind}"], SIGNALS[kind].name, place
        if kind == "memory" and "M" in place.letters and not is_before_main(place):
            yield ["--errno", str(errno.ENOMEM)], "no memory", place
        if kind != "errno" or LOADER.match(place.what):
            continue
        for letter in sorted(set(place.letters) & set(ERRORS)):
            number = ERRORS[letter]
            yield ["--errno", str(number)], errno.errorcode[number], place


def ended_by(number, hit):
    """By default, or with all undone and one line that says so."""
    return hit.code == 128 + number or (hit.code == 1 and f"interrupted by {number.name}" in hit.err)


class Trial:
    """One fault and what is seen after it; the findings are texts."""

    def __init__(self, box, verb, kind):
        self.box, self.verb, self.kind, self.findings = box, verb, kind, []
        verb.struck = kind

    def blame(self, text):
        if text:
            self.findings.append(text)

    def run(self, options, place):
        """False when the place was not reached in this run."""
        name, report = self.box.name(), f"{self.box.top}/tmp/hit"
        with self.box.extra_environment(tunables(self.kind) if self.verb.monitored else {}):
            self.verb.ready(name)
        hit = injected(self.box, self.verb, name, self.kind, PATIENT, *options, *place.options, "--report", report)
        self.box.settle()
        seen = called(report)
        reached = [one.key for one in seen] == [place.key]
        self.blame(seen and not reached and f"another call was hit: {seen[0]}")
        if reached:
            self.judge(name, hit)
        self.look(name)
        self.blame(self.verb.settled(name))
        clean = random.Random(str(place)).random() < 0.5  # a second try would clean up, too
        if clean:
            self.blame(self.verb.pruned(name))
        if not clean or self.verb.retries or self.kind in ("errno", "memory"):
            self.retry(name)
        self.end(name)
        return reached

    def judge(self, name, hit):
        if hit.hung:
            self.blame(f"it hangs: {hit.err.strip()[-300:]}")
        elif self.kind in ("errno", "memory") and hit.code >= 128:
            self.blame(f"it dies: {hit}")
        elif hit.code == 0:
            wrong = self.verb.truth(name)
            self.blame(wrong and f"false success: {wrong}")
        elif self.kind in SIGNALS and not ended_by(SIGNALS[self.kind], hit):
            self.blame(f"ends otherwise than by the signal: {hit}")
        elif self.kind in ("errno", "memory") and hit.code not in (125, 127) and not hit.err.strip():
            self.blame(f"it fails without a word: {hit}")

    def look(self, name):
        for argv in (["lxcpp-ls", "-f"], ["lxcpp-info", "-n", name]):
            seen = self.box.run(argv, QUICK)
            gone = argv[0] == "lxcpp-info" and "exist" in seen.err
            if seen.hung or (seen.code != 0 and not gone):
                self.blame(f"{argv[0]}: {seen}")

    def retry(self, name):
        again = self.box.run(self.verb.command(name), PATIENT)
        if again.code == 0:
            wrong = self.verb.truth(name)
            self.blame(wrong and f"after the second try: {wrong}")
        elif not any(text in again.err for text in self.verb.done_already):
            self.blame(f"second try: {again}")

    def end(self, name):
        if os.path.exists(f"{self.box.lxcpath}/{name}"):
            gone = self.box.run(["lxcpp-destroy", "-f", "-n", name], PATIENT)
            if gone.code != 0:
                self.blame(f"destroy: {gone}")
        rest = self.box.leaks(0)
        if rest:  # what a fault left is garbage for the next command on whatever container
            for argv in (["lxcpp-destroy", "-n", "none"], *self.box.tidying):
                self.box.run(argv, PATIENT)
            rest = self.box.leaks()
        if rest:
            self.blame("left behind: " + "; ".join(rest))


def sample(faults, options):
    """A fixed choice: the same seed takes the same places."""
    if options.at:
        return [fault for fault in faults if str(fault[2]) == options.at]
    random.Random(options.seed).shuffle(faults)
    return faults[:options.sample]


def attempt(box, verb_name, verb, kind, fault):
    """(whether the place was reached, findings) of one fault; what it says goes to standard output."""
    words, text, place = fault
    for _ in range(TRIES):
        trial = Trial(box, verb, kind)
        reached = trial.run(words, place)
        if reached or trial.findings:
            break
    if not reached:
        print(f"missed: {kind}.{verb_name} {text} at {place}", flush=True)
    if trial.findings:
        again = f"again: tests/faults/run --at {shlex.quote(str(place))} {kind}.{verb_name}"
        print(f"FAIL: {kind}.{verb_name} {text} at {place}", *trial.findings, again, sep="\n    ", flush=True)
        box.clear()
        warm_up(box)
    return reached, trial.findings


def sweep(box, verb_name, verb, kind, options):
    """Returns (number of places, of trials, of places missed, of findings)."""
    faults = list(faults_of(list_places(box, verb, kind), kind))
    total, found, tried, missed, end = len(faults), 0, 0, 0, time.monotonic() + options.seconds
    for fault in sample(faults, options):
        if time.monotonic() > end:
            break
        reached, findings = attempt(box, verb_name, verb, kind, fault)
        tried, missed, found = tried + reached, missed + (not reached), found + bool(findings)
    return total, tried, missed, found
