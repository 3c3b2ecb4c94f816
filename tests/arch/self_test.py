#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each rule finds a planted violation and lets the lawful twin pass: a check that cannot fail is no check."""
import common
import include_direction
import path_calls
import source_rules as rules

# (rule, path, text, number of violations)
CASES = (
    (include_direction.violations_of, "lxcpp/sys/a.cpp", '#include "config/types.h"\n', 1),
    (include_direction.violations_of, "lxcpp/config/a.cpp", '#include "sys/file.h"\n', 0),
    (include_direction.violations_of, "lxcpp/cgroup/a.cpp", '#include "network/veth.h"\n', 1),
    (include_direction.violations_of, "lxcpp/start/a.cpp", '#include "network/veth.h"\n', 0),
    (include_direction.violations_of, "lxcpp/monitor/a.cpp", '#include "inventory/inventory.h"\n', 1),
    (include_direction.violations_of, "lxcpp/start/a.cpp", '#include "monitor/handover.h"\n', 0),
    (include_direction.violations_of, "lxcpp/start/a.cpp", '#include "monitor/supervisor.h"\n', 1),
    (include_direction.violations_of, "lxcpp/new/a.cpp", "", 1),
    (include_direction.violations_of, "templates/debian/a.cpp", '#include "start/spawn.h"\n', 1),
    (rules.raw_calls, "lxcpp/container/a.cpp", "int f = ::open(path, 0);\n", 1),
    (rules.raw_calls, "lxcpp/container/a.cpp", "auto f = dir.openat(path);\n", 0),
    (rules.raw_calls, "lxcpp/container/a.cpp", "// ::open(path)\nauto s = \"::open(\";\n", 0),
    (rules.raw_calls, "lxcpp/container/a.cpp", "std::filesystem::remove_all(path);\n", 1),
    (rules.raw_calls, "lxcpp/container/a.cpp", "x = openat(dir, p, 0);\n", 1),
    (rules.raw_calls, "lxcpp/sys/a.cpp", "int f = ::open(path, 0);\n", 0),
    (path_calls.path_calls, "lxcpp/container/a.cpp", ["open64"], 1),
    (path_calls.path_calls, "lxcpp/container/a.cpp", ["__open64_2"], 1),
    (path_calls.path_calls, "lxcpp/container/a.cpp", ["__realpath_chk@GLIBC_2.4", "lstat@GLIBC_2.33"], 2),
    (path_calls.path_calls, "lxcpp/container/a.cpp", ["__xstat64"], 1),
    (path_calls.path_calls, "lxcpp/container/a.cpp", ["std::filesystem::remove_all(std::filesystem::__cxx11::path const&)"], 1),
    (path_calls.path_calls, "lxcpp/container/a.cpp", ["std::filesystem::status(std::filesystem::__cxx11::path const&)"], 1),
    (path_calls.path_calls, "lxcpp/container/a.cpp", ["std::filesystem::current_path(std::filesystem::__cxx11::path const&)"], 1),
    (path_calls.path_calls, "tools/a.cpp", ["std::basic_ifstream<char, std::char_traits<char> >::basic_ifstream(char const*)"], 1),
    (path_calls.path_calls, "lxcpp/container/a.cpp", ["std::filesystem::current_path[abi:cxx11]()"], 0),
    (path_calls.path_calls, "lxcpp/container/a.cpp", ["std::filesystem::__cxx11::path::lexically_normal() const"], 0),
    (path_calls.path_calls, "lxcpp/container/a.cpp", ["lxcpp::sys::open_file(std::filesystem::__cxx11::path const&)", "close"], 0),
    (path_calls.path_calls, "lxcpp/sys/a.cpp", ["open64"], 0),
    (rules.shells, "lxcpp/start/a.cpp", "std::system(line);\n", 1),
    (rules.shells, "lxcpp/start/a.cpp", "FILE* f = popen(line, mode);\n", 1),
    (rules.shells, "lxcpp/start/a.cpp", 'auto argv = {"/bin/sh", "-c", x};\n', 1),
    (rules.shells, "lxcpp/start/a.cpp", "auto s = host.system();\n", 0),
    (rules.shells, "lxcpp/start/a.cpp", 'auto s = "its file system (or below)";\n', 0),
    (rules.shells, "lxcpp/attach/a.cpp", 'const char* fallback = "/bin/sh";\n', 0),
    (rules.regexes, "lxcpp/config/a.cpp", "#include <regex>\n", 1),
    (rules.regexes, "lxcpp/config/a.cpp", "#include <regex.h>\n", 0),
    (rules.licence_line, "a.cpp", "#pragma once\n", 1),
    (rules.licence_line, "a.cpp", "// SPDX-License-Identifier: Apache-2.0\n", 0),
    (rules.unfinished, "a.cpp", "// TODO later\n", 1),
    (rules.unfinished, "a.cpp", "// not to do\n", 0),
    (rules.foreign_names, "a.md", "see /" + "work/shared/x\n", 1),
    (rules.foreign_names, "a.md", "http://ftp.debian.org/debian\n", 0),
)


def main():
    violations = []
    for rule, path, text, expected in CASES:
        found = rule(path, text)
        if len(found) != expected:
            violations.append(f"{rule.__name__}({path!r}, {text!r}) found {found}, expected {expected}")
    common.finish(violations, "every rule finds a planted violation and passes its lawful twin")


if __name__ == "__main__":
    main()
