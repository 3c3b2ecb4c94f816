// SPDX-License-Identifier: Apache-2.0
#include "container/adopt.h"
#include "container/impl.h"

#include "base/error.h"
#include "container/halt_signal.h"
#include "container/recover.h"
#include "base/log.h"
#include "base/scope_exit.h"
#include "cgroup/freezer.h"
#include "cgroup/remove.h"
#include "sys/file.h"
#include "sys/epoll.h"

#include <cerrno>
#include <csignal>

namespace lxcpp {
namespace {

using Clock = std::chrono::steady_clock;
using Deadline = std::optional<Clock::time_point>;

constexpr int kMostRestarts = 10;

std::optional<std::chrono::milliseconds> left(const Deadline& deadline) {
    if (!deadline) return std::nullopt;
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Clock::now());
    return std::max(rest, std::chrono::milliseconds(0));
}

// Waits for an event of the monitor that accept() takes; false at the deadline. StateError NotRunning when
// the monitor goes away without it.
template <typename Accept>
bool wait_event(MonitorClient& monitor, const Deadline& deadline, Accept accept) {
    for (;;) {
        const auto event = monitor.next_event(left(deadline));
        if (event && accept(*event)) return true;
        if (!event && deadline && Clock::now() >= *deadline) return false;
    }
}

// A frozen process receives signals only when it thaws.
void thaw_if_frozen(const Running& running) {
    if (freezer_state(running.state.payload_cgroups) != FreezerState::Thawed) {
        thaw(running.state.payload_cgroups, std::chrono::seconds(10));
    }
}

void remove_quietly(const std::filesystem::path& file) noexcept {
    try {
        sys::remove_file(file);
    } catch (const Error& error) { // the container stopped and took its runtime directory along, or it cannot be
        log::info("{}", error.what());
    }
}

// Restarted: another command's reboot was under way, or init took the signal as a wish for one.
enum class Outcome { Gone, StillThere, Restarted };

class Stopping {
public:
    Stopping(const Container::Impl& impl, const StopOptions& options, const Deadline& deadline, Running running)
        : impl_(impl), options_(options), running_(std::move(running)), config_(impl.running_config()),
          monitor_(subscribed(impl)), deadline_(deadline) {}

    Outcome kill() {
        const Clock::time_point limit = Clock::now() + std::chrono::seconds(60);
        const int signal = config_.signals.stop.value_or(SIGKILL);
        wish_for_end();
        send(signal);
        thaw_if_frozen(running_);
        if (signal == SIGKILL) kill_frozen_below(limit);
        return wait_gone(limit);
    }

    Outcome shut_down() {
        wish_for_end();
        send(halt_signal(config_, running_.pid()));
        thaw_if_frozen(running_);
        if (!options_.wait) return Outcome::Gone;
        const Outcome outcome = wait_gone(deadline_);
        if (outcome == Outcome::StillThere && !options_.kill_after_timeout) remove_quietly(impl_.runtime() / kStopWish);
        return outcome == Outcome::StillThere && options_.kill_after_timeout ? kill() : outcome;
    }

    bool reboot() {
        // A monitor that is not init's parent may not be told by the kernel what init was asked for.
        const std::filesystem::path wish = impl_.runtime() / kRebootWish;
        sys::write_file_atomic(wish, "", 0600);
        const ScopeExit forget([&wish] { remove_quietly(wish); });
        return reboot_now();
    }

private:
    // Else lxc.restart.policy would take it for an end of its own.
    void wish_for_end() {
        if (config_.restart.policy == RestartPolicy::No) return;
        try {
            sys::write_file_atomic(impl_.runtime() / kStopWish, "", 0600);
        } catch (const SystemError& error) { // it is gone already, or the disk is full: it may have to be stopped twice
            log::info("{}", error.what());
        }
    }

    // One that is gone by now needs no signal: what is left is to wait for its clean-up.
    void send(int signal) {
        const int result = sys::try_send_signal(running_.init, signal);
        if (result != 0 && result != -ESRCH) throw SystemError("send signal " + std::to_string(signal), -result);
    }

    // In a v1 freezer group of the container's own making a process does not die. Whoever freezes it again dies too.
    void kill_frozen_below(Clock::time_point limit) const {
        constexpr std::chrono::milliseconds patience{200};
        while (!sys::wait_exited(running_.init, patience) && Clock::now() < limit) kill_cgroups(running_.state.payload_cgroups);
    }

    bool reboot_now() {
        sys::send_signal(running_.init, reboot_signal(config_, running_.pid()));
        thaw_if_frozen(running_);
        if (!options_.wait) return true;
        if (!sys::wait_exited(running_.init, left(deadline_))) {
            if (!options_.kill_after_timeout) return false;
            throw StateError(StateProblem::TimedOut, "the container did not go down for its reboot in time");
        }
        return wait_restarted();
    }

