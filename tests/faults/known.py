# SPDX-License-Identifier: Apache-2.0
"""Places where a fault once did harm: each is tried in every run, whatever the sample."""
import re

import places
from image_verbs import VERBS

# kind, verb, process, call, what it is about, fault; all places that fit.
KNOWN = (
    ("errno", "start", "0.1.1.1", "umount2", r"\.", "ENOMEM"),  # the masks stayed over the root
    ("errno", "start", "0.1.1", "execve", ".*/lxcpp-supervisor", "ENOMEM"),  # it ended what it had called running
    ("power", "reboot", "m", "execve", ".*/lxcpp-cleanup", "SIGKILL to all"),  # destroy found it started again
    ("errno", "build", "0.1", "openat2", "var/lib/dpkg/status", "ENOMEM"),  # the list of packages was written without them
    ("errno", "attach", "0", "recvmsg", ".*", "ENOMEM"),  # the report was lost, and with it the program
)


def fits(known, text, place):
    _, _, label, call, what, error = known
    return (place.label, place.call, text) == (label, call, error) and re.fullmatch(what, place.what)


def check(box):
    """Returns (places, tried, missed, findings)."""
    tried, missed, found = 0, 0, 0
    for known in KNOWN:
        kind, name = known[:2]
        verb = VERBS[name](box)
        faults = [fault for fault in places.faults_of(places.list_places(box, verb, kind), kind) if fits(known, *fault[1:])]
        if not faults:
            print(f"FAIL: known: nothing fits {known} any more", flush=True)
            found += 1
        for fault in faults:
            reached, findings = places.attempt(box, name, verb, kind, fault)
            tried, missed, found = tried + reached, missed + (not reached), found + bool(findings)
    return tried + missed, tried, missed, found
