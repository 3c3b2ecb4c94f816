#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the installed library and programs load (readelf -d). Why: doc/decisions/002-what-programs-load.md."""
import glob
import os
import re
import sys

import common

NEVER = re.compile(r"lib(curl|gpgme|archive|yaml-cpp|systemd|sdbus|ssl|crypto)\b")
# The hot programs and everything that stays in memory load at most the C library (nothing when they are static).
C_LIBRARY = re.compile(r"^(libc|libm|ld-linux.*)\.so\.\d+$")
IMAGES = ("lxcpp-image", "lxcpp-distrobuilder")  # these have all of the image library in them
HOT = ("start", "attach", "stop", "info", "ls", "wait", "execute", "freeze", "unfreeze", "create", "destroy")


def main():
    prefix = sys.argv[2]
    violations = []
    libraries = glob.glob(f"{prefix}/lib/**/liblxcpp.so.0", recursive=True)
    tools = sorted(glob.glob(f"{prefix}/bin/lxcpp*"))
    services = sorted(glob.glob(f"{prefix}/libexec/lxcpp/*"))
    if not libraries:
        violations.append(f"no liblxcpp.so.0 below {prefix}")
    for program in libraries + tools + services:
        if os.path.islink(program) and program not in libraries:
            continue
        for library in common.needed_libraries(program):
            if NEVER.search(library) and os.path.basename(program) not in IMAGES:
                violations.append(f"{program} loads {library}: only templates, lxcpp-image and distrobuilder may")
    hot = [f"{prefix}/bin/lxcpp-{verb}" for verb in HOT if os.path.exists(f"{prefix}/bin/lxcpp-{verb}")]
    for program in hot + services:
        for library in common.needed_libraries(program):
            if not C_LIBRARY.match(library):
                violations.append(f"{program} loads {library}: it is started often or stays in memory; "
                                  "link it HOT (cmake/programs.cmake)")
    common.finish(violations, "no curl, gpgme, archive, yaml, systemd in the core; hot programs load only the C library")


if __name__ == "__main__":
    main()
