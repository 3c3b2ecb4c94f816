// SPDX-License-Identifier: Apache-2.0
#include "sys/minder.h"

#include "base/error.h"
#include "base/strings.h"
#include "sys/clone.h"
#include "sys/epoll.h"
#include "sys/file.h"
#include "sys/limits.h"
#include "sys/mount.h"
#include "sys/namespace.h"
#include "sys/process_group.h"
#include "sys/raw.h"
#include "sys/reap.h"
#include "sys/signal.h"
#include "sys/socket.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartTime = 60s; // until the program runs
constexpr auto kEndTime = 30s;   // for what the kernel has killed

constexpr std::string_view kError = "error ";
constexpr std::string_view kBinfmt = "/proc/sys/fs/binfmt_misc";

// The one that is there shows processes of another namespace, /proc/self of this one does not exist in it.
void mount_own_proc() {
    std::optional<MountTree> formats;
    if (exists(std::string(kBinfmt) + "/status")) formats = MountTree::clone(kBinfmt);
    MountTree::create("proc", "proc", {}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC).attach("/proc");
    if (formats) formats->attach(kBinfmt);
}

// What the program needs, and nothing else that the caller has open: none of it may be held longer than by the caller.
void close_others(const SpawnOptions& options, FdRef caller, FdRef channel) {
    std::vector<int> keep{0, 1, 2, caller.raw(), channel.raw()};
    for (const FdRef fd : {options.standard_input, options.standard_output, options.standard_error,
                           options.mount_namespace, options.user_namespace}) {
        if (fd.valid()) keep.push_back(fd.raw());
    }
    for (const auto& [fd, number] : options.extra_fds) keep.push_back(fd.raw());
    std::ranges::sort(keep);
    keep.erase(std::unique(keep.begin(), keep.end()), keep.end());
    if (const int result = raw::close_all_but(keep); result < 0) throw SystemError("close descriptors", -result);
}

// Until the program or the caller ends. Whatever else ends here was left to us, as the init of the namespace.
std::optional<ExitStatus> mind(Child& program, FdRef caller, SignalFd& children) {
    Epoll epoll;
    epoll.add(program.pidfd(), EPOLLIN, 0);
    epoll.add(caller, EPOLLIN, 1);
    epoll.add(children.fd(), EPOLLIN, 2);
    for (;;) {
        std::array<Ready, 3> ready{};
        const std::size_t count = epoll.wait(ready, std::nullopt);
        for (std::size_t i = 0; i < count; ++i) {
            if (ready[i].tag == 0) return program.wait();
            if (ready[i].tag == 1) return std::nullopt;
            while (children.next()) {
            }
            reap_all_except(program.pid());
        }
    }
}

std::string prepare_and_mind(SpawnOptions& options, FdRef caller, FdRef channel) {
    // Also before it listens to the caller's end.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) throw SystemError("tie it to its caller");
    if (::setpgid(0, 0) != 0) throw SystemError("make a process group");
    close_others(options, caller, channel);
    SignalFd children{SIGCHLD};
    options.process_group = ::getpgrp();
    options.die_with_parent = true;
    ::umask(022);
    reset_soft_limits();
    if (options.mount_namespace.valid()) {
        enter_namespace(options.mount_namespace, CLONE_NEWNS);
        mount_own_proc();
        options.mount_namespace = {};
    }
    Child program = spawn(options);
    if (const int sent = try_send_packet(channel, "runs"); sent != 0) throw SystemError("report to the caller", -sent);
    const std::optional<ExitStatus> status = mind(program, caller, children);
    if (!status) return "";
    return std::string(status->signaled ? "signal " : "exit ") + std::to_string(status->value);
}

// Init of the new pid namespace: no signal from inside reaches it, and from outside only SIGKILL and SIGSTOP.
[[noreturn]] void run_minder(SpawnOptions& options, FdRef caller, FdRef channel) noexcept {
    std::string answer;
    try {
        answer = prepare_and_mind(options, caller, channel);
    } catch (const std::exception& error) {
        answer = std::string(kError) + error.what();
    }
    (void)try_send_packet(channel, answer);
    ::_exit(0);
}

std::optional<ExitStatus> parse_status(std::string_view text) {
    const auto words = split_words(text);
    if (words.size() != 2 || (words[0] != "exit" && words[0] != "signal")) return std::nullopt;
    const auto value = parse_u64(words[1]);
    if (!value) return std::nullopt;
    return ExitStatus{words[0] == "signal", static_cast<int>(*value)};
}

} // namespace

MindedProgram::MindedProgram(SpawnOptions options) {
    const std::optional<Fd> caller = open_pidfd(::getpid());
    if (!caller) throw SystemError("look at our own process", ESRCH);
    auto [ours, theirs] = socket_pair();
    Cloned child = clone_process({.flags = CLONE_NEWPID, .into_cgroup = {}});
    if (child.pid == 0) run_minder(options, *caller, theirs);
    minder_ = child.pid;
    pidfd_ = std::move(child.pidfd);
    channel_ = std::move(ours);
    theirs.reset();
    try {
        wait_until_it_runs();
    } catch (...) {
        kill_all();
        throw;
    }
}

void MindedProgram::wait_until_it_runs() {
    const std::string answer = receive(kStartTime);
    if (answer == "runs") return;
    if (answer.starts_with(kError)) throw Error(answer.substr(kError.size()));
    throw Error("run a program: what minds it was killed");
}

// Empty when the minder has died, or said nothing for so long.
std::string MindedProgram::receive(std::optional<std::chrono::milliseconds> patience) {
    const auto packet = receive_packet(channel_, 4096, patience);
    return packet ? packet->data : "";
}

ExitStatus MindedProgram::wait() {
    const std::string answer = receive(std::nullopt);
    // Its exit takes as long as that of all processes in the namespace.
    if (!wait_exited(pidfd_, kEndTime)) throw Error("a process that it has started does not end, although it was killed");
    if (const auto status = parse_status(answer)) return *status;
    if (answer.starts_with(kError)) throw Error(answer.substr(kError.size()));
    throw Error("what minds it was killed");
}

void MindedProgram::terminate(std::chrono::milliseconds patience) noexcept {
    (void)try_kill_group(minder_, SIGTERM);
    try {
        (void)wait_exited(pidfd_, patience);
    } catch (const Error&) { // then at once
    }
    kill_all();
}

void MindedProgram::kill_all() noexcept {
    if (!pidfd_.valid()) return;
    (void)try_send_signal(pidfd_, SIGKILL);
    try {
        if (wait_exited(pidfd_, kEndTime)) (void)reap(pidfd_);
    } catch (const Error&) { // nothing more can be done about it
    }
    pidfd_.reset();
}

MindedProgram::~MindedProgram() {
    kill_all();
}

} // namespace lxcpp::sys
