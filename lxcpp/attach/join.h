// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "start/join_report.h"

#include <cstdint>
#include <linux/capability.h>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

// To load a seccomp filter and to change ids, of which the container's set may have none.
inline constexpr std::uint64_t kConfiningCapabilities = 1ull << CAP_SYS_ADMIN | 1ull << CAP_SETUID | 1ull << CAP_SETGID;

// Everything the attached process needs, in place before it is forked: it allocates nothing.
struct JoinPlan {
    int init_pidfd = -1;
    std::uint64_t namespaces = 0;    // CLONE_NEW* for setns(pidfd)
    std::vector<int> cgroup_tasks;   // v1, opened by the parent
    bool become_root = false;        // a user namespace is entered
    bool remount_proc_sys = false;
    std::optional<std::uint64_t> bounding_set;
    bool no_new_privs = false;
    std::vector<std::uint8_t> seccomp;
    bool confine_first = true;       // before there is a process in the pid namespace: the filter allows clone(2)
    std::optional<unsigned long> personality;
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
    bool change_ids = false;
    std::string working_directory;   // tried first; then "/"
    std::string lsm_label;           // written to attr/exec; empty = none
    bool terminal = false;           // connect terminals of ours to a pty of the container
    int fallback_slave = -1;         // when the container has no devpts
    std::vector<std::string> programs; // candidates for execve, in PATH order
    std::vector<char*> argv;
    std::vector<char*> envp;
    int report = -1;                 // SOCK_SEQPACKET end for JoinReport
    // lxcpp-enter, sealed: whoever owns our programs on the host is in the container, who must not find them behind
    // /proc/PID/exe. It is executed before there is a process in the pid namespace.
    int enter = -1;
    std::uint64_t bounding_later = 0; // of the bounding set: what lxcpp-enter needs first, and takes away
    int filter = -1;                 // seccomp as a file, for what is confined only then
    std::vector<char*> enter_argv;   // start/enter_tasks.h
};

// The joining process after fork, which nobody inside can see. When it enters a pid namespace, it leaves what is
// the host's behind and makes the process that the container sees, a child of the caller; Born tells its pid, and
// the joining process exits with 0. Exits with 126 or 127 when the program cannot be run.
[[noreturn]] void run_join(const JoinPlan& plan) noexcept;

} // namespace lxcpp