    bool wait_restarted() {
        const auto restarted = [this](const protocol::Event& event) {
            if (event.state == State::Stopped) throw Error("the container stopped instead of rebooting");
            return event.state == State::Running && event.pid != running_.pid();
        };
        try {
            if (monitor_) return wait_event(*monitor_, deadline_, restarted);
        } catch (const StateError& error) {
            if (error.problem() != StateProblem::NotRunning) throw;
        }
        recover(impl_, sys::exit_of_other(running_.state.supervisor.init, running_.init, std::chrono::seconds(2)));
        if (impl_.running()) return true;
        throw Error("the container stopped instead of rebooting: another command stopped it, or its monitor was killed; use lxcpp-start");
    }

    // A monitor that is dead or does not answer must not keep anybody from stopping the container.
    static std::optional<MonitorClient> subscribed(const Container::Impl& impl) {
        try {
            std::optional<MonitorClient> monitor = MonitorClient::connect(impl.runtime());
            if (monitor) monitor->subscribe();
            return monitor;
        } catch (const StateError&) {
            return std::nullopt;
        }
    }

    Outcome wait_gone(const Deadline& deadline) {
        Outcome outcome = Outcome::StillThere;
        const auto ended = [this, &outcome](const protocol::Event& event) {
            if (event.state == State::Stopped) outcome = Outcome::Gone;
            if (event.state == State::Starting) outcome = Outcome::Restarted; // lxc.restart.policy was faster
            if (event.state == State::Running && event.pid != running_.pid()) outcome = Outcome::Restarted;
            return outcome != Outcome::StillThere;
        };
        // It may have come back before we listened: of that no event tells us any more.
        const std::optional<Running> now = impl_.running();
        if (now && now->pid() != running_.pid()) return Outcome::Restarted;
        try {
            if (monitor_) {
                (void)wait_event(*monitor_, deadline, ended);
                return outcome;
            }
        } catch (const StateError& error) {
            if (error.problem() != StateProblem::NotRunning) throw;
            monitor_.reset(); // it died under us; init's own end counts
        }
        if (!sys::wait_exited(running_.init, left(deadline))) return Outcome::StillThere;
        recover(impl_, sys::exit_of_other(running_.state.supervisor.init, running_.init, std::chrono::seconds(2)));
        // Somebody else may be at it: what that makes of it, an end or a new start, is still to come.
        return impl_.state() == State::Stopped ? Outcome::Gone : Outcome::Restarted;
    }

    const Container::Impl& impl_;
    const StopOptions& options_;
    Running running_;
    Config config_;
    std::optional<MonitorClient> monitor_;
    Deadline deadline_;
};

} // namespace

bool Container::stop(const StopOptions& options) {
    impl_->require_ours("stop");
    adopt_if_orphaned(*impl_);
    const Deadline deadline = options.timeout ? Deadline(Clock::now() + *options.timeout) : std::nullopt;
    if (options.reboot) {
        // A reboot of what has only begun to start waits for it.
        if (!impl_->running() && state() == State::Starting) (void)wait({State::Running, State::Stopped}, left(deadline));
        return Stopping(*impl_, options, deadline, impl_->require_running()).reboot();
    }
    // What comes back is stopped again; each round ends, at the latest, with a kill.
    for (int round = 0; round < kMostRestarts; ++round) {
        std::optional<Running> now = impl_->running();
        if (!now) impl_->refuse_elsewhere();
        const State seen = now ? State::Running : state();
        if (seen == State::Starting) { // is ended
            if (abort_start(*impl_)) return true;
            if (!impl_->running() && state() != State::Stopped) continue;
        }
        if (seen == State::Stopping) {
            // Another stop was first, or its init has ended by itself: what is left are hooks and clean-up, or it reboots.
            if (!options.wait) return true;
            const auto end = wait({State::Stopped, State::Starting, State::Running, State::Frozen}, left(deadline));
            if (!end || *end == State::Stopped) return end.has_value();
            continue;
        }
        if (!now && seen == State::Stopped && round > 0) return true;
        if (!now) now = impl_->require_running();
        Stopping stopping(*impl_, options, deadline, std::move(*now));
        const Outcome outcome = options.kill ? stopping.kill() : stopping.shut_down();
        if (outcome != Outcome::Restarted) return outcome == Outcome::Gone;
    }
    throw StateError(StateProblem::Busy, "the container starts again each time that it is stopped");
}

} // namespace lxcpp
