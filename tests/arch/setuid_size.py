#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is setuid root is small enough to be read in one go, and only it is setuid. doc/decisions/020."""
import os
import stat
import sys

import common

FOLDER = "lxcpp/user_nic"
MOST_LINES = 800
SETUID = {"libexec/lxcpp/lxcpp-user-nic"}


def lines_of(root):
    return {path: common.read(root, path).count("\n") for path in common.source_files(root) if path.startswith(FOLDER + "/")}


def setuid_files(prefix):
    found = set()
    for folder, _, files in os.walk(prefix):
        for file in files:
            path = os.path.join(folder, file)
            if not os.path.islink(path) and os.stat(path).st_mode & (stat.S_ISUID | stat.S_ISGID):
                found.add(os.path.relpath(path, prefix))
    return found


def main():
    root, prefix = sys.argv[1:3]
    lines = lines_of(root)
    total = sum(lines.values())
    violations = []
    if not lines:
        violations.append(f"{FOLDER} has no source files: are they somewhere else?")
    if total > MOST_LINES:
        violations.append(f"{FOLDER} has {total} lines, more than {MOST_LINES}")
    found = setuid_files(prefix)
    violations += [f"{path} is installed setuid or setgid" for path in sorted(found - SETUID)]
    violations += [f"{path} is not installed setuid" for path in sorted(SETUID - found)]
    common.finish(violations, f"{FOLDER} has at most {MOST_LINES} lines, and nothing else is setuid")


if __name__ == "__main__":
    main()
