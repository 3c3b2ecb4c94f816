// SPDX-License-Identifier: Apache-2.0
#include "console/session.h"

#include <lxcpp/error.h>

#include "support/temp_dir.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/pty.h"
#include "sys/signal.h"
#include "sys/socket.h"
#include "sys/stream.h"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <termios.h>
#include <thread>
#include <unistd.h>

namespace lxcpp {
namespace {

std::pair<Fd, Fd> make_pipe() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
    return {Fd(fds[0]), Fd(fds[1])};
}

std::string read_to_end(FdRef fd) {
    std::string all;
    std::array<char, 65536> piece;
    for (long count; (count = sys::try_read(fd, piece)) > 0;) {
        all.append(piece.data(), static_cast<std::size_t>(count));
    }
    return all;
}

// The other side of a relay, in a thread of the test: the relay itself needs none.
class Peer {
public:
    template <typename Body>
    explicit Peer(Body body) {
        // Before the thread: signals that the relay blocks must not find another taker.
        sigset_t all;
        ::sigfillset(&all);
        sigset_t old;
        ::pthread_sigmask(SIG_BLOCK, &all, &old);
        thread_ = std::thread(std::move(body));
        ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
    }
    ~Peer() { thread_.join(); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

private:
    std::thread thread_;
};

std::string pattern(std::size_t size) {
    std::string bytes;
    for (std::size_t i = 0; bytes.size() < size; ++i) bytes += static_cast<char>(i * 31 + i / 251);
    return bytes;
}

bool same_settings(const termios& a, const termios& b) {
    return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_lflag == b.c_lflag &&
           a.c_cflag == b.c_cflag;
}

TEST(Relay, OutputIsByteExactToTheLastByte) {
    auto [ours, theirs] = sys::stream_pair();
    const test::TempDir dir;
    const std::string sent = pattern(3 << 20);
    {
        const Fd file = sys::open_file(dir / "out", {.access = sys::Access::Write, .create = true});
        const Peer peer([&, end = std::move(theirs)] { sys::write_all(end, sent, "peer"); });
        EXPECT_EQ(relay(FdRef(), file, ours, {}).end, SessionEnd::PeerClosed);
    }
    EXPECT_TRUE(sys::read_file(dir / "out") == sent);
}

TEST(Relay, InputIsByteExactAndItsEndDoesNotEndTheRelay) {
    auto [ours, theirs] = sys::stream_pair();
    auto [in, in_writer] = make_pipe();
    auto [out, out_writer] = make_pipe();
    const std::string sent = pattern(1 << 20);
    std::string got;
    const Peer feeder([&, end = std::move(in_writer)] { sys::write_all(end, sent, "input"); });
    {
        const Peer peer([&, end = std::move(theirs)] {
            std::array<char, 65536> piece;
            while (got.size() < sent.size()) {
                const long count = sys::try_read(end, piece);
                if (count <= 0) break;
                got.append(piece.data(), static_cast<std::size_t>(count));
            }
            sys::write_all(end, "answer", "peer"); // long after the input ended
        });
        EXPECT_EQ(relay(in, out_writer, ours, {}).end, SessionEnd::PeerClosed);
        out_writer.reset();
    }
    EXPECT_TRUE(got == sent);
    EXPECT_EQ(read_to_end(out), "answer");
}

TEST(Relay, EndOfInputCanBeTold) {
    auto [ours, theirs] = sys::stream_pair();
    auto [in, in_writer] = make_pipe();
    sys::write_all(in_writer, "x", "input");
    in_writer.reset();
    std::string got;
    {
        const Peer peer([&, end = std::move(theirs)] {
            std::array<char, 8> piece;
            while (got.size() < 2) {
                const long count = sys::try_read(end, piece);
                if (count <= 0) break;
                got.append(piece.data(), static_cast<std::size_t>(count));
            }
        });
        RelayOptions options;
        options.send_eof = true;
        (void)relay(in, FdRef(), ours, options);
    }
    EXPECT_EQ(got, "x\x04");
}

TEST(Relay, EscapeDetachesAndTheTerminalIsRestored) {
    auto [ours, theirs] = sys::stream_pair();
    sys::Pty terminal = sys::open_pty();
    termios before{};
    ASSERT_EQ(::tcgetattr(terminal.slave.raw(), &before), 0);
    std::string got;
    {
        const Peer user([&] {
            // Once what the container says is on the screen the terminal is raw and we may type.
            std::array<char, 16> piece;
            sys::write_all(theirs, "login:", "peer");
            std::string screen;
            while (!screen.ends_with("login:")) {
                const long count = sys::try_read(terminal.master, piece);
                ASSERT_GT(count, 0);
                screen.append(piece.data(), static_cast<std::size_t>(count));
            }
            termios during{};
            ::tcgetattr(terminal.slave.raw(), &during);
            EXPECT_FALSE(same_settings(before, during));
            sys::write_all(terminal.master, "\x03root\x01q", "terminal");
        });
        RelayOptions options;
        options.escape = 1;
        EXPECT_EQ(relay(terminal.slave, terminal.slave, ours, options).end, SessionEnd::Detached);
        ours.reset();
    }
    EXPECT_EQ(read_to_end(theirs), "\x03root");
    termios after{};
    ASSERT_EQ(::tcgetattr(terminal.slave.raw(), &after), 0);
    EXPECT_TRUE(same_settings(before, after));
}

TEST(Relay, UserCanDetachFromAContainerThatReadsNothing) {
    auto [ours, theirs] = sys::stream_pair();
    sys::Pty terminal = sys::open_pty();
    const Peer user([&] {
        std::array<char, 16> piece;
        sys::write_all(theirs, "!", "peer");
        ASSERT_GT(sys::try_read(terminal.master, piece), 0); // raw by now
        const std::string paste(2048, 'p');
        for (int i = 0; i < 256; ++i) sys::write_all(terminal.master, paste, "terminal");
        sys::write_all(terminal.master, "\x01q", "terminal");
    });
    RelayOptions options;
    options.escape = 1;
    EXPECT_EQ(relay(terminal.slave, terminal.slave, ours, options).end, SessionEnd::Detached);
}

TEST(Relay, SizeIsSetOnAPtyPeerOrHandedToTheCaller) {
    sys::Pty container = sys::open_pty();
    sys::Pty terminal = sys::open_pty();
    sys::set_window_size(terminal.master, {.ws_row = 50, .ws_col = 132, .ws_xpixel = 0, .ws_ypixel = 0});
    const auto detach = [&] { sys::write_all(terminal.master, "\x01q", "terminal"); };
    RelayOptions options;
    options.escape = 1;
    options.raw = true;
    {
        // Typed ahead: a raw terminal keeps what was typed before (TCSADRAIN).
        termios raw{};
        ::tcgetattr(terminal.slave.raw(), &raw);
        ::cfmakeraw(&raw);
        ::tcsetattr(terminal.slave.raw(), TCSANOW, &raw);
        detach();
        EXPECT_EQ(relay(terminal.slave, FdRef(), container.master, options).end, SessionEnd::Detached);
    }
    EXPECT_EQ(sys::window_size(container.slave)->ws_row, 50);
    EXPECT_EQ(sys::window_size(container.slave)->ws_col, 132);
    winsize told{};
    options.resize = [&](const winsize& size) { told = size; };
    detach();
    (void)relay(terminal.slave, FdRef(), container.master, options);
    EXPECT_EQ(told.ws_row, 50);
}

TEST(Relay, FollowsTheTerminalsSize) {
    auto [ours, theirs] = sys::stream_pair();
    sys::Pty terminal = sys::open_pty();
    std::vector<int> rows;
    RelayOptions options;
    options.resize = [&](const winsize& size) {
        rows.push_back(size.ws_row);
        if (rows.size() == 1) {
            sys::set_window_size(terminal.master, {.ws_row = 7, .ws_col = 7, .ws_xpixel = 0, .ws_ypixel = 0});
            ::raise(SIGWINCH); // as a controlling terminal would
        } else {
            theirs.reset();
        }
    };
    EXPECT_EQ(relay(terminal.slave, FdRef(), ours, options).end, SessionEnd::PeerClosed);
    EXPECT_EQ(rows, (std::vector<int>{0, 7}));
}

TEST(Relay, ASizeThatNobodyTakesDoesNotEndTheSession) {
    auto [ours, theirs] = sys::stream_pair();
    sys::Pty terminal = sys::open_pty();
    auto [out, out_writer] = make_pipe();
    sys::write_all(theirs, "on", "peer");
    theirs.reset();
    RelayOptions options;
    options.resize = [](const winsize&) { throw StateError(StateProblem::NotRunning, "gone"); };
    EXPECT_EQ(relay(terminal.slave, out_writer, ours, options).end, SessionEnd::PeerClosed);
    out_writer.reset();
    EXPECT_EQ(read_to_end(out), "on");
}

TEST(Relay, ASignalRestoresTheTerminalFirst) {
    auto [ours, theirs] = sys::stream_pair();
    sys::Pty terminal = sys::open_pty();
    termios before{};
    ::tcgetattr(terminal.slave.raw(), &before);
    RelayOptions options;
    options.resize = [](const winsize&) { ::raise(SIGTERM); };
    const SessionResult result = relay(terminal.slave, FdRef(), ours, options);
    EXPECT_EQ(result.end, SessionEnd::Signal);
    EXPECT_EQ(result.signal, SIGTERM);
    termios after{};
    ::tcgetattr(terminal.slave.raw(), &after);
    EXPECT_TRUE(same_settings(before, after));
}

TEST(Relay, PassesSignalsOnAndStays) {
    auto [ours, theirs] = sys::stream_pair();
    auto [out, out_writer] = make_pipe();
    const sys::SignalFd before{SIGUSR1, SIGTERM}; // one that came before the relay is for it too
    ::raise(SIGUSR1);
    std::vector<int> passed;
    RelayOptions options;
    options.signals = {SIGUSR1, SIGTERM};
    options.pass_on = [&passed, &peer = theirs](int signal) {
        passed.push_back(signal);
        if (passed.size() == 1) ::raise(SIGTERM);
        else sys::write_all(peer, "still here", "peer"), peer.reset();
    };
    EXPECT_EQ(relay(FdRef(), out_writer, ours, options).end, SessionEnd::PeerClosed);
    EXPECT_EQ(passed, (std::vector<int>{SIGUSR1, SIGTERM}));
    out_writer.reset();
    EXPECT_EQ(read_to_end(out), "still here");
}

TEST(Relay, AReaderThatLeftIsNoticed) {
    auto [ours, theirs] = sys::stream_pair();
    auto [out, out_writer] = make_pipe();
    out.reset();
    sys::write_all(theirs, "x", "peer");
    EXPECT_EQ(relay(FdRef(), out_writer, ours, {}).end, SessionEnd::OutputGone);
}

TEST(Relay, EndsWithTheProcessAndKeepsItsLastWords) {
    sys::Pty pty = sys::open_pty();
    auto [out, out_writer] = make_pipe();
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
        const std::string words(3000, 'w');
        (void)!::write(pty.slave.raw(), words.data(), words.size());
        ::_exit(0);
    }
    // We keep the slave open, as a background process of the user would.
    const std::optional<Fd> pidfd = sys::open_pidfd(pid);
    ASSERT_TRUE(pidfd);
    RelayOptions options;
    options.until = *pidfd;
    EXPECT_EQ(relay(FdRef(), out_writer, pty.master, options).end, SessionEnd::Stopped);
    out_writer.reset();
    EXPECT_EQ(read_to_end(out), std::string(3000, 'w'));
    EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
}

TEST(Relay, AClosedPtyIsReadToItsEnd) {
    sys::Pty pty = sys::open_pty();
    auto [out, out_writer] = make_pipe();
    sys::write_all(pty.slave, "bye", "slave");
    pty.slave.reset();
    EXPECT_EQ(relay(FdRef(), out_writer, pty.master, {}).end, SessionEnd::PeerClosed);
    out_writer.reset();
    EXPECT_EQ(read_to_end(out), "bye");
}

} // namespace
} // namespace lxcpp
