#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules that a reader of the source relies on, each a function (path, text) -> violations."""
import os
import re
import sys

import common

# Calls that take a path or make a process. Only sys/ wraps them (and the child of a start, which
# goes through sys::raw); RootedDir is the way to touch what a container or an image controls.
RAW_CALLS = (
    "open openat openat2 creat stat lstat fstatat statx access faccessat mkdir mkdirat rmdir unlink unlinkat rename "
    "renameat renameat2 link linkat symlink symlinkat readlink readlinkat chmod fchmodat chown lchown fchownat "
    "mknod mknodat mkfifo truncate opendir fopen mount umount umount2 pivot_root chroot chdir setxattr lsetxattr "
    "getxattr lgetxattr utimensat execve execv execvp execl execlp execveat fork vfork clone clone3 posix_spawn "
    "posix_spawnp syscall socket bind connect setns unshare prctl").split()
RAW = re.compile(r"(?<![\w.:>])(?:::\s*)(" + "|".join(RAW_CALLS) + r")\s*\(")
RAW_PLAIN = re.compile(r"(?<![\w.:>~])(openat2?|mkdirat|unlinkat|renameat2?|linkat|symlinkat|readlinkat|fchmodat|fchownat|"
                       r"mknodat|umount2|pivot_root|execve|execvp|fopen|opendir|vfork|clone3|syscall|posix_spawnp?)\s*\(")
SHELL_CALL = re.compile(r"(?<![\w.>])(?:(?:std)?::\s*)?(system|popen|wordexp)\s*\(")
SHELL_NAME = re.compile(r"\"/bin/(?:ba|da)?sh\"|\"(?:ba|da)?sh\"\s*,\s*\"-c\"")
FILESYSTEM = re.compile(r"\bstd::filesystem::(create_director(?:y|ies)|remove(?:_all)?|rename|copy(?:_file)?|"
                        r"permissions|resize_file|create_(?:hard_link|symlink|directory_symlink))\s*\(")
REGEX = re.compile(r"#\s*include\s*<regex>|\bstd::regex\b")
# Names that would tell where the source was written, or tie it to one site.
FOREIGN = re.compile(r"/work/(?:main|shared|wt)\b|/tmp/bash_jobs|https?://[^\s/\"']*\.(?:internal|corp|lan)\b", re.I)
LONG_FILE = 400

# (path, call) -> why it may do what the rule forbids. base/ knows nothing of sys/.
ACCEPTED_RAW = {
    ("lxcpp/base/fd.cpp", "close"): "closes what it owns",
    ("lxcpp/base/log.cpp", "open"): "the administrator's log file, O_NOFOLLOW; sys/ itself logs",
    ("lxcpp/base/paths.cpp", "access"): "is there a /run/user/UID of ours",
    ("lxcpp/start/detach.cpp", "fork"): "the starter: fork rule 1 names start/ beside sys::spawn",
    ("lxcpp/start/detach.cpp", "vfork"): "the process between tool and starter, which only forks",
    ("lxcpp/start/detach.cpp", "chdir"): "the starter leaves the caller's directory, to /",
}
# What runs after fork or clone and before exec, and may not call anything that allocates; and the
# init of lxcpp-execute, which is a program of its own inside the container.
CHILD_CODE = ("lxcpp/start/child", "lxcpp/attach/join.cpp", "lxcpp/container/main_init.cpp", "lxcpp/start/main_enter.cpp")
# Inside a container the user's shell is what attach and execute start; nothing is passed to it.
ACCEPTED_SHELL = {
    "lxcpp/attach": "the container's own shell, when no command was given",
    "lxcpp/plan": "the container's own shell as a last resort of init",
    "tools": "default command inside the container",
}


def in_sys(path):
    return path.startswith(("lxcpp/sys/",) + CHILD_CODE)


def raw_calls(path, text):
    if in_sys(path):
        return []
    found = []
    for number, line in enumerate(common.without_comments_and_strings(text).splitlines(), 1):
        for match in list(RAW.finditer(line)) + list(RAW_PLAIN.finditer(line)):
            if (path, match.group(1)) not in ACCEPTED_RAW:
                found.append(f"{path}:{number}: calls {match.group(1)}() directly; wrap it in lxcpp/sys")
        match = FILESYSTEM.search(line)
        if match:
            found.append(f"{path}:{number}: std::filesystem::{match.group(1)} follows links and knows no root; use lxcpp/sys")
    return found


def shells(path, text):
    accepted = any(path.startswith(prefix + "/") for prefix in ACCEPTED_SHELL)
    bare = common.without_comments_and_strings(text).splitlines()
    found = []
    for number, line in enumerate(common.without_comments(text).splitlines(), 1):
        if SHELL_CALL.search(bare[number - 1]) or (SHELL_NAME.search(line) and not accepted):
            found.append(f"{path}:{number}: no shell: {line.strip()[:80]}")
    return found


def regexes(path, text):
    if path.startswith("tests/"):
        return []
    return [f"{path}: std::regex (slow, recurses on input); use <regex.h> or parse by hand"] if REGEX.search(text) else []


def licence_line(path, text):
    first = text.split("\n", 2)[:2]
    if any("SPDX-License-Identifier: Apache-2.0" in line for line in first):
        return []
    return [f"{path}: the first line is not an SPDX-License-Identifier: Apache-2.0 comment"]


def foreign_names(path, text):
    return [f"{path}:{number}: names a machine or site: {line.strip()[:80]}"
            for number, line in enumerate(text.splitlines(), 1) if FOREIGN.search(line)]


def unfinished(path, text):
    pattern = re.compile(r"\b(TODO|FIXME|XXX|not implemented)\b")
    return [f"{path}:{number}: unfinished: {line.strip()[:80]}"
            for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


RULES = (raw_calls, shells, regexes, licence_line, unfinished)
TEXT = (".cpp", ".h", ".c", ".h.in", ".py", ".sh", ".cmake", ".md", ".txt", ".conf", ".json", ".1", ".5", ".7")


def main():
    root = sys.argv[1]
    violations = []
    for path in common.source_files(root):
        text = common.read(root, path)
        for rule in RULES:
            violations += rule(path, text)
    for path in common.source_files(root, ("tests",), common.CODE):
        text = common.read(root, path)
        violations += licence_line(path, text) + regexes(path, text)
    everything = common.source_files(root, common.SOURCE_FOLDERS + ("tests", "doc", "cmake", "config"), TEXT)
    for path in everything + [f for f in os.listdir(root) if f.endswith(".md")]:
        if not path.startswith("tests/arch/"):
            violations += foreign_names(path, common.read(root, path))
    for path in common.source_files(root):
        lines = common.read(root, path).count("\n")
        if lines > LONG_FILE:
            print(f"note: {path} has {lines} lines; past {LONG_FILE} a second concept hides in it")
    common.finish(violations, "raw system calls only in lxcpp/sys, no shell, no std::regex, an SPDX line in each "
                  "file, nothing unfinished, nothing that names a machine")


if __name__ == "__main__":
    main()
