#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A foreign project finds, compiles, links and runs the installed library, by pkg-config and by CMake."""
import os
import subprocess
import sys
import tempfile

import common

PROGRAM = """#include <lxcpp/state.h>
#include <lxcpp/error.h>
#include <lxcpp/version.h>
#include <cstdio>
int main() {
    try {
        throw lxcpp::StateError(lxcpp::StateProblem::NotFound, "caught");
    } catch (const lxcpp::Error& error) {
        return std::puts(error.what()) < 0 || lxcpp::state_name(lxcpp::State::Frozen) != "FROZEN";
    }
}
"""
CMAKE = """cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
find_package(lxcpp 0.1 REQUIRED)
add_executable(user main.cpp)
target_link_libraries(user PRIVATE lxcpp::lxcpp)
"""


def run(command, **options):
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode != 0:
        return None, f"{' '.join(command)}: exit {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout, None


def main():
    stage, prefix, compiler, cmake = sys.argv[2:6]
    violations = []
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/main.cpp", "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        with open(f"{folder}/CMakeLists.txt", "w", encoding="utf-8") as file:
            file.write(CMAKE)
        pc_folders = [path for path, _, files in os.walk(stage) if "lxcpp.pc" in files]
        environment = {**os.environ, "PKG_CONFIG_PATH": ":".join(pc_folders), "PKG_CONFIG_SYSROOT_DIR": stage}
        library_folder = os.path.dirname(pc_folders[0]) if pc_folders else ""
        run_environment = {**os.environ, "LD_LIBRARY_PATH": library_folder}
        flags, problem = run(["pkg-config", "--cflags", "--libs", "lxcpp"], env=environment)
        steps = [] if problem else [
            ([compiler, "-std=c++20", f"{folder}/main.cpp", "-o", f"{folder}/by-pc", *flags.split()], os.environ),
            ([f"{folder}/by-pc"], run_environment),
            ([cmake, "-S", folder, "-B", f"{folder}/b", f"-DCMAKE_PREFIX_PATH={stage}{prefix}",
              f"-DCMAKE_CXX_COMPILER={compiler}"], os.environ),
            ([cmake, "--build", f"{folder}/b"], os.environ),
            ([f"{folder}/b/user"], run_environment),
        ]
        if problem:
            violations.append(problem)
        for command, env in steps:
            output, problem = run(command, env=env)
            if problem:
                violations.append(problem)
                break
            if command[0].endswith(("by-pc", "user")) and output != "caught\n":
                violations.append(f"{command[0]} printed {output!r}")
    common.finish(violations, "pkg-config lxcpp and CMake's lxcpp::lxcpp work for a program outside this tree")


if __name__ == "__main__":
    main()
