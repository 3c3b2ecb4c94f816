// SPDX-License-Identifier: Apache-2.0
// lxcpp-cleanup: what the monitor becomes when init is gone. Runs the last hooks, removes the groups,
// notes the end, and starts the container again after a reboot or tells everybody that it has stopped.
#include "base/error.h"
#include "base/log.h"
#include "cgroup/enter.h"
#include "cgroup/remove.h"
#include "container/destroy.h"
#include "container/impl.h"
#include "container/record.h"
#include "container/recover.h"
#include "container/restart_policy.h"
#include "container/start_input.h"
#include "monitor/handover.h"
#include "monitor/protocol.h"
#include "plan/planner.h"
#include "start/network.h"
#include "start/owner.h"
#include "start/run_note.h"
#include "start/shared_mounts.h"
#include "start/starter.h"
#include "sys/epoll.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/namespace.h"
#include "sys/own_namespace.h"
#include "sys/signal.h"
#include "sys/socket.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp {
namespace {

// init's wait status tells what reboot(2) was asked for in its pid namespace: reboot(2), NOTES. Where we were not
// its parent that may be lost; what is seen then is how the kernel ended it, and lxcpp-stop -r notes what it wants.
bool asks_for_reboot(const std::optional<sys::ExitStatus>& exit, const std::filesystem::path& runtime, bool application) {
    if (application) return sys::exists(runtime / kRebootWish); // however its program ended
    if (exit && exit->signaled && exit->value == SIGHUP) return true;
    const bool cannot_tell = !exit || *exit == sys::ExitStatus{} || *exit == sys::ExitStatus{true, SIGKILL};
    return cannot_tell && sys::exists(runtime / kRebootWish);
}

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

std::int64_t now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Fd adopt(int number) {
    if (number >= 0) (void)::fcntl(number, F_SETFD, FD_CLOEXEC);
    return Fd(number);
}

std::vector<Fd> adopt(const std::vector<int>& numbers) {
    std::vector<Fd> fds;
    for (const int number : numbers) fds.push_back(adopt(number));
    return fds;
}

class Cleanup {
public:
    explicit Cleanup(const CleanupArguments& arguments)
        : exit_(arguments.exit), runtime_fd_(adopt(arguments.runtime_dir)), socket_(adopt(arguments.socket)),
          subscribers_(adopt(arguments.subscribers)), sessions_(adopt(arguments.sessions)), held_(adopt(arguments.held)),
          state_(parse_runtime_state(sys::read_file(sys::fd_path(runtime_fd_) + "/state"))),
          impl_(state_.supervisor.name, state_.supervisor.lxcpath), config_(impl_.running_config()) {}

    void run() {
        log::configure({.program = "lxcpp-cleanup", .level = config_.log.level.value_or(LogLevel::Error),
                        .file = config_.log.file, .to_stderr = false});
        become_owner();
        const bool reboot = asks_for_reboot(exit_, impl_.runtime(), runs_application(state_, config_));
        const std::optional<NextRun> next = reboot ? std::nullopt : by_policy();
        const bool again = reboot || next;
        const std::vector<Fd> rules = release_network(impl_.runtime(), {request(again), config_, impl_.paths, state_.supervisor.init.pid});
        run_hooks("stop", config_.hooks.stop, again);
        if (again) keep_network();
        held_.clear();
        remove_groups();
        // A failing post-stop hook turns a reboot into a stop, as LXC does.
        const bool fine = run_hooks("post-stop", config_.hooks.post_stop, again);
        if (fine && reboot) restart("reboot", {});
        if (fine && next && wait_for(*next)) restart("restart", *next);
        stop();
    }

private:
    // The monitor's process owns the container already; when the monitor died, somebody else runs us.
    void become_owner() const {
        const std::optional<RuntimeOwner> owner = load_owner(impl_.runtime());
        if (owner && owner->process.pid == ::getpid() && is_owned(impl_.runtime())) return;
        try {
            save_owner(impl_.runtime(), OwnerKind::Starter);
        } catch (const Error& error) { // on a full disk it still has to stop
            log::error("{}", error.what());
        }
        renew_run_note(impl_.directory(), impl_.runtime(), state_.supervisor.init);
    }

    [[nodiscard]] StartRequest request(bool reboot) const {
        StartRequest request;
        request.name = impl_.name;
        request.lxcpath = impl_.lxcpath.string();
        request.config_file = state_.config_file;
        request.target = reboot ? "reboot" : "stop";
        return request;
    }

