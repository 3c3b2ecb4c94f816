// SPDX-License-Identifier: Apache-2.0
#include "sys/spawn.h"

#include "sys/clone.h"
#include "sys/eintr.h"
#include "sys/file.h"
#include "sys/pipe.h"
#include "sys/spawn_child.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kOutputLimit = 64 * 1024;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

std::string program_of(const SpawnOptions& options) {
    if (options.argv.empty()) throw Error("run a program: no arguments were given");
    std::string program = options.program.empty() ? options.argv.front() : options.program;
    if (!program.starts_with('/')) {
        throw Error(fmt::format("run {}: its path must be absolute", program));
    }
    return program;
}

bool is_open(int fd) noexcept {
    return ::fcntl(fd, F_GETFD) >= 0;
}

// Which of our descriptors becomes which number in the child.
std::vector<FdMove> plan_fds(const SpawnOptions& options, FdRef null, const std::string& program) {
    const auto or_ours = [&](FdRef wanted, int ours) {
        if (wanted.valid()) return wanted.raw();
        return is_open(ours) ? ours : null.raw(); // a program must never find 1 or 2 closed
    };
    std::vector<FdMove> moves{
        {options.standard_input.valid() ? options.standard_input.raw() : null.raw(), STDIN_FILENO},
        {or_ours(options.standard_output, STDOUT_FILENO), STDOUT_FILENO},
        {or_ours(options.standard_error, STDERR_FILENO), STDERR_FILENO}};
    for (const auto& [fd, number] : options.extra_fds) {
        const bool taken =
            std::any_of(moves.begin(), moves.end(),
                        [number = number](const FdMove& m) { return m.to == number; });
        if (taken || number < 0 || !fd.valid()) {
            throw Error(fmt::format("run {}: descriptor {} cannot be passed", program, number));
        }
        moves.push_back({fd.raw(), number});
    }
    return moves;
}

std::string_view step_text(SpawnStep step) noexcept {
    switch (step) {
    case SpawnStep::ProcessGroup:
        return ": create a process group";
    case SpawnStep::UserNamespace:
        return ": enter the user namespace";
    case SpawnStep::MountNamespace:
        return ": enter the mount namespace";
    case SpawnStep::Ids:
        return ": become root of the user namespace";
    case SpawnStep::Rights:
        return ": keep its rights";
    case SpawnStep::ParentDeath:
        return ": tie it to its parent";
    case SpawnStep::WorkingDirectory:
        return ": change to its working directory";
    case SpawnStep::Descriptors:
        return ": pass descriptors";
    case SpawnStep::Exec:
        return "";
    }
    return "";
}

// All signals stay blocked while a child is made: none of our handlers may run in it.
class BlockAllSignals {
public:
    BlockAllSignals() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_SETMASK, &all, &old_);
    }
    BlockAllSignals(const BlockAllSignals&) = delete;
    BlockAllSignals& operator=(const BlockAllSignals&) = delete;
    ~BlockAllSignals() { ::sigprocmask(SIG_SETMASK, &old_, nullptr); }

private:
    sigset_t old_{};
};

// The pipe closes by itself in exec: nothing to read means that the program runs.
void check_started(FdRef report, const std::string& program) {
    SpawnFailure failure{};
    const ssize_t size =
        retry_eintr([&] { return ::read(report.raw(), &failure, sizeof failure); });
    if (size == 0) return;
    if (size != sizeof failure) throw SystemError("run " + program, size < 0 ? errno : EIO);
    throw SystemError(fmt::format("run {}{}", program, step_text(failure.step)), failure.error);
}

// Reads what is there; false at the end of the pipe.
bool collect(FdRef pipe, std::string& output) {
    char buffer[4096];
    for (;;) {
        const ssize_t size = retry_eintr([&] { return ::read(pipe.raw(), buffer, sizeof buffer); });
        if (size == 0) return false;
        if (size < 0 && errno == EAGAIN) return true;
        if (size < 0) throw SystemError("read the output of a program");
        const std::size_t room = kOutputLimit - output.size();
        output.append(buffer, std::min(room, static_cast<std::size_t>(size)));
    }
}

} // namespace

Child::~Child() {
    if (!pidfd_.valid()) return;
    kill();
    siginfo_t info{};
    static_cast<void>(retry_eintr(
        [&] { return ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.raw()), &info, WEXITED); }));
}

void Child::kill() noexcept {
    if (!pidfd_.valid()) return;
    // Not yet reaped, so nobody else can have this number.
    if (group_) ::kill(-pid_, SIGKILL);
    static_cast<void>(try_send_signal(pidfd_, SIGKILL));
}

ExitStatus Child::wait() {
    const ExitStatus status = reap(pidfd_);
    pidfd_.reset();
    return status;
}

std::optional<ExitStatus> Child::wait_for(milliseconds timeout) {
    if (!wait_exited(pidfd_, timeout)) return std::nullopt;
    return wait();
}

Child spawn(const SpawnOptions& options) {
    const std::string program = program_of(options);
    const Fd null = open_file("/dev/null", {.access = Access::ReadWrite});
    std::vector<FdMove> moves = plan_fds(options, null, program);
    const std::vector<char*> argv = pointers(options.argv);
    const std::vector<char*> env = options.env ? pointers(*options.env) : std::vector<char*>();
    auto [report_read, report_write] = make_pipe();

    SpawnPlan plan;
    plan.program = program.c_str();
    plan.argv = argv.data();
    plan.env = options.env ? env.data() : environ;
    plan.working_directory =
        options.working_directory.empty() ? nullptr : options.working_directory.c_str();
    plan.moves = moves;
    plan.user_namespace = options.user_namespace.raw();
    plan.mount_namespace = options.mount_namespace.raw();
    plan.process_group = options.process_group > 0 ? options.process_group : options.new_process_group ? 0 : -1;
    plan.die_with_parent = options.die_with_parent;
    plan.keep_rights = options.keep_rights;
    plan.parent = ::getpid();
    plan.report = report_write.raw();

    Cloned cloned;
    {
        const BlockAllSignals block;
        cloned = clone_process({});
        if (cloned.pid == 0) run_spawned(plan);
    }
    Child child(cloned.pid, std::move(cloned.pidfd), options.new_process_group);
    report_write.reset();
    check_started(report_read, program);
    return child;
}

RunResult run_and_capture(SpawnOptions options, milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    auto [read_end, write_end] = make_pipe();
    ::fcntl(read_end.raw(), F_SETFL, O_NONBLOCK);
    options.standard_output = write_end;
    options.standard_error = write_end;
    Child child = spawn(options);
    write_end.reset();

    RunResult result;
    bool open = true;
    for (;;) {
        pollfd watched[2] = {{child.pidfd().raw(), POLLIN, 0},
                             {open ? read_end.raw() : -1, POLLIN, 0}};
        const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
        if (left <= milliseconds(0)) {
            throw Error(fmt::format("run {}: it did not end within {} s and was killed",
                                    options.argv.front(),
                                    std::chrono::duration<double>(timeout).count()));
        }
        const int wait = static_cast<int>(std::min<milliseconds::rep>(left.count(), 1 << 30));
        if (::poll(watched, 2, wait) < 0 && errno != EINTR) throw SystemError("wait for a program");
        const bool exited = watched[0].revents != 0;
        if (open && (exited || watched[1].revents != 0)) open = collect(read_end, result.output);
        if (exited) break;
    }
    result.status = child.wait();
    return result;
}

} // namespace lxcpp::sys
