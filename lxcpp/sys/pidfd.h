// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace lxcpp::sys {

// How a process ended, in wait(2) terms.
struct ExitStatus {
    bool signaled = false;
    int value = 0; // exit code, or the signal
    [[nodiscard]] int shell_code() const noexcept { return signaled ? 128 + value : value; }
    bool operator==(const ExitStatus&) const = default;
};

[[nodiscard]] std::optional<Fd> open_pidfd(pid_t pid); // nullopt: no such process
// Its number here; nullopt when the descriptor is no pidfd, or the process is gone or not in our pid namespace.
[[nodiscard]] std::optional<pid_t> pid_of(FdRef pidfd);
void send_signal(FdRef pidfd, int signal);             // throws SystemError; ESRCH included
[[nodiscard]] int try_send_signal(FdRef pidfd, int signal) noexcept;
[[nodiscard]] bool wait_exited(FdRef pidfd, std::optional<std::chrono::milliseconds> timeout);
// Reaps our own child. Throws SystemError (ECHILD when it is not ours).
[[nodiscard]] ExitStatus reap(FdRef pidfd);
[[nodiscard]] std::optional<ExitStatus> try_reap(FdRef pidfd); // nullopt: still runs
// Exit status of any process through PIDFD_GET_INFO (Linux 6.15), nullopt when not known.
[[nodiscard]] std::optional<ExitStatus> exit_info(FdRef pidfd);

// Field 22 of /proc/PID/stat: start time in clock ticks since boot; nullopt when there is no such
// process. Zombies count as gone.
[[nodiscard]] std::optional<std::uint64_t> start_time(pid_t pid);
[[nodiscard]] std::string boot_id();

// A process that may be gone and whose number may be taken by another one.
struct ProcessId {
    pid_t pid = -1;
    std::uint64_t start_time = 0;
    std::string boot_id;
    bool operator==(const ProcessId&) const = default;
};
[[nodiscard]] bool is_alive(const ProcessId& id, const std::string& current_boot_id);
// Likewise, but a process that has begun to end, and runs no code of its own any more, counts as gone: its
// descriptors close, which others notice, some time before it is a zombie.
[[nodiscard]] bool is_working(const ProcessId& id, const std::string& current_boot_id);
// By SIGSTOP or its like; not by a debugger. False when it is gone.
[[nodiscard]] bool is_stopped(const ProcessId& id);
// Whether a process has executed a program since it was made; false also when there is no such process.
[[nodiscard]] bool has_executed(pid_t pid);
// How a process that is not our child and has just ended did so. As long as nobody has reaped it, what a parent
// would see, the signal that stands for reboot(2) in a pid namespace included; after that exit_info(), which does
// not know of that one. Waits for the reaping at most this long.
[[nodiscard]] std::optional<ExitStatus> exit_of_other(const ProcessId& id, FdRef pidfd, std::chrono::milliseconds patience);
// pidfd of exactly that process; nullopt when it is gone.
[[nodiscard]] std::optional<Fd> open_pidfd(const ProcessId& id);

} // namespace lxcpp::sys
