# SPDX-License-Identifier: Apache-2.0
"""Some faults of bringing images, few enough for each run of the tests: the same ones each time, spread over what a create does."""
import os
import random

import disk
import places
from image_verbs import VERBS

CALLS = (("kill", "pull-oci", 5), ("kill", "pull-download", 5), ("interrupt", "pull-oci", 2), ("interrupt", "pull-download", 3))
FULL = (("pull-oci", (0, 2, 7, 12, 20)), ("pull-download", (1, 4, 8, 14, 19)))  # how many disk_steps are left


def possible(name):
    return name != "pull-download" or os.path.exists("/usr/sbin/nginx")


def calls(box, kind, name, count, seed):
    """(tried, missed, findings)"""
    verb, tried, missed, found = VERBS[name](box), 0, 0, 0
    faults = list(places.faults_of(places.list_places(box, verb, kind), kind))
    step = len(faults) / count
    for index in range(count):
        fault = faults[int((index + random.Random(seed + index).random()) * step)]
        reached, findings = places.attempt(box, name, verb, kind, fault)
        tried, missed, found = tried + reached, missed + (not reached), found + bool(findings)
    return tried, missed, found


def full(box, made, name, sizes):
    verb, found = VERBS[name](box), 0
    for size in sizes:
        trial = disk.Trial(box, verb, made)
        trial.run("size", size * verb.disk_step)
        if trial.findings:
            found += 1
            print(f"FAIL: disk.{name} {size * verb.disk_step} size left", *trial.findings, sep="\n    ", flush=True)
            box.clear()
    return len(sizes), 0, found


def check(box, made, options):
    """Returns (places, tried, missed, findings)."""
    results = [calls(box, kind, name, count, options.seed) for kind, name, count in CALLS if possible(name)]
    results += [full(box, made, name, sizes) for name, sizes in FULL if possible(name)]
    tried, missed, found = (sum(column) for column in zip(*results))
    return tried + missed, tried, missed, found
