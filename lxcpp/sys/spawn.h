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

// One helper program (a hook, a template, newuidmap). Never a shell: argv goes to execve(2) as it
// is. It starts with all signals at their default and unblocked, and with no descriptor but 0, 1, 2
// and the extra ones.
struct SpawnOptions {
    std::vector<std::string> argv;               // argv[0] is also the path when program is empty
    std::string program;                         // absolute path; no PATH search
    std::optional<std::vector<std::string>> env; // NAME=VALUE; none = ours
    std::string working_directory;
    FdRef standard_input;                         // invalid = /dev/null
    FdRef standard_output;                        // invalid = inherited
    FdRef standard_error;                         // invalid = inherited
    std::vector<std::pair<FdRef, int>> extra_fds; // ours -> number in the child (>= 3)
    bool new_process_group = false;
    pid_t process_group = 0;      // joins that of this process instead
    bool die_with_parent = false; // PR_SET_PDEATHSIG SIGKILL
    FdRef mount_namespace;        // entered first when valid (setns), then
    FdRef user_namespace;         // this one, and ids become 0:0
    bool keep_rights = false;     // those that we have in a user namespace without being its root
};

class Child {
public:
    // group: it leads a process group, which is killed as a whole.
    Child(pid_t pid, Fd pidfd, bool group = false)
        : pid_(pid), pidfd_(std::move(pidfd)), group_(group) {}
    Child(Child&&) noexcept = default;
    Child& operator=(Child&&) = delete;
    ~Child();             // kills and reaps a child that was not waited for
    void kill() noexcept; // SIGKILL; still to be waited for
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] FdRef pidfd() const noexcept { return pidfd_; }
    ExitStatus wait();                                                     // once
    std::optional<ExitStatus> wait_for(std::chrono::milliseconds timeout); // nullopt: still runs

private:
    pid_t pid_;
    Fd pidfd_; // empty once reaped
    bool group_;
};

// Returns once the program runs. Throws SystemError "run PROGRAM" when the child could not be made
// or exec failed, with the step ("run PROGRAM: enter the user namespace") when another one did.
[[nodiscard]] Child spawn(const SpawnOptions& options);

struct RunResult {
    ExitStatus status;
    std::string output; // standard output and standard error, at most 64 KiB, rest dropped
};
// spawn, collect the output, wait. After timeout the process (group) is killed and Error thrown.
// What a process that it leaves behind writes later is not waited for.
[[nodiscard]] RunResult run_and_capture(SpawnOptions options, std::chrono::milliseconds timeout);

} // namespace lxcpp::sys
