// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "monitor/protocol.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/ioctl.h>

namespace lxcpp {

// A terminal of the container, opened through its monitor. It is ours as long as the client that
// opened it lives.
struct OpenedConsole {
    Fd fd;       // tty 0: a SOCK_STREAM end that the monitor relays; otherwise the pty master itself
    int tty = 0; // which one it is
};

// One connection to the monitor of a container. Every call waits at most the time-out given to
// connect. All throw StateError: TimedOut when the monitor does not answer, NotRunning when it went
// away; what it refuses is a StateError (Denied, Busy, NotFound by its errno) or SystemError.
class MonitorClient {
public:
    // nullopt: nobody listens there (not running, or its monitor died). StateError TimedOut when
    // the monitor is stuck.
    [[nodiscard]] static std::optional<MonitorClient>
    connect(const std::filesystem::path& runtime_dir,
            std::chrono::milliseconds timeout = std::chrono::seconds(5));

    [[nodiscard]] protocol::Version version();
    [[nodiscard]] protocol::Status status();
    // The state now; every later change comes out of next_event, none is lost in between.
    protocol::Status subscribe();
    // nullopt on time-out; none = for ever. NotRunning once the monitor closed (after STOPPED).
    [[nodiscard]] std::optional<protocol::Event>
    next_event(std::optional<std::chrono::milliseconds> timeout = {});
    void kill(int signal);
    void set_state(State state);
    // 0 = console, n = that tty, -1 = first free. Busy: somebody has it. NotFound: no such tty.
    [[nodiscard]] OpenedConsole open_console(int tty);
    void resize(const winsize& size); // of tty 0; for others set it on the master
    [[nodiscard]] std::string console_log(bool clear = false);
    void clear_console_log();
    void upgrade(); // the connection is of no use afterwards
    [[nodiscard]] FdRef fd() const noexcept { return socket_; } // readable: next_event has work

private:
    MonitorClient(Fd socket, std::string name, std::chrono::milliseconds timeout)
        : socket_(std::move(socket)), name_(std::move(name)), timeout_(timeout) {}
    template <typename Reply>
    Reply call(const protocol::Message& request, Fd* received = nullptr);
    protocol::Frame receive(std::chrono::steady_clock::time_point deadline, Fd* received);
    [[noreturn]] void gone() const;

    Fd socket_;
    std::string name_;
    std::chrono::milliseconds timeout_;
    std::uint32_t last_id_ = 0;
    std::deque<protocol::Event> events_; // that arrived while a reply was awaited
};

} // namespace lxcpp
