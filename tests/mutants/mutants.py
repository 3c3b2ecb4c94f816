# SPDX-License-Identifier: Apache-2.0
"""Reads tests/mutants/*.patch: a comment of "word: value" lines, then a diff of one product file."""
import os
import re
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE_FOLDERS = ("lxcpp/", "templates/", "tools/", "distrobuilder/")


@dataclass
class Mutant:
    name: str
    path: str
    rows: list = field(default_factory=list)  # of the catalogue of attacks
    drops: str = ""  # the check that is gone
    tests: list = field(default_factory=list)  # of ctest, each of which must go red
    files: list = field(default_factory=list)

    def problems(self):
        """What is wrong with the patch as a text, one line each."""
        for word, value in (("row", self.rows), ("drops", self.drops), ("test", self.tests)):
            if not value:
                yield f"{self.name}: no line \"# {word}: ...\" before the diff"
        if len(self.files) != 1:
            yield f"{self.name}: it must change one file, not {len(self.files)}"
        elif not self.files[0].startswith(SOURCE_FOLDERS):
            yield f"{self.name}: {self.files[0]} is not a source file of the product"


def read_mutant(path):
    mutant = Mutant(os.path.basename(path).removesuffix(".patch"), path)
    in_diff = False
    with open(path, encoding="utf-8") as file:
        for line in file:
            in_diff = in_diff or line.startswith("--- ")
            if in_diff and (found := re.match(r"\+\+\+ b/([^\t\n]*)", line)):
                mutant.files.append(found[1])
            elif not in_diff and (found := re.match(r"# (row|drops|test): *(.*\S)", line)):
                if found[1] == "drops":
                    mutant.drops = found[2]
                else:
                    (mutant.rows if found[1] == "row" else mutant.tests).extend(found[2].split())
    return mutant


def of_row(row, mutants):
    return [mutant for mutant in mutants if row in mutant.rows]


def all_mutants():
    names = sorted(name for name in os.listdir(HERE) if name.endswith(".patch"))
    return [read_mutant(os.path.join(HERE, name)) for name in names]
