#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The symbols of liblxcpp.so.0 are the reviewed list beside this file: a new one is a promise for years.

To accept a change: exported_symbols.py SOURCE LIBRARY --accept, and say why in the commit.
"""
import os
import subprocess
import sys

import common

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exported_symbols.txt")


def exported(library):
    output = subprocess.run(["nm", "-DC", "--defined-only", "--format=posix", library], capture_output=True, text=True,
                            check=True).stdout
    names = set()
    for line in output.splitlines():
        # NAME TYPE VALUE SIZE, where a demangled name contains blanks.
        words = line.rsplit(" ", 3)
        name = line if len(words) < 4 else words[0]
        name = name.replace("@@LXCPP_0", "").replace("@LXCPP_0", "").strip()
        name = name.replace("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string")
        name = name.replace("std::basic_string_view<char, std::char_traits<char> >", "std::string_view")
        if not name.startswith("LXCPP_0"):
            names.add(name)
    return names


def main():
    found = exported(sys.argv[2])
    if "--accept" in sys.argv:
        with open(LIST, "w", encoding="utf-8") as file:
            file.write("".join(name + "\n" for name in sorted(found)))
        return
    with open(LIST, encoding="utf-8") as file:
        reviewed = {line.rstrip("\n") for line in file if line.strip()}
    violations = [f"exported, but not reviewed: {name}" for name in sorted(found - reviewed)]
    violations += [f"reviewed, but no longer exported: {name}" for name in sorted(reviewed - found)]
    violations += [f"not of namespace lxcpp: {name}" for name in sorted(found) if "lxcpp::" not in name]
    common.finish(violations, "liblxcpp exports exactly tests/arch/exported_symbols.txt")


if __name__ == "__main__":
    main()
