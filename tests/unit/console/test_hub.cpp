// SPDX-License-Identifier: Apache-2.0
#include "console/hub.h"

#include "support/temp_dir.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/pty.h"
#include "sys/stream.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <termios.h>

namespace lxcpp {
namespace {

using namespace std::chrono_literals;

class ConsoleHubTest : public testing::Test {
protected:
    ConsoleHubTest() : pty_(sys::open_pty()) {
        // What the container writes comes out unchanged, what it is sent waits for no line end.
        termios raw{};
        ::tcgetattr(pty_.slave.raw(), &raw);
        ::cfmakeraw(&raw);
        ::tcsetattr(pty_.slave.raw(), TCSANOW, &raw);
        sys::set_nonblocking(pty_.slave, true);
    }

    ConsoleHub& make(std::uint64_t ring = 4096, std::optional<ConsoleLog> log = {}) {
        hub_.emplace(std::move(pty_.master), RingBuffer(ring), std::move(log), epoll_, kBase);
        return *hub_;
    }
    // One turn of the monitor's loop.
    void turn(std::chrono::milliseconds wait = 0ms) {
        std::array<sys::Ready, 16> ready{};
        const std::size_t count = epoll_.wait(ready, wait);
        for (std::size_t i = 0; i < count; ++i) {
            hub_->handle(static_cast<std::uint32_t>(ready[i].tag - kBase), ready[i].events);
        }
        hub_->tick(ConsoleHub::Clock::now());
    }
    bool turn_until(const std::function<bool()>& done) {
        const auto end = ConsoleHub::Clock::now() + 5s;
        while (!done()) {
            if (ConsoleHub::Clock::now() > end) return false;
            turn(10ms);
        }
        return true;
    }
    // Everything there is to be read now.
    static std::string take(FdRef fd) {
        std::array<char, 65536> piece;
        std::string all;
        sys::set_nonblocking(fd, true);
        for (long count; (count = sys::try_read(fd, piece)) > 0;) {
            all.append(piece.data(), static_cast<std::size_t>(count));
        }
        return all;
    }
    bool ring_ends_with(std::string_view text) {
        return hub_->ring().read(0, 1 << 20).data.ends_with(text);
    }
    // The container prints that many bytes; false when it could not within 5 s.
    bool print(std::size_t total) {
        std::size_t done = 0;
        const std::string piece(4096, 'x');
        return turn_until([&] {
            const long count = sys::try_write(pty_.slave, std::string_view(piece).substr(
                                                              0, std::min(piece.size(), total - done)));
            if (count > 0) done += static_cast<std::size_t>(count);
            return done == total;
        });
    }

