// SPDX-License-Identifier: Apache-2.0
#include "console/hub.h"

#include "sys/fd_table.h"
#include "sys/pty.h"
#include "sys/pty_peer.h"
#include "sys/socket.h"
#include "sys/stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <utility>

namespace lxcpp {
namespace {

constexpr std::size_t kPiece = 4096;
// Pieces read from the master in one go, so that a container that prints without end leaves time
// for the other work of the loop.
constexpr int kBurst = 16;
constexpr int kDrainPieces = 64; // more than a pty holds

} // namespace

ConsoleHub::ConsoleHub(Fd master, RingBuffer ring, std::optional<ConsoleLog> log, sys::Epoll& epoll,
                       std::uint64_t tag_base)
    : master_(std::move(master)), ring_(std::move(ring)), log_(std::move(log)), epoll_(epoll),
      tag_base_(tag_base) {
    sys::set_nonblocking(master_, true);
    if (std::optional<Fd> peer = sys::open_pty_peer(master_)) peer_ = std::move(*peer);
    master_events_ = EPOLLIN;
    epoll_.add(master_, master_events_, tag_base_);
}

std::optional<Fd> ConsoleHub::open_session() {
    if (sessions_.size() >= kMaxSessions) return std::nullopt;
    auto [ours, theirs] = sys::stream_pair();
    add_session(std::move(ours));
    return std::move(theirs);
}

void ConsoleHub::add_session(Fd stream) {
    sys::set_nonblocking(stream, true);
    Session session;
    session.id = ++last_id_;
    session.stream = std::move(stream);
    epoll_.add(session.stream, EPOLLIN, tag_base_ + session.id);
    sessions_.push_back(std::move(session));
}

void ConsoleHub::resize(const winsize& size) { sys::set_window_size(master_, size); }

std::vector<FdRef> ConsoleHub::sessions() const {
    std::vector<FdRef> fds;
    for (const Session& session : sessions_) fds.emplace_back(session.stream);
    return fds;
}

void ConsoleHub::handle(std::uint32_t tag_offset, std::uint32_t events) {
    if (tag_offset == 0) {
        if (events & EPOLLOUT) write_master();
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
            for (int i = 0; i < kBurst && (master_events_ & EPOLLIN) && read_master(); ++i) {
            }
        }
    } else {
        const auto session = std::ranges::find(sessions_, tag_offset, &Session::id);
        if (session != sessions_.end()) handle_session(*session, events);
    }
    update_master();
}

bool ConsoleHub::read_master() {
    std::array<char, kPiece> piece;
    const long count = sys::try_read(master_, piece);
    if (count == -EAGAIN) return false;
    if (count <= 0) { // not a pty with a held peer: there is nothing to come back for
        epoll_.remove(master_);
        master_events_ = 0;
        return false;
    }
    const std::string_view data(piece.data(), static_cast<std::size_t>(count));
    ring_.append(data);
    if (log_) (void)log_->append(data);
    for (Session& session : sessions_) send(session, data);
    update_master();
    return true;
}

void ConsoleHub::drain() {
    for (int i = 0; i < kDrainPieces && master_events_ != 0; ++i) {
        // Nobody waits any more: a session takes what fits.
        for (Session& session : sessions_) session.out.clear();
        if (!read_master()) return;
    }
}

void ConsoleHub::send(Session& session, std::string_view data) {
    if (session.lagging || !session.out.empty()) return;
    const long count = std::max(0L, sys::try_send(session.stream, data));
    session.out = data.substr(static_cast<std::size_t>(count));
    if (session.out.empty()) return;
    session.unread = sys::unread_by_peer(session.stream);
    session.deadline = Clock::now() + kPatience;
    update(session);
}

void ConsoleHub::flush(Session& session) {
    const long count = std::max(0L, sys::try_send(session.stream, session.out));
    session.out.erase(0, static_cast<std::size_t>(count));
    if (!session.out.empty()) return;
    session.lagging = false;
    session.deadline.reset();
}

void ConsoleHub::handle_session(Session& session, std::uint32_t events) {
    if (events & EPOLLOUT) flush(session);
    bool open = true;
    if ((events & EPOLLIN) && session.in.empty()) open = read_session(session);
    else if (events & (EPOLLHUP | EPOLLERR)) open = false;
    if (open) update(session);
    else remove(session.id);
}

bool ConsoleHub::read_session(Session& session) {
    std::array<char, kPiece> piece;
    const long count = sys::try_read(session.stream, piece);
    if (count == -EAGAIN) return true;
    if (count <= 0) return false;
    session.in.assign(piece.data(), static_cast<std::size_t>(count));
    write_master();
    return true;
}

void ConsoleHub::write_master() {
    for (Session& session : sessions_) {
        if (session.in.empty()) continue;
        const long count = sys::try_write(master_, session.in);
        if (count == -EAGAIN) return;
        if (count < 0) session.in.clear();
        else session.in.erase(0, static_cast<std::size_t>(count));
        update(session);
        if (!session.in.empty()) return;
    }
}

void ConsoleHub::remove(std::uint32_t id) {
    const auto session = std::ranges::find(sessions_, id, &Session::id);
    epoll_.remove(session->stream);
    sessions_.erase(session);
}

// Output waits while some session has not taken its last piece; input wakes us when there is room.
void ConsoleHub::update_master() {
    if (master_events_ == 0) return;
    const bool held = std::ranges::any_of(sessions_, [](const Session& s) { return !s.out.empty(); });
    const bool input = std::ranges::any_of(sessions_, [](const Session& s) { return !s.in.empty(); });
    std::uint32_t events = held ? 0u : static_cast<std::uint32_t>(EPOLLIN);
    if (input) events |= EPOLLOUT;
    if (events == 0) events = EPOLLERR; // reported anyway; keeps 0 for a dead master
    if (events == master_events_) return;
    master_events_ = events;
    epoll_.modify(master_, events, tag_base_);
}

void ConsoleHub::update(const Session& session) {
    std::uint32_t events = session.in.empty() ? static_cast<std::uint32_t>(EPOLLIN) : 0u;
    if (!session.out.empty() || session.lagging) events |= EPOLLOUT;
    epoll_.modify(session.stream, events, tag_base_ + session.id);
}

std::optional<ConsoleHub::Clock::time_point> ConsoleHub::deadline() const {
    std::optional<Clock::time_point> first;
    for (const Session& session : sessions_) {
        if (session.deadline && (!first || *session.deadline < *first)) first = session.deadline;
    }
    return first;
}

void ConsoleHub::tick(Clock::time_point now) {
    for (Session& session : sessions_) {
        if (!session.deadline || *session.deadline > now) continue;
        const long before = std::exchange(session.unread, sys::unread_by_peer(session.stream));
        if (session.unread < before) {
            session.deadline = now + kPatience;
            continue;
        }
        session.deadline.reset();
        session.out.clear();
        session.lagging = true;
        update(session);
    }
    update_master();
}

} // namespace lxcpp
