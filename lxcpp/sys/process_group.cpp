// SPDX-License-Identifier: Apache-2.0
#include "sys/process_group.h"

#include "base/strings.h"
#include "sys/clone.h"
#include "sys/eintr.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/raw.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <csignal>
#include <limits>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

std::optional<std::uint64_t> session_of(pid_t pid) {
    try {
        const auto text = read_file_if_exists("/proc/" + std::to_string(pid) + "/stat");
        if (!text) return std::nullopt;
        // The name before it stands in parentheses and may hold anything: state, ppid, pgrp, session.
        const std::size_t name_end = text->rfind(')');
        if (name_end == std::string::npos) return std::nullopt;
        const auto fields = split_words(std::string_view(*text).substr(name_end + 1));
        return fields.size() > 3 ? parse_u64(fields[3]) : std::nullopt;
    } catch (const SystemError& error) {
        if (error.code() != ESRCH) throw;
        return std::nullopt; // it went between open and read
    }
}

// Signals to the group are for the others; only SIGKILL, and the end of the caller, ends it.
[[noreturn]] void lead(FdRef caller) noexcept {
    const int keep[] = {caller.raw()};
    (void)raw::block_signals();
    (void)raw::close_all_but(keep);
    for (int standard = 0; standard <= 2; ++standard) ::close(standard); // a pipe of the caller's must end with it
    pollfd end{caller.raw(), POLLIN, 0};
    while (::poll(&end, 1, -1) < 0 && errno == EINTR) {
    }
    ::kill(0, SIGKILL);
    ::_exit(0);
}

} // namespace

GuardedGroup::GuardedGroup() {
    const std::optional<Fd> caller = open_pidfd(::getpid());
    if (!caller) throw SystemError("look at our own process", ESRCH);
    Cloned child = clone_process({});
    if (child.pid == 0) {
        ::setpgid(0, 0);
        lead(*caller);
    }
    leader_ = child.pid;
    pidfd_ = std::move(child.pidfd);
    // Whoever is first: nobody may be told of a group that is not there yet.
    if (::setpgid(leader_, leader_) != 0) throw SystemError("make a process group");
}

GuardedGroup::~GuardedGroup() {
    (void)try_kill_group(leader_, SIGKILL);
    siginfo_t info{};
    (void)retry_eintr([&] { return ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.raw()), &info, WEXITED); });
}

int try_kill_group(pid_t leader, int signal) noexcept {
    if (leader <= 1) return -EINVAL; // 0 and -1 mean something much larger
    return ::kill(-leader, signal) < 0 ? -errno : 0;
}

void kill_session(pid_t session, int signal) {
    if (session <= 1) return;
    for (const std::string& name : list_dir("/proc")) {
        const auto number = parse_u64(name);
        if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max())) continue;
        const auto pid = static_cast<pid_t>(*number);
        const std::optional<Fd> process = open_pidfd(pid);
        // Looked at while the descriptor pins the process: what is asked is what is killed.
        if (process && session_of(pid) == static_cast<std::uint64_t>(session)) (void)try_send_signal(*process, signal);
    }
}

} // namespace lxcpp::sys
