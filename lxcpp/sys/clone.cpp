// SPDX-License-Identifier: Apache-2.0
#include "sys/clone.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lxcpp::sys {

pid_t try_clone_process(const CloneOptions& options, int& pidfd) noexcept {
    if ((options.flags & CLONE_VM) != 0) return -EINVAL; // would need a stack of its own
    int fd = -1;
    clone_args args{};
    args.flags = options.flags | CLONE_PIDFD;
    args.pidfd = reinterpret_cast<std::uintptr_t>(&fd);
    args.exit_signal = static_cast<std::uint64_t>(options.exit_signal);
    if (options.into_cgroup.valid()) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = static_cast<std::uint64_t>(options.into_cgroup.raw());
    }
    const long pid = ::syscall(SYS_clone3, &args, sizeof args);
    if (pid < 0) return -errno;
    if (pid > 0) pidfd = fd;
    return static_cast<pid_t>(pid);
}

Cloned clone_process(const CloneOptions& options) {
    int pidfd = -1;
    const pid_t pid = try_clone_process(options, pidfd);
    if (pid < 0) throw SystemError("create a process", -pid);
    return {pid, Fd(pidfd)};
}

} // namespace lxcpp::sys
