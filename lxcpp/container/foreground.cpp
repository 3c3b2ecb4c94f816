// SPDX-License-Identifier: Apache-2.0
#include "container/foreground.h"

#include "base/error.h"
#include "base/log.h"
#include "console/session.h"
#include "container/adopt.h"
#include "container/recover.h"
#include "monitor/client.h"
#include "monitor/protocol.h"
#include "sys/epoll.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/pty.h"
#include "sys/socket.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <sys/epoll.h>

namespace lxcpp {
namespace {

// All that a program can get from others. Not those that a fault, a write or a child of ours raises, the kernel's
// word about our terminal, and what cannot be caught.
std::vector<int> signals_of_others() {
    std::vector<int> signals;
    constexpr std::array own{SIGKILL, SIGSTOP, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGPIPE, SIGCHLD, SIGWINCH, SIGTTIN, SIGTTOU};
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
        if (signal > SIGSYS && signal < SIGRTMIN) continue; // the C library's
        if (std::ranges::find(own, signal) == own.end()) signals.push_back(signal);
    }
    return signals;
}

bool ends(int signal) { return signal == SIGTERM || signal == SIGHUP || signal == SIGINT || signal == SIGQUIT; }

constexpr std::chrono::seconds kPatience{60}; // for what others do to the container

// The container as the caller's signals and window sizes reach it.
class Payload {
public:
    Payload(Container& container, const Container::Impl& impl) : container_(container), impl_(impl) {}

    // Not through the monitor, which may be busy, stopped or dead. Between two runs of a reboot it waits for the next.
    void kill(int signal) {
        try {
            const bool end = signal == SIGKILL || ends(signal); // the first is what becomes of the others
            // While lxc.restart.policy waits there is nobody to be signalled, and nothing to wait for.
            if (end && sys::exists(impl_.runtime() / kRestartWait) && abort_start(impl_)) return;
            std::optional<Running> now = impl_.running();
            if (now && end) wish_for_end();
            if (!now && container_.wait({State::Running, State::Stopped}, kPatience)) now = impl_.running();
            if (now) (void)sys::try_send_signal(now->init, signal);
        } catch (const Error& error) {
            log::warn("{} is lost: {}", sys::signal_name(signal), error.what());
        }
    }

    // Else lxc.restart.policy would take it for an end of its own.
    void wish_for_end() const {
        if (impl_.running_config().restart.policy != RestartPolicy::No) sys::write_file_atomic(impl_.runtime() / kStopWish, "", 0600);
    }

    void resize(const winsize& size) {
        try {
            if (!monitor_) monitor_ = MonitorClient::connect(impl_.runtime());
            if (monitor_) monitor_->resize(size);
        } catch (const Error&) { // a short command can be over before its terminal has a size
            monitor_.reset();
        }
    }

private:
    Container& container_;
    const Container::Impl& impl_;
    std::optional<MonitorClient> monitor_;
};

// What the events end with: STOPPED, or the death of who would have told.
struct Ended {
    bool told = false;
    std::optional<Exit> exit; // nullopt: not known
};

Ended stopped(const std::optional<sys::ExitStatus>& exit) {
    if (!exit) return {true, std::nullopt};
    return {true, Exit{exit->signaled, exit->value}};
}

std::optional<Ended> take_event(FdRef events) {
    const auto packet = sys::receive_packet(events, protocol::kMaxPacket);
    if (!packet || packet->closed || packet->data.empty()) return Ended{};
    const protocol::Frame frame = protocol::decode(packet->data);
    const auto* event = std::get_if<protocol::Event>(&frame.message);
    if (event == nullptr || event->state != State::Stopped) return std::nullopt;
    return stopped(event->exit);
}

Ended wait_for_end(FdRef events, sys::SignalFd& signals, const std::function<void(int)>& pass_on) {
    constexpr std::uint64_t kEvent = 0;
    constexpr std::uint64_t kSignal = 1;
    sys::Epoll epoll;
    epoll.add(events, EPOLLIN, kEvent);
    epoll.add(signals.fd(), EPOLLIN, kSignal);
    for (;;) {
        std::array<sys::Ready, 2> ready{};
        const std::size_t count = epoll.wait(ready, std::nullopt);
        for (std::size_t i = 0; i < count; ++i) {
            if (ready[i].tag == kSignal) {
                while (const auto signal = signals.next()) pass_on(*signal);
            } else if (const auto end = take_event(events)) {
                return *end;
            }
        }
    }
}

} // namespace

