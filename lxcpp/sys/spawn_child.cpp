// SPDX-License-Identifier: Apache-2.0
#include "sys/spawn_child.h"

#include "sys/raw.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

// The kernel's sigaction: the C library's refuses its two internal signals.
struct KernelSigaction {
    std::uintptr_t handler, flags, restorer;
    std::uint64_t mask;
};
constexpr std::size_t kMaskSize = sizeof(std::uint64_t);

void reset_signals() noexcept {
    const KernelSigaction standard{};
    for (int signal = 1; signal <= 64; ++signal) {
        ::syscall(SYS_rt_sigaction, signal, &standard, nullptr, kMaskSize);
    }
}

void unblock_signals() noexcept {
    const std::uint64_t none = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, kMaskSize);
}

int result_of(long value) noexcept {
    return value < 0 ? -errno : 0;
}

int enter(int fd, int flag) noexcept {
    return fd < 0 ? 0 : result_of(::setns(fd, flag));
}

// Raw calls: the C library's versions talk to other threads.
int become_root() noexcept {
    // A namespace with "deny" in setgroups keeps the caller's own groups, there is no way to drop
    // them.
    if (::syscall(SYS_setgroups, 0, nullptr) != 0 && errno != EPERM) return -errno;
    if (::syscall(SYS_setresgid, 0, 0, 0) != 0) return -errno;
    return result_of(::syscall(SYS_setresuid, 0, 0, 0));
}

// After the ids changed: that clears the setting. The parent may already be gone.
int tie_to(pid_t parent) noexcept {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return -errno;
    return ::getppid() == parent ? 0 : -ESRCH;
}

// First everything out of the way of the final numbers, then into place without close-on-exec;
// whatever else is open closes in exec.
int place_fds(std::span<FdMove> moves, int& report) noexcept {
    int highest = 2;
    for (const FdMove& move : moves) highest = std::max(highest, move.to);
    report = ::fcntl(report, F_DUPFD_CLOEXEC, highest + 1);
    if (report < 0) return -errno;
    for (FdMove& move : moves) {
        move.from = ::fcntl(move.from, F_DUPFD_CLOEXEC, highest + 1);
        if (move.from < 0) return -errno;
    }
    if (::syscall(SYS_close_range, 0u, ~0u, CLOSE_RANGE_CLOEXEC) != 0) return -errno;
    for (const FdMove& move : moves) {
        if (::dup2(move.from, move.to) < 0) return -errno;
    }
    return 0;
}

[[noreturn]] void give_up(int report, SpawnStep step, int result) noexcept {
    const SpawnFailure failure{step, -result};
    while (::write(report, &failure, sizeof failure) < 0 && errno == EINTR) {
    }
    ::_exit(127);
}

} // namespace

void run_spawned(const SpawnPlan& plan) noexcept {
    int report = plan.report;
    const auto require = [&report](SpawnStep step, int result) noexcept {
        if (result != 0) give_up(report, step, result);
    };
    reset_signals();
    if (plan.process_group >= 0) require(SpawnStep::ProcessGroup, result_of(::setpgid(0, plan.process_group)));
    // The mount namespace may belong to an outer user namespace, whose rights are gone afterwards.
    require(SpawnStep::MountNamespace, enter(plan.mount_namespace, CLONE_NEWNS));
    require(SpawnStep::UserNamespace, enter(plan.user_namespace, CLONE_NEWUSER));
    if (plan.user_namespace >= 0) require(SpawnStep::Ids, become_root());
    if (plan.keep_rights) require(SpawnStep::Rights, raw::inherit_capabilities());
    if (plan.die_with_parent) require(SpawnStep::ParentDeath, tie_to(plan.parent));
    if (plan.working_directory != nullptr) {
        require(SpawnStep::WorkingDirectory, result_of(::chdir(plan.working_directory)));
    }
    const int original = report;
    const int placed = place_fds(plan.moves, report);
    if (report < 0) report = original;
    require(SpawnStep::Descriptors, placed);
    unblock_signals();
    ::execve(plan.program, plan.argv, plan.env);
    give_up(report, SpawnStep::Exec, -errno);
}

} // namespace lxcpp::sys
