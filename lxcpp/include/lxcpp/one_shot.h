// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/export.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp {

// One program run in a throw-away container over a root file system: own pid, mount, ipc, uts (and
// network) namespaces, private /dev and /proc, no /sys, nothing on standard input. For set-up work such
// as package scripts, which must never run on the host. Keeps the user namespace of the caller (a build of an ordinary
// user has one without that user's own id), and ends with the thread that called. What it writes is not on the disk until the caller syncs: its own fsync(2) does nothing.
struct OneShot {
    std::filesystem::path rootfs;
    std::vector<std::string> argv; // argv[0]: absolute path inside
    std::vector<std::string> env;  // NAME=VALUE; complete
    bool network = false;          // share the caller's network
    std::filesystem::path log;     // its standard output and error are appended to it; empty = written to ours

    std::string host_name = "localhost";
    // As an image is built: it may mount and unmount whatever it sees, /run and /tmp are tmpfs, /sys is one of plain directories,
    // and resolv_conf is mounted on /etc/resolv.conf, links followed inside. Error for who is not in a user namespace
    // (with a mount namespace that belongs to it): nothing else would confine it.
    bool build = false;
    std::string resolv_conf = {};
    // Of build: a directory of the root file system, relative, whose "tmp" and "run" are mounted
    // there in place of the tmpfs. The program does not see it by its own name.
    std::string kept = {};
    // A text with a "#!" line to be run in place of argv[0], which need not be there: argv are its
    // arguments. Its file is in memory, and $0 is /proc/self/fd/NUMBER.
    std::string script = {};
    // Gets its standard output, of which the log then gets nothing: the first MiB.
    std::string* output = nullptr;
    // It has a terminal of its own, of which ours (standard input and output) shows what is on it: for a shell. From a process
    // of one thread.
    bool terminal = false;
    // It is killed then, with all that it has started; not one with a terminal.
    std::optional<std::chrono::steady_clock::time_point> deadline = {};
};

// The program's exit code, 128 + signal when one killed it. Throws Error when it could not be
// started, or its time was over.
LXCPP_API int run_one_shot(const OneShot& request);

} // namespace lxcpp