Foreground::Foreground(LaunchOptions& launch, bool own_stdio) : signals_(signals_of_others()), own_stdio_(own_stdio) {
    auto [session, monitor_session] = sys::stream_pair();
    session_ = std::move(session);
    launch.session = std::move(monitor_session);
    auto [events, monitor_events] = sys::socket_pair();
    events_ = std::move(events);
    launch.subscriber = std::move(monitor_events);
}

FdRef Foreground::input() const {
    const FdRef standard(0);
    return own_stdio_ && !sys::is_terminal(standard) ? FdRef() : standard;
}

FdRef Foreground::output() const {
    if (!own_stdio_) return FdRef(1);
    for (const int fd : {1, 2, 0}) {
        if (sys::is_terminal(FdRef(fd))) return FdRef(fd);
    }
    return {};
}

// Who ends the tool wants an end of what it runs. Nobody means a system's init by SIGINT: that is its "restart".
int Foreground::for_container(int signal) const { return ends(signal) && !own_stdio_ ? SIGKILL : signal; }

// Its monitor died: the next one tells what comes. False when there is nothing to follow any more.
bool Foreground::follow(const Container::Impl& impl) {
    adopt_if_orphaned(impl);
    std::optional<Running> now = impl.running();
    if (!now) return false;
    last_ = std::move(now);
    try {
        monitor_ = MonitorClient::connect(impl.runtime());
        if (!monitor_) return false;
        (void)monitor_->subscribe();
        try {
            session_ = std::move(monitor_->open_console(0).fd);
        } catch (const StateError& error) {
            if (error.problem() == StateProblem::NotRunning) throw;
            log::info("{}: {}", impl.name, error.what()); // it has no console
        }
        events_ = sys::duplicate(monitor_->fd());
        return true;
    } catch (const StateError& error) {
        log::info("{}: {}", impl.name, error.what());
        return false;
    }
}

std::optional<Exit> Foreground::end_of_both(const Container& container, const Container::Impl& impl) const {
    std::optional<sys::ExitStatus> exit;
    if (last_ && sys::wait_exited(last_->init, std::chrono::seconds(0))) {
        exit = sys::exit_of_other(last_->state.supervisor.init, last_->init, std::chrono::seconds(2));
    }
    recover(impl, exit);
    (void)container.wait({State::Stopped, State::Running}, kPatience); // somebody else may be at it
    if (exit) return Exit{exit->signaled, exit->value};
    throw Error("the container's monitor was killed, and how the container ended is not known: see lxcpp-info");
}

std::optional<Exit> Foreground::run(Container& container, const Container::Impl& impl) {
    Payload payload(container, impl);
    last_ = impl.running();
    RelayOptions options;
    options.resize = [&payload](const winsize& size) { payload.resize(size); };
    options.signals = signals_of_others();
    options.pass_on = [this, &payload](int signal) { payload.kill(for_container(signal)); };
    for (const int signal : early_) options.pass_on(signal);
    for (;;) {
        if (session_.valid()) (void)relay(input(), output(), session_, options);
        session_.reset();
        const Ended end = wait_for_end(events_, signals_, options.pass_on);
        if (end.told) return end.exit;
        if (!follow(impl)) return end_of_both(container, impl);
    }
}

} // namespace lxcpp