    bool run_hooks(const std::string& type, const std::vector<std::string>& commands, bool reboot) {
        try {
            std::vector<RunProgram> hooks =
                plan_hooks(request(reboot), config_, impl_.paths.rootfs_mount.string(), type, commands);
            std::vector<std::pair<FdRef, int>> fds;
            for (RunProgram& hook : hooks) fds = add_namespaces(hook);
            run_host_hooks(hooks, {}, fds);
            return true;
        } catch (const Error& error) {
            log::error("{}", error.what());
            return false;
        }
    }

    // What is left of init's namespaces, as LXC passes it: "mnt:/proc/PID/fd/N" behind the other arguments and
    // LXC_MNT_NS=/proc/PID/fd/N. The link in /proc names the kind: "mnt:[4026532211]". A user's hook has fewer rights
    // than we have in the user's namespace, and may not look into our /proc/PID/fd: it inherits them, as /proc/self/fd/N.
    [[nodiscard]] std::vector<std::pair<FdRef, int>> add_namespaces(RunProgram& hook) const {
        std::vector<std::pair<FdRef, int>> inherited;
        const bool of_user = sys::in_own_namespace();
        for (const Fd& fd : held_) {
            const std::string link = sys::read_link(sys::fd_path(fd)).value_or("");
            const std::string kind = link.substr(0, link.find(':'));
            const int number = of_user ? 3 + static_cast<int>(inherited.size()) : fd.raw();
            if (of_user) inherited.emplace_back(fd, number);
            const std::string path = "/proc/" + (of_user ? "self" : std::to_string(::getpid())) + "/fd/" + std::to_string(number);
            hook.argv.push_back(kind + ':' + path);
            if (config_.hooks.version == 1) hook.env.push_back("LXC_" + upper(kind) + "_NS=" + path);
        }
        return inherited;
    }

    // The interfaces of a user's container, which it could not ask for again.
    void keep_network() {
        if (!sys::in_own_namespace()) return;
        const auto network = std::ranges::find_if(held_, [](const Fd& fd) { return sys::is_namespace(fd, CLONE_NEWNET); });
        if (network != held_.end()) network_ = std::move(*network);
    }

    void remove_groups() const {
        for (const CgroupLeftover& left : remove_cgroups(state_.payload_cgroups, std::chrono::seconds(10))) {
            log::error("cgroup {} stays: {}", left.path.string(), left.reason);
        }
        leave_cgroups(state_.other_cgroups); // we are the monitor's process still
        remove_empty_cgroups(state_.other_cgroups);
    }

    [[nodiscard]] std::optional<NextRun> by_policy() const {
        if (state_.kind == StartKind::Execute || sys::exists(impl_.runtime() / kStopWish)) return std::nullopt;
        const std::uint64_t now = monotonic_ms();
        const std::chrono::milliseconds ran(now - std::min(now, state_.started));
        return next_run(config_.restart, {exit_, ran, state_.restarts, std::chrono::seconds(state_.restart_delay)});
    }

    // False when somebody stops the container meanwhile: for everybody it is one that starts, and is ended as such.
    bool wait_for(const NextRun& next) {
        try {
            record_stop(impl_.paths, impl_.key(), {state_.supervisor.init, exit_, now_ms()});
            recorded_ = true;
            if (next.delay.count() == 0) return true;
            sys::SignalFd stop{SIGTERM};
            sys::write_file_atomic(impl_.runtime() / kRestartWait, "", 0600);
            sys::remove_file(impl_.runtime() / "state");
            tell(protocol::Event{impl_.name, State::Starting, state_.supervisor.init.pid, exit_});
            if (sys::wait_readable(stop.fd(), next.delay) && stop.next()) return false;
            sys::remove_file(impl_.runtime() / kRestartWait);
            return true;
        } catch (const Error& error) {
            log::error("restart: {}", error.what());
            return false;
        }
    }

