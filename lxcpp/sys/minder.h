// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/pidfd.h"
#include "sys/spawn.h"

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>

namespace lxcpp::sys {

// A program and whatever it starts, none of which outlives it, or us, however we end and whatever it does: it runs in
// a pid namespace whose init, the minder, waits for it and for our end and then exits; the kernel kills the rest. It
// leads a process group, sees a /proc of its own, and has umask 022 and the resource limits of reset_soft_limits().
class MindedProgram {
public:
    // Root and single-threaded callers only. options: mount_namespace, a copy of the caller's, gets the /proc;
    // process_group and die_with_parent are ours. Throws Error as spawn() does.
    explicit MindedProgram(SpawnOptions options);
    MindedProgram(const MindedProgram&) = delete;
    MindedProgram& operator=(const MindedProgram&) = delete;
    ~MindedProgram(); // kills all of it, and waits some seconds for that

    [[nodiscard]] FdRef ended() const noexcept { return channel_; } // readable when wait() does not block
    // How the program ended. Throws Error when the minder was killed, or something of it does not end in time.
    [[nodiscard]] ExitStatus wait();
    // SIGTERM to the program's group; then what is left of it is killed, after patience at the latest.
    void terminate(std::chrono::milliseconds patience) noexcept;

private:
    void wait_until_it_runs();
    [[nodiscard]] std::string receive(std::optional<std::chrono::milliseconds> patience);
    void kill_all() noexcept;

    pid_t minder_ = -1;
    Fd pidfd_;
    Fd channel_;
};

} // namespace lxcpp::sys
