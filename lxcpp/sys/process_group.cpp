// SPDX-License-Identifier: Apache-2.0
#include "sys/process_group.h"

#include "base/strings.h"
#include "sys/file.h"
#include "sys/pidfd.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <csignal>
#include <limits>

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

} // namespace

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
