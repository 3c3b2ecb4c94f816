#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each folder includes only what stands below it. The picture is in doc/architecture.md."""
import re
import sys

import common

# Folder -> the folders it may include, besides itself and the public headers.
BASE = {"base"}
SYS = BASE | {"sys"}
STORE = SYS | {"store"}
PLAN = STORE | {"config", "host"}
FEATURE = PLAN | {"plan"}
FEATURES = {"cgroup", "network", "storage", "security", "console"}
START = FEATURE | FEATURES
ALLOWED = {
    "include": set(),
    "base": set(),
    "sys": BASE,
    "store": SYS,
    "config": SYS,
    "host": SYS,
    "inventory": SYS,
    "plan": PLAN,
    **{feature: FEATURE for feature in FEATURES},
    "start": START,
    "user_nic": SYS,  # setuid: as little as possible
    "monitor": START | {"start"},
    "attach": START | {"start", "monitor"},
    "container": START | {"start", "monitor", "attach", "inventory"},
}
RULE = ("base < sys < {store, config, host, inventory} < plan < {cgroup, network, storage, security, console} < start "
        "< monitor < attach < container; templates use base, sys and store only; nothing uses templates or tools")

# (folder, header): a crossing that was looked at and accepted; doc/decisions/003 has the reason.
ACCEPTED = {
    ("start", "monitor/protocol.h"),
    ("start", "monitor/handover.h"),
    ("start", "monitor/state_file.h"),
}


def owner(path):
    """("lxcpp", "sys") for lxcpp/sys/file.h, ("templates", "image") for templates/image/http.h."""
    parts = path.split("/")
    return parts[0], parts[1] if len(parts) > 2 else ""


def violations_of(path, text):
    top, folder = owner(path)
    found = []
    if top == "lxcpp":
        allowed = ALLOWED.get(folder)
        if allowed is None:
            return [f"{path}: folder lxcpp/{folder} has no place in the order yet (tests/arch/include_direction.py)"]
        allowed = allowed | {folder}
    elif top == "templates":
        allowed = STORE | {folder, "image"}
    elif top == "distrobuilder":
        allowed = STORE | {"image", "debian", "distrobuilder", "host", "inventory", "common"}  # a program of its own
    else:
        allowed = set(ALLOWED) | {"common", "image", "images", "net"}  # images, net: the commands of lxcpp-image, lxcpp-net
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not match or "/" not in match.group(1):
            continue
        target = match.group(1).split("/")[0]
        if target not in allowed and (folder, match.group(1)) not in ACCEPTED:
            found.append(f"{path}:{number}: includes \"{match.group(1)}\": {top}/{folder} must not know {target}/")
    return found


def main():
    root = sys.argv[1]
    violations = []
    for path in common.source_files(root):
        violations += violations_of(path, common.read(root, path))
    common.finish(violations, RULE)


if __name__ == "__main__":
    main()