    // Only returns when it failed.
    void restart(const std::string& event, const NextRun& next) {
        try {
            state_.restarts = next.restarts;
            state_.restart_delay = static_cast<unsigned>(next.delay.count());
            StarterInput input = make_restart_input(impl_, state_);
            check_rootfs(input);
            const Fd config = sys::open_file(impl_.runtime() / "config",
                                             {.access = sys::Access::Write, .truncate = true});
            sys::write_all(config, effective_text(input.config), "the running configuration");
            // From here on it is a start like any other, which can be seen and ended as one.
            sys::remove_file(impl_.runtime() / "state");
            sys::remove_file(impl_.runtime() / kRebootWish);
            sys::remove_file(impl_.runtime() / kStopWish);
            StarterFds fds{sys::duplicate(runtime_fd_), sys::duplicate(socket_), {}, {}, {}, std::move(network_), duplicates(subscribers_), viewers(), {}};
            const ContainerKey key = impl_.key();
            const Paths paths = impl_.paths;
            become_monitor(std::move(input), std::move(fds),
                           [&](const StartReport& report) { record_start(paths, key, report, event); });
        } catch (const std::exception& error) {
            log::error("{}: {}", event, error.what());
        }
    }

    // The names first, then the word: who hears it may start the container again at once. The inventory comes last,
    // since nobody waits for it; where the container goes too, it has to forget it after that note.
    void stop() {
        const Stop end{state_.supervisor.init, exit_, now_ms()};
        const bool destroy = config_.ephemeral && impl_.defined();
        release_share();
        if (destroy) {
            if (!recorded_) record_stop(impl_.paths, impl_.key(), end);
            destroy_ephemeral();
        }
        remove_run_note(impl_.directory(), impl_.runtime());
        remove_runtime();
        tell_stopped();
        if (!destroy && !recorded_) record_stop(impl_.paths, impl_.key(), end);
    }

    std::string tell(const protocol::Event& what) const {
        std::string event = protocol::encode(0, what);
        for (const Fd& subscriber : subscribers_) (void)sys::try_send_packet(subscriber, event);
        return event;
    }

    void tell_stopped() {
        const std::string event = tell({impl_.name, State::Stopped, state_.supervisor.init.pid, exit_});
        answer_waiting(event);
        subscribers_.clear();
        socket_.reset();
    }

    void release_share() const {
        try {
            release_host_directory(impl_.paths, impl_.runtime());
        } catch (const Error& error) {
            log::error("{}", error.what());
        }
    }

    void remove_runtime() const {
        try {
            const ContainerLock lock = impl_.lock();
            remove_runtime_dir(impl_.runtime());
        } catch (const Error& error) {
            log::error("{}", error.what());
        }
    }

    void destroy_ephemeral() const {
        try {
            remove_container(impl_);
        } catch (const Error& error) {
            log::error("destroy the ephemeral container: {}", error.what());
        }
    }

    // Clients whose connection nobody accepted any more get the end instead of silence.
    void answer_waiting(const std::string& event) const {
        (void)::fcntl(socket_.raw(), F_SETFL, O_NONBLOCK);
        while (const auto client = sys::accept_from(socket_)) (void)sys::try_send_packet(*client, event);
    }

    // Not the device of lxc.console.path, which the new start opens for itself.
    std::vector<Fd> viewers() const {
        std::vector<Fd> sockets;
        for (const Fd& session : sessions_) {
            if (S_ISSOCK(sys::stat_fd(session).st_mode)) sockets.push_back(sys::duplicate(session));
        }
        return sockets;
    }

    static std::vector<Fd> duplicates(const std::vector<Fd>& fds) {
        std::vector<Fd> copies;
        for (const Fd& fd : fds) copies.push_back(sys::duplicate(fd));
        return copies;
    }

    std::optional<sys::ExitStatus> exit_;
    Fd runtime_fd_;
    Fd socket_;
    std::vector<Fd> subscribers_;
    std::vector<Fd> sessions_;
    std::vector<Fd> held_;
    Fd network_;
    RuntimeState state_;
    Container::Impl impl_;
    Config config_;
    bool recorded_ = false; // the end of this run is in the inventory
};

} // namespace
} // namespace lxcpp

int main(int argc, char** argv) {
    try {
        lxcpp::sys::ignore_file_size_signal();
        if (lxcpp::sys::in_own_namespace()) lxcpp::sys::keep_rights_to_ourselves(); // not for hooks
        const std::vector<std::string> words(argv + 1, argv + argc);
        lxcpp::Cleanup(lxcpp::parse_cleanup_arguments(words)).run();
        return 0;
    } catch (const std::exception& error) {
        lxcpp::log::error("lxcpp-cleanup: {}", error.what());
        return 1;
    }
}
