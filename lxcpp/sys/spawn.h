// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/pidfd.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lxcpp::sys {

// One helper program (a hook, a template, newuidmap). Never a shell: argv goes to execve(2) as it is.
struct SpawnOptions {
    std::vector<std::string> argv;               // argv[0] is also the path when program is empty
    std::string program;                         // absolute path; no PATH search
    std::optional<std::vector<std::string>> env; // NAME=VALUE; none = ours
    std::string working_directory;
    FdRef standard_input;  // invalid = /dev/null
    FdRef standard_output; // invalid = inherited
    FdRef standard_error;  // invalid = inherited
    std::vector<std::pair<FdRef, int>> extra_fds; // ours -> number in the child (>= 3)
    bool new_process_group = false;
    bool die_with_parent = false; // PR_SET_PDEATHSIG SIGKILL
    FdRef user_namespace;  // entered first when valid (setns), then
    FdRef mount_namespace; // this one; ids become 0:0 when a user namespace was entered
};

class Child {
public:
    Child(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
    Child(Child&&) noexcept = default;
    Child& operator=(Child&&) = delete;
    ~Child(); // kills and reaps a child that was not waited for
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] FdRef pidfd() const noexcept { return pidfd_; }
    ExitStatus wait();
    std::optional<ExitStatus> wait_for(std::chrono::milliseconds timeout);

private:
    pid_t pid_;
    Fd pidfd_;
};

// Throws SystemError "run PROGRAM" when the child could not be made or exec failed.
[[nodiscard]] Child spawn(const SpawnOptions& options);

struct RunResult {
    ExitStatus status;
    std::string output; // standard output and standard error, at most 64 KiB, rest dropped
};
// spawn, collect the output, wait. After timeout the process (group) is killed and Error thrown.
[[nodiscard]] RunResult run_and_capture(SpawnOptions options, std::chrono::milliseconds timeout);

} // namespace lxcpp::sys