    static constexpr std::uint64_t kBase = 7ull << 32;
    sys::Pty pty_;
    sys::Epoll epoll_;
    std::optional<ConsoleHub> hub_;
};

TEST_F(ConsoleHubTest, OutputGoesToRingLogAndAllSessions) {
    const test::TempDir dir;
    ConsoleHub& hub = make(4096, ConsoleLog({.path = dir / "log"}));
    const Fd one = std::move(*hub.open_session());
    const Fd two = std::move(*hub.open_session());
    sys::write_all(pty_.slave, "hello", "slave");
    ASSERT_TRUE(turn_until([&] { return ring_ends_with("hello"); }));
    EXPECT_EQ(take(one), "hello");
    EXPECT_EQ(take(two), "hello");
    EXPECT_EQ(sys::read_file(dir / "log"), "hello");
}

TEST_F(ConsoleHubTest, InputReachesTheContainer) {
    ConsoleHub& hub = make();
    const Fd session = std::move(*hub.open_session());
    sys::write_all(session, "root\n", "session");
    std::string got;
    EXPECT_TRUE(turn_until([&] { return (got += take(pty_.slave)) == "root\n"; }));
}

TEST_F(ConsoleHubTest, InputThatTheContainerDoesNotReadHoldsUpNothing) {
    ConsoleHub& hub = make();
    const Fd session = std::move(*hub.open_session());
    sys::set_nonblocking(session, true);
    const std::string flood(1 << 20, 'i');
    (void)sys::try_write(session, flood);
    for (int i = 0; i < 100; ++i) turn();
    sys::write_all(pty_.slave, "alive", "slave");
    EXPECT_TRUE(turn_until([&] { return ring_ends_with("alive"); }));
}

TEST_F(ConsoleHubTest, AnotherSessionsInputPassesOneThatLeft) {
    ConsoleHub& hub = make();
    {
        const Fd session = std::move(*hub.open_session());
        sys::write_all(session, "a", "session");
    }
    const Fd session = std::move(*hub.open_session());
    sys::write_all(session, "b", "session");
    std::string got;
    EXPECT_TRUE(turn_until([&] { return (got += take(pty_.slave)) == "ab"; }));
    EXPECT_TRUE(turn_until([&] { return hub.sessions().size() == 1; }));
}

TEST_F(ConsoleHubTest, WithoutSessionTheContainerNeverBlocks) {
    make();
    EXPECT_TRUE(print(4 << 20));
}

TEST_F(ConsoleHubTest, ASessionThatNeverReadsCostsTheContainerOneShortWait) {
    ConsoleHub& hub = make();
    const Fd session = std::move(*hub.open_session());
    const auto start = ConsoleHub::Clock::now();
    EXPECT_TRUE(print(4 << 20));
    EXPECT_GE(ConsoleHub::Clock::now() - start, ConsoleHub::kPatience); // it was waited for, once
    // And once it reads it is served again.
    (void)take(session);
    sys::write_all(pty_.slave, "again", "slave");
    std::string got;
    EXPECT_TRUE(turn_until([&] {
        got += take(session);
        if (!got.ends_with("again") && ring_ends_with("again")) {
            sys::write_all(pty_.slave, "again", "slave");
        }
        return got.ends_with("again");
    }));
}

TEST_F(ConsoleHubTest, ASessionThatReadsSlowlyLosesNothing) {
    ConsoleHub& hub = make();
    const Fd session = std::move(*hub.open_session());
    sys::set_nonblocking(session, true);
    constexpr std::size_t kTotal = 256 << 10;
    std::string sent;
    for (std::size_t i = 0; sent.size() < kTotal; ++i) sent += std::to_string(i) + ' ';
    std::size_t done = 0;
    std::string got;
    std::array<char, 4096> piece;
    int turns = 0;
    EXPECT_TRUE(turn_until([&] {
        const long count = sys::try_write(pty_.slave, std::string_view(sent).substr(done, 4096));
        if (count > 0) done += static_cast<std::size_t>(count);
        // Much slower than the container prints, so that the session's buffer is full for long.
        if (++turns % 2 == 0 || done == sent.size()) {
            const long read = sys::try_read(session, piece);
            if (read > 0) got.append(piece.data(), static_cast<std::size_t>(read));
        }
        return got.size() >= sent.size();
    }));
    EXPECT_TRUE(got == sent);
}

TEST_F(ConsoleHubTest, SessionsAreLimited) {
    ConsoleHub& hub = make();
    std::vector<Fd> sessions;
    for (std::size_t i = 0; i < ConsoleHub::kMaxSessions; ++i) {
        sessions.push_back(std::move(*hub.open_session()));
    }
    EXPECT_FALSE(hub.open_session().has_value());
    sessions.clear();
    EXPECT_TRUE(turn_until([&] { return hub.sessions().empty(); }));
    EXPECT_TRUE(hub.open_session().has_value());
}

TEST_F(ConsoleHubTest, AConsoleThatNobodyHasOpenIsQuietAndComesBack) {
    make();
    sys::write_all(pty_.slave, "first", "slave");
    ASSERT_TRUE(turn_until([&] { return ring_ends_with("first"); }));
    const std::string name = *sys::read_link(sys::fd_path(pty_.slave));
    pty_.slave.reset();
    std::array<sys::Ready, 4> ready{};
    EXPECT_EQ(epoll_.wait(ready, 0ms), 0u) << "a hang-up would wake the monitor for ever";
    pty_.slave = sys::open_file(name, {.access = sys::Access::Write});
    sys::write_all(pty_.slave, "second", "slave");
    EXPECT_TRUE(turn_until([&] { return ring_ends_with("second"); }));
}

TEST_F(ConsoleHubTest, DrainTakesTheLastWords) {
    ConsoleHub& hub = make();
    sys::write_all(pty_.slave, "Power down.", "slave");
    hub.drain();
    EXPECT_TRUE(ring_ends_with("Power down."));
}

TEST_F(ConsoleHubTest, ResizeReachesTheContainer) {
    make().resize({.ws_row = 33, .ws_col = 101, .ws_xpixel = 0, .ws_ypixel = 0});
    const std::optional<winsize> size = sys::window_size(pty_.slave);
    ASSERT_TRUE(size);
    EXPECT_EQ(size->ws_row, 33);
    EXPECT_EQ(size->ws_col, 101);
}

} // namespace
} // namespace lxcpp
