// SPDX-License-Identifier: Apache-2.0
// lxcpp-supervisor: the monitor of one running container. See handover.h for how it is started.
#include <lxcpp/error.h>

#include "monitor/supervisor.h"
#include "monitor/upgrade.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/program.h"
#include "sys/signal.h"
#include "sys/stream.h"

#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {
namespace {

constexpr const char* kOomScore = "/proc/self/oom_score_adj";
constexpr const char* kLastToDie = "-999";

std::vector<FdRef> declared_fds(const SupervisorState& state, const SupervisorArguments& arguments) {
    std::vector<int> numbers{arguments.runtime_dir, state.socket, state.pidfd,
                             state.console,         state.status, state.session};
    for (const auto& tty : state.ttys) numbers.push_back(tty.fd);
    numbers.insert(numbers.end(), arguments.subscribers.begin(), arguments.subscribers.end());
    numbers.insert(numbers.end(), arguments.sessions.begin(), arguments.sessions.end());
    numbers.insert(numbers.end(), arguments.held.begin(), arguments.held.end());
    numbers.push_back(arguments.console_log);
    numbers.push_back(arguments.ready);
    std::vector<FdRef> fds;
    for (const int number : numbers) {
        if (number >= 0) fds.emplace_back(number);
    }
    return fds;
}

// Afterwards our table is /dev/null three times and what was declared, all of it close-on-exec.
void keep_only(const std::vector<FdRef>& declared) {
    for (const FdRef fd : declared) {
        if (fd.raw() <= 2 || !sys::is_open(fd)) {
            throw Error("descriptor " + std::to_string(fd.raw()) +
                        " is declared but not open (or one of 0, 1, 2)");
        }
    }
    sys::close_all_except(declared);
    for (const FdRef fd : declared) sys::set_inheritable(fd, false);
    sys::null_standard_fds();
}

// Writes the exit status where the clean-up and everybody after it finds it, even if the clean-up
// is killed half-way.
void record_exit(Supervisor& supervisor, const std::filesystem::path& directory,
                 const CleanupArguments& arguments) {
    try {
        sys::write_file_atomic(directory / "exit", print_exit(arguments.exit) + "\n", 0600);
    } catch (const Error& error) {
        supervisor.log().error(error.what());
    }
}

// lxcpp-cleanup could not take over.
void end_alone(Supervisor& supervisor, const std::filesystem::path& directory, const Error& error) {
    supervisor.log().error(std::string("no clean-up: ") + error.what());
    sys::remove_file(directory / "socket");
    supervisor.announce_stopped();
}

// Returns when it did not come to that.
void upgrade(Supervisor& supervisor, SupervisorState state, const std::filesystem::path& directory,
             const std::optional<std::string>& oom_score) {
    SupervisorArguments arguments = supervisor.handover(state);
    const std::filesystem::path program = std::filesystem::path(state.cleanup).parent_path() / "lxcpp-supervisor";
    if (oom_score) (void)sys::try_write_existing(kOomScore, *oom_score); // the new one looks at what it was
    const UpgradeResult result = upgrade_in_place(program, directory, state, arguments);
    (void)sys::try_write_existing(kOomScore, kLastToDie);
    supervisor.log().error(result == UpgradeResult::Failed
                               ? "upgrade: " + program.string() + " cannot be run; the old monitor goes on"
                               : "upgrade: " + program.string() + " did not answer and was ended; the old monitor goes on");
    supervisor.upgrade_failed();
}

int supervise(const SupervisorState& state, const SupervisorArguments& arguments) {
    const std::filesystem::path directory = sys::fd_path(FdRef(arguments.runtime_dir));
    // The last thing to be killed for want of memory; what we exec and fork must not inherit that.
    const auto oom_score = sys::read_file_if_exists(kOomScore);
    (void)sys::try_write_existing(kOomScore, kLastToDie);
    sys::remove_file(directory / "exit");
    Supervisor supervisor(state, arguments);
    confirm_upgrade(arguments.ready);
    while (!supervisor.run()) upgrade(supervisor, state, directory, oom_score);
    const CleanupArguments next = supervisor.cleanup_arguments();
    record_exit(supervisor, directory, next);
    if (oom_score) (void)sys::try_write_existing(kOomScore, *oom_score);
    supervisor.release_signals();
    try {
        exec_cleanup(state.cleanup, next);
    } catch (const Error& error) {
        end_alone(supervisor, directory, error);
    }
    return 1;
}

int run(int argc, char** argv) {
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    const SupervisorArguments arguments = parse_supervisor_arguments(words);
    const std::filesystem::path directory = sys::fd_path(FdRef(arguments.runtime_dir));
    const SupervisorState state = parse_state_file(sys::read_file(directory / "state"));
    keep_only(declared_fds(state, arguments));
    try {
        sys::leave_terminal();
        sys::set_title(argc, argv, monitor_title(state));
        return supervise(state, arguments);
    } catch (const std::exception& error) { // standard error is /dev/null by now
        EventLog(state.log, state.name).error(error.what());
        return 1;
    }
}

} // namespace
} // namespace lxcpp

int main(int argc, char** argv) {
    lxcpp::sys::ignore_file_size_signal();
    try {
        return lxcpp::run(argc, argv);
    } catch (const std::exception& error) {
        const std::string line = std::string("lxcpp-supervisor: ") + error.what() + "\n";
        (void)lxcpp::sys::try_write(lxcpp::FdRef(2), line);
        return 1;
    }
}
