// SPDX-License-Identifier: Apache-2.0
#include "sys/pidfd.h"

#include "base/strings.h"
#include "sys/eintr.h"
#include "sys/epoll.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

// glibc 2.36 forgets to give these C linkage.
extern "C" {
#include <sys/pidfd.h>
}

namespace lxcpp::sys {
namespace {

// PIDFD_GET_INFO of Linux 6.15's <linux/pidfd.h>, which is newer than the headers we build with.
struct PidfdInfo {
    std::uint64_t mask;
    std::uint64_t cgroup_id;
    std::uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
    std::int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr unsigned long kPidfdGetInfo = _IOWR(0xFF, 11, PidfdInfo);
constexpr std::uint64_t kPidfdInfoExit = 1u << 3;

ExitStatus from_wait_status(int status) noexcept {
    if (WIFSIGNALED(status)) return {true, WTERMSIG(status)};
    return {false, WEXITSTATUS(status)};
}

ExitStatus from_siginfo(const siginfo_t& info) noexcept {
    return {info.si_code != CLD_EXITED, info.si_status};
}

constexpr std::uint64_t kExiting = 0x4;      // PF_EXITING
constexpr std::uint64_t kForkedNoExec = 0x40; // PF_FORKNOEXEC

struct Stat { // of proc(5), /proc/PID/stat
    char state = 0;
    std::uint64_t flags = 0; // PF_… of the kernel's <linux/sched.h>
    std::uint64_t start_time = 0;
    int wait_status = 0; // once it is a zombie
};

std::optional<Stat> read_stat(pid_t pid) {
    const std::optional<std::string> text = read_file_if_exists(fmt::format("/proc/{}/stat", pid));
    if (!text) return std::nullopt;
    // The second field is the program's name in parentheses and may hold anything.
    const std::size_t name_end = text->rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    const auto fields = split_words(trim(std::string_view(*text).substr(name_end + 1)));
    constexpr std::size_t kState = 0;      // field 3
    constexpr std::size_t kFlags = 6;      // field 9
    constexpr std::size_t kStartTime = 19; // field 22
    constexpr std::size_t kExitCode = 49;  // field 52
    if (fields.size() <= kExitCode) return std::nullopt;
    const auto start = parse_u64(fields[kStartTime]);
    if (!start) return std::nullopt;
    const auto exit = parse_u64(fields[kExitCode]);
    return Stat{fields[kState].front(), parse_u64(fields[kFlags]).value_or(0), *start,
                static_cast<int>(exit.value_or(0))};
}

// Until its parent has taken the exit status, from when on exit_info() knows it. False on time-out.
bool wait_reaped(FdRef pidfd, std::chrono::milliseconds timeout) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        // No event is asked for: an exited process is readable from the start, a reaped one hangs up.
        pollfd item{pidfd.raw(), 0, 0};
        const int count = ::poll(&item, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if (count > 0) return true;
        if (count == 0) return false;
        if (errno != EINTR) throw SystemError("wait until a process is reaped");
    }
}

} // namespace

std::optional<Fd> open_pidfd(pid_t pid) {
    Fd fd(::pidfd_open(pid, 0));
    if (fd.valid()) return fd;
    if (errno == ESRCH) return std::nullopt;
    throw SystemError(fmt::format("open process {}", pid));
}

std::optional<pid_t> pid_of(FdRef pidfd) {
    const auto text = read_file_if_exists(fmt::format("/proc/self/fdinfo/{}", pidfd.raw()));
    if (!text) return std::nullopt;
    for (const std::string_view line : split_lines(*text)) {
        if (!line.starts_with("Pid:")) continue;
        const auto pid = parse_u64(trim(line.substr(4))); // -1: it is gone
        if (pid && *pid > 0) return static_cast<pid_t>(*pid);
    }
    return std::nullopt;
}

int try_send_signal(FdRef pidfd, int signal) noexcept {
    return ::pidfd_send_signal(pidfd.raw(), signal, nullptr, 0) == 0 ? 0 : -errno;
}

void send_signal(FdRef pidfd, int signal) {
    if (const int result = try_send_signal(pidfd, signal); result != 0) {
        throw SystemError(fmt::format("send signal {}", signal), -result);
    }
}

bool wait_exited(FdRef pidfd, std::optional<std::chrono::milliseconds> timeout) {
    return wait_readable(pidfd, timeout);
}

ExitStatus reap(FdRef pidfd) {
    siginfo_t info{};
    const auto id = static_cast<id_t>(pidfd.raw());
    if (retry_eintr([&] { return ::waitid(P_PIDFD, id, &info, WEXITED); }) != 0) {
        throw SystemError("wait for a child");
    }
    return from_siginfo(info);
}

std::optional<ExitStatus> try_reap(FdRef pidfd) {
    siginfo_t info{};
    const auto id = static_cast<id_t>(pidfd.raw());
    if (retry_eintr([&] { return ::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG); }) != 0) {
        throw SystemError("wait for a child");
    }
    if (info.si_pid == 0) return std::nullopt;
    return from_siginfo(info);
}

std::optional<ExitStatus> exit_info(FdRef pidfd) {
    PidfdInfo info{};
    info.mask = kPidfdInfoExit;
    if (::ioctl(pidfd.raw(), kPidfdGetInfo, &info) != 0) return std::nullopt;
    if ((info.mask & kPidfdInfoExit) == 0) return std::nullopt;
    return from_wait_status(info.exit_code);
}

std::optional<std::uint64_t> start_time(pid_t pid) {
    const std::optional<Stat> stat = read_stat(pid);
    if (!stat || stat->state == 'Z' || stat->state == 'X') return std::nullopt;
    return stat->start_time;
}

std::optional<ExitStatus> exit_of_other(const ProcessId& id, FdRef pidfd, std::chrono::milliseconds patience) {
    const std::optional<Stat> stat = read_stat(id.pid);
    if (stat && stat->state == 'Z' && stat->start_time == id.start_time) return from_wait_status(stat->wait_status);
    (void)wait_reaped(pidfd, patience);
    return exit_info(pidfd);
}

std::string boot_id() {
    static const std::string id(trim(read_file("/proc/sys/kernel/random/boot_id"))); // the same as long as we live
    return id;
}

bool is_alive(const ProcessId& id, const std::string& current_boot_id) {
    return id.pid > 0 && id.boot_id == current_boot_id && start_time(id.pid) == id.start_time;
}

bool is_working(const ProcessId& id, const std::string& current_boot_id) {
    if (id.pid <= 0 || id.boot_id != current_boot_id) return false;
    const std::optional<Stat> stat = read_stat(id.pid);
    return stat && stat->start_time == id.start_time && stat->state != 'Z' && stat->state != 'X' &&
           (stat->flags & kExiting) == 0;
}

bool is_stopped(const ProcessId& id) {
    const std::optional<Stat> stat = read_stat(id.pid);
    return stat && stat->start_time == id.start_time && stat->state == 'T';
}

bool has_executed(pid_t pid) {
    const std::optional<Stat> stat = read_stat(pid);
    return stat && (stat->flags & kForkedNoExec) == 0;
}

std::optional<Fd> open_pidfd(const ProcessId& id) {
    if (id.pid <= 0) return std::nullopt;
    std::optional<Fd> pidfd = open_pidfd(id.pid);
    // Looked at after the descriptor pins the process: what is compared is what is returned.
    if (!pidfd || !is_alive(id, boot_id())) return std::nullopt;
    return pidfd;
}

} // namespace lxcpp::sys
