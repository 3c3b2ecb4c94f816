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
#include "container/start_input.h"
#include "monitor/handover.h"
#include "monitor/protocol.h"
#include "plan/planner.h"
#include "start/starter.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"
#include "sys/socket.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace lxcpp {
namespace {

// init's wait status tells what reboot(2) was asked for in its pid namespace: reboot(2), NOTES.
bool asks_for_reboot(const std::optional<sys::ExitStatus>& exit) {
    return exit && exit->signaled && exit->value == SIGHUP;
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
          subscribers_(adopt(arguments.subscribers)), sessions_(adopt(arguments.sessions)),
          state_(parse_runtime_state(sys::read_file(sys::fd_path(runtime_fd_) + "/state"))),
          impl_(state_.supervisor.name, state_.supervisor.lxcpath), config_(impl_.running_config()) {}

    void run() {
        log::configure({.program = "lxcpp-cleanup", .level = config_.log.level.value_or(LogLevel::Error),
                        .file = config_.log.file, .to_stderr = false});
        bool reboot = asks_for_reboot(exit_);
        run_hooks("stop", config_.hooks.stop, reboot);
        remove_groups();
        // A failing post-stop hook turns a reboot into a stop, as LXC does.
        reboot = run_hooks("post-stop", config_.hooks.post_stop, reboot) && reboot;
        if (reboot) restart();
        stop();
    }

private:
    bool run_hooks(const std::string& type, const std::vector<std::string>& commands, bool reboot) {
        StartRequest request;
        request.name = impl_.name;
        request.lxcpath = impl_.lxcpath.string();
        request.config_file = state_.config_file;
        request.target = reboot ? "reboot" : "stop";
        try {
            run_host_hooks(plan_hooks(request, config_, impl_.paths.rootfs_mount.string(), type, commands));
            return true;
        } catch (const Error& error) {
            log::error("{}", error.what());
            return false;
        }
    }

    void remove_groups() const {
        for (const CgroupLeftover& left : remove_cgroups(state_.payload_cgroups, std::chrono::seconds(10))) {
            log::error("cgroup {} stays: {}", left.path.string(), left.reason);
        }
        leave_cgroups(state_.other_cgroups); // we are the monitor's process still
        remove_empty_cgroups(state_.other_cgroups);
    }

    // Only returns when it failed.
    void restart() {
        try {
            StarterInput input = make_restart_input(impl_, state_);
            check_rootfs(input);
            const Fd config = sys::open_file(impl_.runtime() / "config",
                                             {.access = sys::Access::Write, .truncate = true});
            sys::write_all(config, effective_text(input.config), "the running configuration");
            StarterFds fds{duplicate(runtime_fd_), duplicate(socket_), {}, {}, duplicates(subscribers_), duplicates(sessions_)};
            const ContainerKey key = impl_.key();
            const Paths paths = impl_.paths;
            become_monitor(std::move(input), std::move(fds),
                           [&](const StartReport& report) { record_start(paths, key, report, "reboot"); });
        } catch (const std::exception& error) {
            log::error("reboot: {}", error.what());
        }
    }

    // The names first, then the word: who hears it may start the container again at once.
    void stop() {
        record_stop(impl_.paths, impl_.key(), exit_, "stop");
        remove_runtime();
        if (config_.ephemeral && impl_.defined()) destroy_ephemeral();
        const std::string event = protocol::encode(
            0, protocol::Event{impl_.name, State::Stopped, state_.supervisor.init.pid, exit_});
        for (const Fd& subscriber : subscribers_) (void)sys::try_send_packet(subscriber, event);
        answer_waiting(event);
    }

    void remove_runtime() const {
        try {
            const ContainerLock lock = impl_.lock();
            sys::RootedDir::open(impl_.runtime().parent_path()).remove_tree(impl_.name);
        } catch (const Error& error) {
            log::error("{}", error.what());
        }
    }

    void destroy_ephemeral() const {
        try {
            remove_container_directory(impl_.lxcpath, impl_.name);
            forget_container(impl_.paths, impl_.key());
        } catch (const Error& error) {
            log::error("destroy the ephemeral container: {}", error.what());
        }
    }

    // Clients whose connection nobody accepted any more get the end instead of silence.
    void answer_waiting(const std::string& event) const {
        (void)::fcntl(socket_.raw(), F_SETFL, O_NONBLOCK);
        while (const auto client = sys::accept_from(socket_)) (void)sys::try_send_packet(*client, event);
    }

    static Fd duplicate(const Fd& fd) { return Fd(::fcntl(fd.raw(), F_DUPFD_CLOEXEC, 3)); }
    static std::vector<Fd> duplicates(const std::vector<Fd>& fds) {
        std::vector<Fd> copies;
        for (const Fd& fd : fds) copies.push_back(duplicate(fd));
        return copies;
    }

    std::optional<sys::ExitStatus> exit_;
    Fd runtime_fd_;
    Fd socket_;
    std::vector<Fd> subscribers_;
    std::vector<Fd> sessions_;
    RuntimeState state_;
    Container::Impl impl_;
    Config config_;
};

} // namespace
} // namespace lxcpp

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> words(argv + 1, argv + argc);
        lxcpp::Cleanup(lxcpp::parse_cleanup_arguments(words)).run();
        return 0;
    } catch (const std::exception& error) {
        lxcpp::log::error("lxcpp-cleanup: {}", error.what());
        return 1;
    }
}
