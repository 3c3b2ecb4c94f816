// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "console/hub.h"
#include "monitor/command_server.h"
#include "monitor/event_log.h"
#include "monitor/handover.h"
#include "monitor/state_file.h"
#include "monitor/state_machine.h"
#include "sys/epoll.h"
#include "sys/signal.h"

#include <chrono>
#include <exception>
#include <optional>
#include <vector>

namespace lxcpp {

// The event loop of one container's monitor. It owns every descriptor that the state file and the
// arguments name. Signals never end it: a dead manager must not harm a container, and a stopped
// one must not be mistaken for a container that ended.
class Supervisor {
public:
    Supervisor(const SupervisorState& state, const SupervisorArguments& arguments);

    // Until init has exited and subscribers know it: true; false when somebody asks for an upgrade.
    [[nodiscard]] bool run();
    // What the clean-up is to be called with; its descriptors stay ours.
    [[nodiscard]] CleanupArguments cleanup_arguments() const;
    // What a new monitor program takes over; descriptors stay ours. state: what it was is made what it is.
    [[nodiscard]] SupervisorArguments handover(SupervisorState& state);
    void upgrade_failed() noexcept { upgrade_wanted_ = false; }
    // Before the exec of the clean-up: signals work again as they did before us.
    void release_signals();
    // When there is no clean-up program to do it: tells subscribers STOPPED.
    void announce_stopped();
    [[nodiscard]] EventLog& log() noexcept { return log_; }

private:
    struct Tty {
        int number = 0;
        Fd master;
        std::optional<ClientId> holder;
    };
    void start_console(const SupervisorState& state, const SupervisorArguments& arguments);
    void announce_running(const SupervisorState& state);
    void dispatch(const sys::Ready& ready);
    void tick();
    [[nodiscard]] std::optional<std::chrono::milliseconds> time_to_tick() const;
    void take_signals();
    void take_exit();
    void report(const std::exception& error) noexcept;

    Answer answer(ClientId client, const protocol::Message& request);
    Answer set_state(State wanted);
    Answer open_console(ClientId client, int tty);
    Answer open_tty(ClientId client, int number);
    Answer read_console_log(const protocol::ReadConsoleLog& request);
    void release_ttys(ClientId client);
    template <typename Action> Answer with_console(Action action);
    [[nodiscard]] protocol::Status status() const;
    [[nodiscard]] protocol::Event event(State state) const;

    std::string name_;
    sys::ProcessId init_;
    int runtime_dir_;
    EventLog log_;
    int reports_ = 0;
    StateMachine machine_;
    std::optional<sys::SignalFd> signals_;
    sys::Epoll epoll_;
    Fd pidfd_;
    std::vector<Tty> ttys_;
    std::vector<Fd> held_; // for the clean-up
    Fd console_history_;   // for an upgrade
    bool upgrade_wanted_ = false;
    std::optional<ConsoleHub> console_;
    CommandServer server_;
};

} // namespace lxcpp
