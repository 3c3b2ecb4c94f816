#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs ctest and lists the skipped tests by reason just before ctest's own summary.

Usage: report.py JUNIT-FILE ctest ARGUMENTS...
The exit code is ctest's.
"""
import collections
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def skip_reason(output):
    """The text after gtest's "Skipped" line, or after "SKIP:" of a script."""
    match = re.search(r"^SKIP: (.*)$", output, re.M) or re.search(r": Skipped\n(.+)$", output, re.M)
    return match.group(1).strip() if match else "no reason given"


def skipped_by_reason(junit_file):
    reasons = collections.defaultdict(list)
    for case in ElementTree.parse(junit_file).getroot().iter("testcase"):
        if case.find("skipped") is not None or case.get("status") == "notrun":
            output = "".join(case.find("system-out").itertext()) if case.find("system-out") is not None else ""
            reasons[skip_reason(output)].append(case.get("name"))
    return reasons


def main():
    junit_file, command = sys.argv[1], sys.argv[2:]
    if os.path.exists(junit_file):
        os.remove(junit_file)
    ctest = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace")
    summary = []
    for line in ctest.stdout:
        if summary or re.match(r"^\d+% tests passed", line):
            summary.append(line)
        elif not re.match(r"^ +Start +\d+: ", line):  # the line with the result follows
            sys.stdout.write(line)
            sys.stdout.flush()
    code = ctest.wait()
    if os.path.exists(junit_file):
        reasons = skipped_by_reason(junit_file)
        print(f"Skipped tests: {sum(len(names) for names in reasons.values())}")
        for reason, names in sorted(reasons.items(), key=lambda item: -len(item[1])):
            print(f"  {len(names):4} {reason}  (e.g. {names[0]})")
        print()
    sys.stdout.write("".join(summary))
    sys.stdout.flush()
    return code if code >= 0 else 1


if __name__ == "__main__":
    sys.exit(main())
