#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs ctest and lists the skipped tests by reason just before ctest's own summary.

Usage: report.py JUNIT-FILE ctest ARGUMENTS...

A few failed tests are run again, alone: what passes then has lost a race, in the test or in what it tests. It is
named, with what it printed, because it is a bug of one of them; but it says nothing against the change under test.
The exit code is ctest's, of the second run when there was one.
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


MOST_AGAIN = 8  # more than these are no chance


def failed_tests(junit_file):
    return [case.get("name") for case in ElementTree.parse(junit_file).getroot().iter("testcase")
            if case.find("failure") is not None]


def run(command):
    """(exit code, summary): prints the rest of what ctest prints."""
    ctest = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace")
    summary = []
    for line in ctest.stdout:
        if summary or re.match(r"^\d+% tests passed", line):
            summary.append(line)
        elif not re.match(r"^ +Start +\d+: ", line):  # the line with the result follows
            sys.stdout.write(line)
            sys.stdout.flush()
    code = ctest.wait()
    return (code if code >= 0 else 1), "".join(summary)


def print_skipped(junit_file):
    reasons = skipped_by_reason(junit_file)
    print(f"Skipped tests: {sum(len(names) for names in reasons.values())}")
    for reason, names in sorted(reasons.items(), key=lambda item: -len(item[1])):
        print(f"  {len(names):4} {reason}  (e.g. {names[0]})")
    print()


def print_found(junit_file):
    """What the fuzzer found beyond its seeds, in lines that begin with FOUND."""
    found = re.findall(r"^FOUND: .*$", "\n".join("".join(out.itertext()) for out in ElementTree.parse(junit_file).getroot().iter("system-out")), re.M)
    print(f"Findings of the fuzzer, each a bug to be mended: {len(found)}")
    for line in found:
        print(f"  {line}")
    print()


def run_again(failed, command, junit_file):
    print(f"\nAgain, alone: {' '.join(failed)}")
    code, summary = run(command + ["--rerun-failed", "-j", "1", "--output-junit", junit_file])
    still = set(failed_tests(junit_file)) if os.path.exists(junit_file) else set(failed)
    flaky = [name for name in failed if name not in still]
    print(f"Passed only the second time: {len(flaky)}")
    for name in flaky:
        print(f"  {name}")
    print()
    return code, summary


def main():
    junit_file, command = os.path.abspath(sys.argv[1]), sys.argv[2:]
    again_file = junit_file.removesuffix(".xml") + "-again.xml"
    for old in (junit_file, again_file):
        if os.path.exists(old):
            os.remove(old)
    code, summary = run(command)
    if os.path.exists(junit_file):
        print_skipped(junit_file)
        print_found(junit_file)
        failed = failed_tests(junit_file)
        # What the fuzzer found is found, whether or not it finds it again.
        found = any(name.startswith("fuzz.") for name in failed)
        if code != 0 and not found and 0 < len(failed) <= MOST_AGAIN:
            sys.stdout.write(summary)
            code, summary = run_again(failed, command, again_file)
    sys.stdout.write(summary)
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(main())
