# SPDX-License-Identifier: Apache-2.0
"""Some faults of bringing and of building images, and of networks, few enough for each run of the tests: the same ones each time, spread over what a command does."""
import os
import random

import disk
import places
from image_verbs import VERBS

CALLS = {"images": (("kill", "pull-oci", 5), ("kill", "pull-download", 5), ("interrupt", "pull-oci", 2), ("interrupt", "pull-download", 3)),
         "networks": (("kill", "start-net", 6), ("kill", "stop-net", 3), ("kill", "net-up", 4), ("kill", "net-down", 3), ("errno", "start-net", 6)),
         "builder": (("kill", "build", 6), ("power", "build", 2), ("interrupt", "build", 3), ("errno", "build", 8), ("memory", "build", 3))}
FULL = {"images": (("pull-oci", (0, 2, 7, 12, 20)), ("pull-download", (1, 4, 8, 14, 19))), "builder": (("build", (0, 5, 20)),), "networks": ()}  # how many disk_steps are left
# Where a build is interrupted besides: between the files of an image, which go to their places together.
TOGETHER = {"images": (), "networks": (), "builder": (("interrupt", "build", "renameat2", ".lxcpp-output#/"),)}


def possible(name):
    needed = {"pull-download": "/usr/sbin/nginx", "build": "/bin/busybox"}
    return os.path.exists(needed.get(name, "/usr/sbin/nft" if "net" in name else "/"))


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


def together(box, kind, name, call, what):
    """(tried, missed, findings)"""
    verb, tried, missed, found = VERBS[name](box), 0, 0, 0
    for fault in places.faults_of(places.list_places(box, verb, kind), kind):
        if fault[2].call == call and what in fault[2].what:
            reached, findings = places.attempt(box, name, verb, kind, fault)
            tried, missed, found = tried + reached, missed + (not reached), found + bool(findings)
    if not tried:
        print(f"FAIL: {kind}.{name}: there is no {call} of {what} any more", flush=True)
    return tried, missed, found + (not tried)


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


def check(box, made, which, options):
    """Returns (places, tried, missed, findings)."""
    results = [calls(box, kind, name, count, options.seed) for kind, name, count in CALLS[which] if possible(name)]
    results += [together(box, *one) for one in TOGETHER[which] if possible(one[1])]
    results += [full(box, made, name, sizes) for name, sizes in FULL[which] if possible(name)]
    tried, missed, found = (sum(column) for column in zip((0, 0, 0), *results))
    return tried + missed, tried, missed, found
