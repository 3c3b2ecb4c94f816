# SPDX-License-Identifier: Apache-2.0
"""Each row of the catalogue of attacks that applies has a replay and a mutant that makes it fail (tests/mutants/rows.py).
Each patch of tests/mutants still applies to its file, exactly, and names rows and tests that there are."""
import os
import re
import subprocess
import sys

from common import finish, read, source_files

root = sys.argv[1]
sys.path.insert(0, os.path.join(root, "tests", "mutants"))
from archive_rows import ARCHIVE_ROWS  # noqa: E402
from mutants import all_mutants, of_row  # noqa: E402
from rows import OTHER_CHECKS, ROWS  # noqa: E402

# Those of the catalogue that are to be replayed.
WANTED_OF_ARCHIVES = "T1-T40 P1-P22"
WANTED = "A1-A6 A9-A11 A14 A16 A18-A20 B1-B6 C1-C5 D1-D6 F1 F3 F8 H1-H6 I1-I3 J1-J7"


def wanted_rows(words):
    for first, last in ((word.split("-")[0], word.split("-")[-1]) for word in words.split()):
        yield from (f"{first[0]}{number}" for number in range(int(first[1:]), int(last[1:]) + 1))


def known_tests():
    names = {f"fault.{name}" for name in re.findall(r"^lxcpp_fault_test\((\w+)", read(root, os.path.join("tests", "faults", "CMakeLists.txt")), re.M)}
    for path in source_files(root, ("tests",), (".sh", ".cpp")):
        text = read(root, path)
        kind, base = path.split(os.sep)[1], os.path.basename(path)
        if kind == "system" and base.startswith("test_"):
            group = base.removesuffix(".sh").removeprefix("test_")
            names |= {f"system.{group}.{name}" for name in re.findall(r"^test_([a-z0-9_]+)\(\)", text, re.M)}
        elif kind in ("unit", "root"):
            names |= {f"{kind}.{suite}.{name}" for suite, name in re.findall(r"\bTEST(?:_F)?\((\w+),\s*(\w+)\)", text)}
    return names


def problems_of_row(name, row, mutants, tests):
    own = of_row(name, mutants)
    if row.why_not:
        if own or row.tests:
            yield f"{name}: it has tests or mutants, and a reason for having none"
        return
    if not row.tests:
        yield f"{name}: no test replays it, and no reason is given"
    if not own:
        yield f"{name}: no mutant shows that its tests can fail"
    yield from (f"{name}: there is no test {test}" for test in row.test_names if test not in tests)
    fails = {test for mutant in mutants for test in mutant.tests}
    yield from (f"{name}: no mutant makes {test} fail" for test in row.test_names if test not in fails)


def problems_of_rows(mutants, tests):
    yield from (f"{name}: the row is not in tests/mutants/rows.py" for name in wanted_rows(WANTED) if name not in ROWS)
    for name, row in ROWS.items():
        yield from problems_of_row(name, row, mutants, tests)
    for mutant in mutants:
        yield from (f"{mutant.name}: there is no row {row}" for row in mutant.rows
                    if row not in ROWS and row not in OTHER_CHECKS and row not in ARCHIVE_ROWS)


def problems_of_archive_rows(tests):
    yield from (f"{name}: the row is not in tests/mutants/archive_rows.py" for name in wanted_rows(WANTED_OF_ARCHIVES)
                if name not in ARCHIVE_ROWS)
    for name, row in ARCHIVE_ROWS.items():
        if bool(row.tests) == bool(row.why_not):
            yield f"{name}: either tests try it, or there is a reason why none does"
        yield from (f"{name}: there is no test {test}" for test in row.test_names if test not in tests)


def violations():
    tests = known_tests()
    mutants = all_mutants()
    yield from problems_of_rows(mutants, tests)
    yield from problems_of_archive_rows(tests)
    for mutant in mutants:
        problems = list(mutant.problems())
        yield from problems
        yield from (f"{mutant.name}: there is no test {test}" for test in mutant.tests if test not in tests)
        if problems:
            continue
        words = ["patch", "--dry-run", "--fuzz=0", "--silent", "--batch", "--forward", "--reject-file=-", "--output=/dev/null", mutant.files[0], mutant.path]
        if subprocess.run(words, cwd=root, capture_output=True).returncode != 0:
            yield f"{mutant.name}: does not apply to {mutant.files[0]} any more; bring it up to date"


finish(list(violations()), "each row that applies has a replay and a mutant; a mutant is a patch of one source file that applies "
       "and names its rows and tests (CONTRIBUTING.md)")
