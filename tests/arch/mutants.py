# SPDX-License-Identifier: Apache-2.0
"""Each patch of tests/mutants still applies to its file and names tests that there are."""
import os
import re
import subprocess
import sys

from common import finish, read, source_files

root = sys.argv[1]
sys.path.insert(0, os.path.join(root, "tests", "mutants"))
from mutants import all_mutants  # noqa: E402


def known_tests():
    names = set()
    for path in source_files(root, ("tests",), (".sh", ".cpp")):
        text = read(root, path)
        kind, base = path.split(os.sep)[1], os.path.basename(path)
        if kind == "system" and base.startswith("test_"):
            group = base.removesuffix(".sh").removeprefix("test_")
            names |= {f"system.{group}.{name}" for name in re.findall(r"^test_([a-z0-9_]+)\(\)", text, re.M)}
        elif kind in ("unit", "root"):
            names |= {f"{kind}.{suite}.{name}" for suite, name in re.findall(r"\bTEST(?:_F)?\((\w+),\s*(\w+)\)", text)}
    return names


def violations():
    tests = known_tests()
    for mutant in all_mutants():
        problems = list(mutant.problems())
        yield from problems
        yield from (f"{mutant.name}: there is no test {test}" for test in mutant.tests if test not in tests)
        if problems:
            continue
        words = ["patch", "--dry-run", "--silent", "--batch", "--forward", "--reject-file=-", "--output=/dev/null", mutant.files[0], mutant.path]
        if subprocess.run(words, cwd=root, capture_output=True).returncode != 0:
            yield f"{mutant.name}: does not apply to {mutant.files[0]} any more; bring it up to date"


finish(list(violations()), "a mutant is a patch of one source file that applies and names its tests (CONTRIBUTING.md)")
