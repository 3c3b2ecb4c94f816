# SPDX-License-Identifier: Apache-2.0
"""Faults at single system calls: kill -9 just before, or an error instead of, each one of a verb."""
import errno
import os
import random
import re
import time

QUICK = 5   # seconds in which ls and info answer after anything
PATIENT = 20  # in which a verb that met a fault ends
ERRORS = {"s": errno.ENOSPC, "i": errno.EIO, "f": errno.EMFILE, "n": errno.ENOMEM, "e": errno.EINTR}
LOADER = re.compile(r"/etc/ld\.so|/lib/|/usr/lib/")


class Place:
    def __init__(self, line):
        self.label, number, self.letters, self.call, *rest = line.rstrip("\n").split(" ", 4)
        self.number, self.what = int(number), rest[0] if rest else ""

    def __str__(self):
        return f"{self.label}:{self.number} {self.call} {self.what}"


def injector(box, verb, name, *options):
    words = [os.environ["LXCPP_FAULTS_INJECT"], *options]
    owner = box.owner(name) if verb.monitored else None
    return [*words, *(["--attach", str(owner)] if owner else []), "--"]


def list_places(box, verb):
    name, file = box.name(), f"{box.top}/tmp/places"
    verb.ready(name)
    result = box.run(verb.command(name), prefix=injector(box, verb, name, "--list", file))
    if result.code != 0:
        raise RuntimeError(f"without a fault: {result}")
    box.run(["lxcpp-destroy", "-f", "-n", name])
    with open(file, encoding="utf-8", errors="replace") as lines:
        return [Place(line) for line in lines]


def faults_of(places, kind):
    """(options of the injector, text, place) for each fault of this kind."""
    for place in places:
        if kind == "kill" and "m" in place.letters:
            yield ["--kill"], "SIGKILL", place
        if kind == "power" and "m" in place.letters:
            yield ["--kill-all"], "SIGKILL to all", place
        if kind != "errno" or place.call == "mmap" or LOADER.match(place.what):
            continue
        for letter in sorted(set(place.letters) & set(ERRORS)):
            number = ERRORS[letter]
            yield ["--errno", str(number)], errno.errorcode[number], place


class Trial:
    """One fault and what is seen after it; the findings are texts."""

    def __init__(self, box, verb, kind):
        self.box, self.verb, self.kind, self.findings = box, verb, kind, []

    def blame(self, text):
        if text:
            self.findings.append(text)

    def run(self, options, place):
        """False when the place was not reached in this run."""
        name = self.box.name()
        self.verb.ready(name)
        options = [*options, "--at", f"{place.label}:{place.number}"]
        hit = self.box.run(self.verb.command(name), PATIENT, injector(self.box, self.verb, name, *options))
        self.box.settle()
        self.judge(name, hit)
        self.look(name)
        self.blame(self.verb.settled(name))
        if place.number % 2 or self.kind == "errno":
            self.retry(name)  # else it is destroyed as it is: a second try would clean up, too
        self.end(name)
        return hit.code != 125

    def judge(self, name, hit):
        if hit.hung:
            self.blame(f"it hangs: {hit.err.strip()[-300:]}")
        elif self.kind == "errno" and hit.code >= 128:
            self.blame(f"it dies: {hit}")
        elif hit.code == 0:
            wrong = self.verb.truth(name)
            self.blame(wrong and f"false success: {wrong}")
        elif self.kind == "errno" and hit.code not in (125, 127) and not hit.err.strip():
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
            self.box.run(["lxcpp-destroy", "-n", "none"], PATIENT)
            rest = self.box.leaks()
        if rest:
            self.blame("left behind: " + "; ".join(rest))


def sweep(box, verb_name, verb, kind, options):
    """Returns (number of trials, number of places, [(fault, place, findings)])."""
    faults = list(faults_of(list_places(box, verb), kind))
    total = len(faults)
    random.Random(options.seed).shuffle(faults)
    if options.at:
        faults = [f for f in faults if f"{f[2].label}:{f[2].number}" == options.at]
    faults = faults[:options.sample]
    found, tried, end = [], 0, time.monotonic() + options.seconds
    for words, text, place in faults:
        if time.monotonic() > end:
            break
        trial = Trial(box, verb, kind)
        tried += trial.run(words, place)
        if trial.findings:
            found.append((text, place, trial.findings))
            print(f"FAIL: {kind}.{verb_name} {text} at {place}", *trial.findings, sep="\n    ", flush=True)
            box.clear()
    return tried, total, found
