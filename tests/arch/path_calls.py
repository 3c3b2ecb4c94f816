#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing outside lxcpp/sys looks a path up by itself, as the compiled objects say: whatever it is called in the source.

What is undefined in an object is what it calls. RootedDir is the way to what a container or an image controls, and
all that takes a path is in lxcpp/sys (rule 11). See source_rules.py for what the text alone shows.
"""
import os
import re
import subprocess
import sys

import common
from source_rules import in_sys

CALLS = frozenset((
    "open openat openat2 creat fopen freopen fopenat opendir scandir scandirat ftw nftw fts_open glob realpath "
    "canonicalize_file_name stat lstat fstatat statx access faccessat eaccess euidaccess statfs statvfs pathconf "
    "mkdir mkdirat mkdtemp mkstemp mkostemp mkstemps mkostemps mktemp tmpfile tmpnam mknod mknodat mkfifo mkfifoat "
    "rmdir unlink unlinkat remove rename renameat renameat2 link linkat symlink symlinkat readlink readlinkat "
    "chmod lchmod fchmodat chown lchown fchownat truncate utime utimes lutimes utimensat futimesat "
    "getxattr lgetxattr setxattr lsetxattr listxattr llistxattr removexattr lremovexattr "
    "mount umount umount2 pivot_root open_tree move_mount fsopen fspick chroot chdir acct swapon swapoff quotactl "
    "name_to_handle_at open_by_handle_at inotify_add_watch fanotify_mark ftok dlopen bind connect "
    "execv execve execvp execvpe execl execlp execle execveat fork vfork clone clone3 posix_spawn posix_spawnp "
    "system popen wordexp syscall setns unshare").split())
STREAM = re.compile(r"^std::basic_(?:[io]?fstream|filebuf)<")
FILESYSTEM = re.compile(r"^std::filesystem::(\w+)(?:\[abi:cxx11\])?\((.*)")
# They look at no file: the caller's directory, $TMPDIR.
HARMLESS = ("absolute", "current_path", "temp_directory_path")

ACCEPTED = {
    ("lxcpp/base/log.cpp", "open"): "the administrator's log file, O_NOFOLLOW; sys/ itself logs",
    ("lxcpp/base/log.cpp", "syscall"): "gettid",
    ("lxcpp/base/paths.cpp", "access"): "is there a /run/user/UID of ours",
    ("lxcpp/start/detach.cpp", "fork"): "the starter: fork rule 1 names start/ beside sys::spawn",
    ("lxcpp/start/detach.cpp", "vfork"): "the process between tool and starter, which only forks",
    ("lxcpp/start/detach.cpp", "chdir"): "the starter leaves the caller's directory, to /",
    ("templates/image/verify.cpp", "syscall"): "the futex of a std::atomic",
    ("templates/image/workers.cpp", "syscall"): "the futex of a std::atomic",
}


def call_of(symbol):
    """What an undefined symbol calls that takes a path or makes a process; None for the rest."""
    found = FILESYSTEM.match(symbol)
    if found:
        changes_directory = found[1] == "current_path" and found[2].startswith("std::filesystem::")
        return f"std::filesystem::{found[1]}" if changes_directory or found[1] not in HARMLESS else None
    if STREAM.match(symbol):
        return symbol.split("<")[0]
    name = re.sub(r"@.*", "", symbol)
    name = re.sub(r"^__(\w+)_chk$|^__x?", lambda match: match[1] or "", name)
    large = name.removesuffix("_2").removesuffix("64")
    return next((call for call in (name, large) if call in CALLS), None)


def path_calls(path, symbols):
    if in_sys(path):
        return []
    calls = sorted({call for call in map(call_of, symbols) if call})
    return [f"{path}: calls {call}; wrap it in lxcpp/sys" for call in calls if (path, call) not in ACCEPTED]


def undefined_symbols(files):
    """Path of an object → demangled names, of many at once."""
    output = subprocess.run(["nm", "-u", "-C", "-A", *files], capture_output=True, text=True, check=True).stdout
    symbols = {}
    for line in output.splitlines():
        file, name = re.match(r"(.*?\.o): +\w (.*)", line).groups()
        symbols.setdefault(file, []).append(name)
    return symbols


def objects(root, build):
    """Object → source file, for all that is made of a source file of the product."""
    found = {}
    for folder in common.SOURCE_FOLDERS:
        for path, _, files in os.walk(os.path.join(build, folder)):
            for file in files:
                inside = re.match(r"(.*)/CMakeFiles/[^/]*\.dir/(.*)\.o$", os.path.relpath(os.path.join(path, file), build))
                source = inside and f"{inside[1]}/{inside[2]}"
                if source and os.path.exists(os.path.join(root, source)):
                    found[os.path.join(path, file)] = source
    return found


def main():
    root, build = sys.argv[1:3]
    sources = objects(root, build)
    symbols = undefined_symbols(sorted(sources))
    violations = {violation for file, names in symbols.items() for violation in path_calls(sources[file], names)}
    # It would find nothing either if it read nothing.
    seen = {call_of(name) for file, names in symbols.items() if sources[file].startswith("lxcpp/sys/") for name in names}
    violations |= {f"no object of lxcpp/sys calls {call}: are the objects read?"
                   for call in ("open", "mkdir", "mount", "syscall") if call not in seen}
    common.finish(sorted(violations), "nothing outside lxcpp/sys takes a path to the kernel")


if __name__ == "__main__":
    main()
