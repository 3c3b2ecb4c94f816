// SPDX-License-Identifier: Apache-2.0
#include "container/foreground.h"

#include "base/error.h"
#include "console/session.h"
#include "monitor/client.h"
#include "monitor/protocol.h"
#include "sys/epoll.h"
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

// What goes to the container's monitor. One that is not there or does not answer has nothing to do any more.
class Remote {
public:
    explicit Remote(const std::filesystem::path& runtime) : runtime_(runtime) { connect(); }

    void kill(int signal) {
        if (!monitor_) connect();
        attempt([signal](MonitorClient& monitor) { monitor.kill(signal); });
    }
    void resize(const winsize& size) {
        attempt([&size](MonitorClient& monitor) { monitor.resize(size); });
    }

private:
    void connect() {
        try {
            monitor_ = MonitorClient::connect(runtime_);
        } catch (const Error&) {
            monitor_.reset();
        }
    }
    template <typename Request>
    void attempt(Request request) {
        try {
            if (monitor_) request(*monitor_);
        } catch (const Error&) { // a short command can be over before its terminal has a size
            monitor_.reset();
        }
    }

    const std::filesystem::path& runtime_;
    std::optional<MonitorClient> monitor_;
};

// The events' end: nullopt inside when the exit status is not known.
struct Ended {
    std::optional<Exit> exit;
};

std::optional<Ended> take_event(const Fd& events) {
    const auto packet = sys::receive_packet(events, protocol::kMaxPacket);
    if (!packet || packet->closed || packet->data.empty()) return Ended{};
    const protocol::Frame frame = protocol::decode(packet->data);
    const auto* event = std::get_if<protocol::Event>(&frame.message);
    if (event == nullptr || event->state != State::Stopped) return std::nullopt;
    if (!event->exit) return Ended{};
    return Ended{Exit{event->exit->signaled, event->exit->value}};
}

std::optional<Exit> wait_for_end(const Fd& events, sys::SignalFd& signals, const std::function<void(int)>& pass_on) {
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
                return end->exit;
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
int Foreground::for_container(int signal) const {
    const bool ends = signal == SIGTERM || signal == SIGHUP || signal == SIGINT || signal == SIGQUIT;
    return ends && !own_stdio_ ? SIGKILL : signal;
}

std::optional<Exit> Foreground::run(const std::filesystem::path& runtime) {
    Remote remote(runtime);
    RelayOptions options;
    options.resize = [&remote](const winsize& size) { remote.resize(size); };
    options.signals = signals_of_others();
    options.pass_on = [this, &remote](int signal) { remote.kill(for_container(signal)); };
    for (const int signal : early_) options.pass_on(signal);
    (void)relay(input(), output(), session_, options);
    session_.reset();
    return wait_for_end(events_, signals_, options.pass_on);
}

} // namespace lxcpp
