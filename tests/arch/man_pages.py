#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every installed tool has a manual page, and page and --help name the same long options."""
import glob
import os
import re
import subprocess
import sys

import common

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


def help_options(tool):
    """Those that a line of the list begins with: "  -n,--name TEXT   ..."; words in the explanations do not count."""
    result = subprocess.run([tool, "--help"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30, check=False)
    found = set()
    for line in (result.stdout + result.stderr).splitlines():
        match = re.match(r"^ +(-[^ ]+(?:,? -[^ ]+)*)", line)
        if match:
            found |= set(OPTION.findall(match.group(1)))
    return found


def page_options(text):
    return set(OPTION.findall(text.replace("\\-", "-")))


def listed_in_page(text):
    """Long options that a .BR or .B line under OPTIONS introduces."""
    options = text.split(".SH OPTIONS", 1)[-1].split(".SH EXIT", 1)[0] if ".SH OPTIONS" in text else ""
    lines = [line for line in options.splitlines() if line.startswith((".BR ", ".B "))]
    return page_options("\n".join(lines))


def main():
    prefix = sys.argv[2]
    violations = []
    for tool in sorted(glob.glob(f"{prefix}/bin/lxcpp-*")):
        name = os.path.basename(tool)
        path = f"{prefix}/share/man/man1/{name}.1"
        if not os.path.exists(path):
            violations.append(f"{name} has no manual page (doc/man/{name}.1)")
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        offered = help_options(tool)
        violations += [f"{name}: {option} is not in doc/man/{name}.1" for option in sorted(offered - page_options(text))]
        violations += [f"doc/man/{name}.1: {name} has no {option}" for option in sorted(listed_in_page(text) - offered)]
    for page in sorted(glob.glob(f"{prefix}/share/man/man*/*")):
        result = subprocess.run(["groff", "-man", "-z", "-ww", page], capture_output=True, text=True, check=False) \
            if os.path.exists("/usr/bin/groff") else None
        if result and result.stderr.strip():
            violations.append(f"{os.path.basename(page)}: {result.stderr.strip()}")
    common.finish(violations, "every tool has a manual page that names exactly its options")


if __name__ == "__main__":
    main()
