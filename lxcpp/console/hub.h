// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "console/log.h"
#include "console/ringbuffer.h"
#include "sys/epoll.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <vector>

namespace lxcpp {

// The console of one container, as its monitor holds it: drains the pty master for ever, so that
// the container never blocks on it, into ring buffer, log file and sessions (stream sockets).
// A session that is slower than the container holds the console back; one that takes nothing for
// kPatience loses output until it reads again. Nothing here blocks.
class ConsoleHub {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::size_t kMaxSessions = 8;
    static constexpr std::chrono::milliseconds kPatience{200};

    // tag_base: epoll tags from here on are the hub's: + 0 the master, + n session n (1..2^32-1).
    ConsoleHub(Fd master, RingBuffer ring, std::optional<ConsoleLog> log, sys::Epoll& epoll,
               std::uint64_t tag_base);

    // The other end of a new session; nullopt when there are kMaxSessions.
    [[nodiscard]] std::optional<Fd> open_session();
    void add_session(Fd stream);
    void handle(std::uint32_t tag_offset, std::uint32_t events);
    // When tick() is to be called even if nothing happens.
    [[nodiscard]] std::optional<Clock::time_point> deadline() const;
    void tick(Clock::time_point now);
    void drain(); // what the pty still holds, after the container's end
    void resize(const winsize& size);

    [[nodiscard]] RingBuffer& ring() noexcept { return ring_; }
    [[nodiscard]] std::vector<FdRef> sessions() const;

private:
    struct Session {
        std::uint32_t id = 0;
        Fd stream;
        std::string out;      // output it has not taken yet; at most one piece
        std::string in;       // input that the container has not taken yet; at most one piece
        long unread = 0;      // see sys::unread_by_peer, when it was last looked at
        bool lagging = false; // lost output, and loses more until it has room again
        std::optional<Clock::time_point> deadline;
    };
    [[nodiscard]] bool read_master(); // false: nothing there now
    void write_master();
    void handle_session(Session& session, std::uint32_t events);
    void send(Session& session, std::string_view data);
    void flush(Session& session);
    bool read_session(Session& session); // false: it is closed
    void remove(std::uint32_t id);
    void update_master();
    void update(const Session& session);

    Fd master_;
    Fd peer_; // held open: a master whose last slave is closed would report a hang-up for ever
    RingBuffer ring_;
    std::optional<ConsoleLog> log_;
    sys::Epoll& epoll_;
    std::uint64_t tag_base_;
    std::vector<Session> sessions_;
    std::uint32_t last_id_ = 0;
    std::uint32_t master_events_ = 0; // what epoll watches now; 0 = master is dead
};

} // namespace lxcpp
