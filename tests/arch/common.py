# SPDX-License-Identifier: Apache-2.0
"""What the architecture tests share: finding source files and reporting violations."""
import os
import re
import subprocess
import sys

SOURCE_FOLDERS = ("lxcpp", "templates", "tools", "distrobuilder")
CODE = (".cpp", ".h", ".c", ".h.in")


def source_files(root, folders=SOURCE_FOLDERS, suffixes=CODE):
    """Paths relative to root, sorted. Build trees and hidden folders are left out."""
    found = []
    for folder in folders:
        for path, folders_below, files in os.walk(os.path.join(root, folder)):
            folders_below[:] = [f for f in folders_below if not f.startswith((".", "build", "__"))]
            found += [os.path.relpath(os.path.join(path, f), root) for f in files if f.endswith(suffixes)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def without_comments_and_strings(text):
    """C++ text with comments and literals blanked, line breaks kept (so line numbers stay)."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\''

    def blank(match):
        return '""' + "\n" * match.group(0).count("\n")

    return re.sub(pattern, blank, text, flags=re.S)


def without_comments(text):
    pattern = r'//[^\n]*|/\*.*?\*/|(?P<keep>R"(\w*)\(.*?\)\2"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\')'
    return re.sub(pattern, lambda m: m.group("keep") or "\n" * m.group(0).count("\n"), text, flags=re.S)


def needed_libraries(program):
    output = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output)


def finish(violations, rule):
    """Prints one line a violation and exits; 0 when there are none."""
    for violation in violations:
        print(violation)
    if violations:
        print(f"\n{len(violations)} violation(s). The rule: {rule}")
        sys.exit(1)
    print(f"ok: {rule}")
    sys.exit(0)
