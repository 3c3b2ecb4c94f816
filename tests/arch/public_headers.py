#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each public header compiles alone, strictly, and pulls in nothing but the standard library."""
import os
import re
import subprocess
import sys

import common


def main():
    root, compiler = sys.argv[1:3]
    folder = os.path.join(root, "lxcpp/include")
    headers = [os.path.join(folder, "lxcpp", f) for f in sorted(os.listdir(os.path.join(folder, "lxcpp")))
               if f.endswith(".h")]
    violations = []
    for header in headers:
        name = os.path.basename(header)
        result = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow",
                                 "-Wconversion", "-Werror", f"-I{folder}", "-x", "c++", "-"],
                                input=f"#include <lxcpp/{name}>\n#include <lxcpp/{name}>\n", capture_output=True, text=True)
        if result.returncode != 0:
            violations.append(f"lxcpp/{name} does not compile alone:\n{result.stderr}")
        with open(header, encoding="utf-8") as file:
            for include in re.findall(r'#\s*include\s*[<"]([^>"]+)[>"]', file.read()):
                if "/" in include and not include.startswith(("lxcpp/", "sys/")):
                    violations.append(f"lxcpp/{name} includes {include}: third-party headers are not our interface")
    common.finish(violations, "each public header compiles alone, without warnings, and includes only the standard library")


if __name__ == "__main__":
    main()
