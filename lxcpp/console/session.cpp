// SPDX-License-Identifier: Apache-2.0
#include "console/session.h"

#include "base/error.h"
#include "console/escape.h"
#include "sys/fd_table.h"
#include "sys/pty.h"
#include "sys/signal.h"
#include "sys/stream.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <string>
#include <string_view>

namespace lxcpp {
namespace {

constexpr std::size_t kPiece = 16 * 1024;
// A write to the user's terminal may block although poll said it has room: keep it short.
constexpr std::size_t kOutputPiece = 4096;
// A person's input beyond this is dropped, as a terminal drops it, so that the escape is still seen.
constexpr std::size_t kTypedAhead = 64 * 1024;
constexpr char kEof = 4;

std::vector<int> signals_to_take(const RelayOptions& options) {
    std::vector<int> signals{SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    if (options.pass_on) signals = options.signals;
    signals.push_back(SIGWINCH);
    signals.push_back(SIGPIPE);
    return signals;
}

class Relay {
public:
    Relay(FdRef input, FdRef output, FdRef peer, const RelayOptions& options)
        : input_(input), output_(output), peer_(peer), options_(options), escape_(options.escape),
          interactive_(options.escape && input.valid() && sys::is_terminal(input)),
          signals_(signals_to_take(options)) {
        sys::set_nonblocking(peer_, true);
        forward_size();
    }

    SessionResult run() {
        while (!end_) step();
        take_signals(); // a SIGPIPE of the last write would end the caller once it is unblocked
        return {*end_, signal_};
    }

private:
    enum Slot : std::size_t { kInput, kPeer, kOutput, kUntil, kSignals, kSlots };

    void step() {
        using sys::PollItem;
        const bool closing = peer_closed_ || stopping_;
        std::array<PollItem, kSlots> items{};
        if (!closing && may_read_input()) items[kInput] = PollItem{input_, POLLIN};
        items[kPeer] = peer_item();
        if (!to_output_.empty()) items[kOutput] = PollItem{output_, POLLOUT};
        if (!closing) items[kUntil] = PollItem{options_.until, POLLIN};
        items[kSignals] = PollItem{signals_.fd(), POLLIN};
        // Nothing can come any more once the peer is drained: only the output is still awaited.
        if (closing && items[kPeer].wanted == 0 && to_output_.empty()) return finish();
        const bool draining = stopping_ && to_output_.empty();
        const bool any = sys::poll_items(items, draining ? std::optional(std::chrono::milliseconds(0))
                                                         : std::nullopt);
        if (!any) {
            if (draining) finish();
            return;
        }
        handle(items);
    }

    void handle(const std::array<sys::PollItem, kSlots>& items) {
        if (items[kSignals].ready) take_signals();
        if (items[kOutput].ready) write_output();
        if (items[kPeer].ready & (POLLIN | POLLHUP | POLLERR)) read_peer();
        if (items[kPeer].ready & POLLOUT) write_peer();
        if (items[kInput].ready) read_input();
        if (items[kUntil].ready) stopping_ = true;
    }

    [[nodiscard]] bool may_read_input() const { return interactive_ || to_peer_.empty(); }

    [[nodiscard]] sys::PollItem peer_item() const {
        if (peer_closed_) return {};
        short wanted = 0;
        if (to_output_.empty()) wanted |= POLLIN;
        if (!to_peer_.empty() && !stopping_) wanted |= POLLOUT;
        // With nothing wanted poll would still report a hang-up, again and again.
        return wanted == 0 ? sys::PollItem{} : sys::PollItem{peer_, wanted};
    }

    void finish() { end_ = stopping_ ? SessionEnd::Stopped : SessionEnd::PeerClosed; }

    void read_peer() {
        if (!to_output_.empty()) return;
        std::array<char, kPiece> piece;
        const long count = sys::try_read(peer_, piece);
        if (count == -EAGAIN) {
            if (stopping_) finish();
            return;
        }
        // A pty master says EIO when the last slave is closed, a socket 0.
        if (count <= 0) {
            peer_closed_ = true;
            return;
        }
        if (options_.log.valid()) {
            (void)sys::try_write(options_.log, std::string_view(piece.data(), static_cast<std::size_t>(count)));
        }
        if (output_.valid()) to_output_.assign(piece.data(), static_cast<std::size_t>(count));
        write_output();
    }

    void write_output() {
        if (to_output_.empty()) return;
        const long count =
            sys::try_write(output_, std::string_view(to_output_).substr(0, kOutputPiece));
        if (count == -EAGAIN) return;
        if (count < 0) {
            end_ = SessionEnd::OutputGone;
            return;
        }
        to_output_.erase(0, static_cast<std::size_t>(count));
    }

    void read_input() {
        std::array<char, kPiece> piece;
        const long count = sys::try_read(input_, piece);
        if (count == -EAGAIN) return;
        if (count <= 0) {
            input_ = FdRef();
            if (options_.send_eof) to_peer_ += kEof;
        } else {
            const std::string_view typed(piece.data(), static_cast<std::size_t>(count));
            EscapeFilter::Result result = escape_.feed(typed);
            if (to_peer_.size() < kTypedAhead) to_peer_ += result.data;
            if (result.detach) end_ = SessionEnd::Detached;
        }
        write_peer();
    }

    void write_peer() {
        if (to_peer_.empty()) return;
        const long count = sys::try_write(peer_, to_peer_);
        if (count >= 0) to_peer_.erase(0, static_cast<std::size_t>(count));
        // Gone for writing; what it still has for us is read until it says so itself.
        else if (count != -EAGAIN) to_peer_.clear(), input_ = FdRef();
    }

    void take_signals() {
        while (const std::optional<int> signal = signals_.next()) {
            if (*signal == SIGWINCH) forward_size();
            else if (*signal == SIGPIPE) continue;
            else if (options_.pass_on) options_.pass_on(*signal);
            else end_ = SessionEnd::Signal, signal_ = *signal;
        }
    }

    void forward_size() {
        std::optional<winsize> size;
        for (const FdRef fd : {input_, output_}) {
            if (!size && fd.valid()) size = sys::window_size(fd);
        }
        if (!size) return;
        if (!options_.resize) return sys::set_window_size(peer_, *size);
        try {
            options_.resize(*size);
        } catch (const Error&) {
            // The monitor went away or has no console: the bytes matter more than the size.
        }
    }

    FdRef input_;
    FdRef output_;
    FdRef peer_;
    const RelayOptions& options_;
    EscapeFilter escape_;
    bool interactive_;
    sys::SignalFd signals_;
    std::string to_peer_;
    std::string to_output_;
    bool peer_closed_ = false;
    bool stopping_ = false;
    std::optional<SessionEnd> end_;
    int signal_ = 0;
};

} // namespace

SessionResult relay(FdRef input, FdRef output, FdRef peer, const RelayOptions& options) {
    // The order matters: the terminal is restored before the blocked signals can arrive.
    Relay session(input, output, peer, options);
    std::optional<sys::RawMode> raw;
    if (options.raw && input.valid() && sys::is_terminal(input)) raw.emplace(input);
    return session.run();
}

} // namespace lxcpp
