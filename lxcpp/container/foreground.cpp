// SPDX-License-Identifier: Apache-2.0
#include "container/foreground.h"

#include "base/error.h"
#include "console/session.h"
#include "monitor/client.h"
#include "monitor/protocol.h"
#include "sys/pty.h"
#include "sys/socket.h"

#include <csignal>

namespace lxcpp {
namespace {

std::optional<Exit> wait_for_end(const Fd& events) {
    for (;;) {
        const auto packet = sys::receive_packet(events, protocol::kMaxPacket);
        if (!packet || packet->closed || packet->data.empty()) return std::nullopt;
        const protocol::Frame frame = protocol::decode(packet->data);
        const auto* event = std::get_if<protocol::Event>(&frame.message);
        if (event == nullptr || event->state != State::Stopped) continue;
        if (!event->exit) return std::nullopt;
        return Exit{event->exit->signaled, event->exit->value};
    }
}

std::optional<MonitorClient> connect_if_there(const std::filesystem::path& runtime) {
    try {
        return MonitorClient::connect(runtime);
    } catch (const Error&) {
        return std::nullopt;
    }
}

void pass_on(MonitorClient& monitor, int signal) {
    try {
        monitor.kill(signal);
    } catch (const Error&) { // it has stopped meanwhile, which is what the signal was for
    }
}

} // namespace

Foreground::Foreground(LaunchOptions& launch, bool own_stdio) : own_stdio_(own_stdio) {
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

std::optional<Exit> Foreground::run(const std::filesystem::path& runtime) {
    std::optional<MonitorClient> monitor = connect_if_there(runtime);
    RelayOptions options;
    options.resize = [&monitor](const winsize& size) {
        try {
            if (monitor) monitor->resize(size);
        } catch (const StateError&) { // a short command can be over before its terminal has a size
            monitor.reset();
        }
    };
    const SessionResult result = relay(input(), output(), session_, options);
    if (result.end == SessionEnd::Signal && monitor) pass_on(*monitor, own_stdio_ ? result.signal : SIGKILL);
    session_.reset();
    return wait_for_end(events_);
}

} // namespace lxcpp
