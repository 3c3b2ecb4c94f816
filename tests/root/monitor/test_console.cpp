// SPDX-License-Identifier: Apache-2.0
#include "fake_container.h"

#include <lxcpp/error.h>

#include "console/session.h"
#include "support/error_of.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/socket.h"
#include "sys/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using test::FakeContainer;
using test::next_event;

void make_raw(FdRef terminal) {
    termios settings{};
    ::tcgetattr(terminal.raw(), &settings);
    ::cfmakeraw(&settings);
    ::tcsetattr(terminal.raw(), TCSANOW, &settings);
}

// Reads until text ends with that.
std::string read_until(FdRef fd, std::string_view ending) {
    std::string text;
    std::array<char, 4096> piece;
    while (!text.ends_with(ending)) {
        std::array<sys::PollItem, 1> item{sys::PollItem{fd, POLLIN}};
        if (!sys::poll_items(item, 5s)) break;
        const long count = sys::try_read(fd, piece);
        if (count <= 0) break;
        text.append(piece.data(), static_cast<std::size_t>(count));
    }
    return text;
}

// An init that echoes its console in capitals until it reads "x".
int shout(FdRef console) {
    make_raw(console);
    sys::write_all(console, "ready>", "console");
    for (char byte = 0; ::read(console.raw(), &byte, 1) == 1;) {
        if (byte == 'x') return 0;
        const char loud = static_cast<char>(std::toupper(byte));
        sys::write_all(console, std::string_view(&loud, 1), "console");
    }
    return 1;
}

FakeContainer::Options shouting(std::function<void(SupervisorState&)> adjust = {}) {
    FakeContainer::Options options;
    options.console = true;
    options.init = shout;
    options.adjust = std::move(adjust);
    return options;
}

TEST(MonitorConsole, CarriesBothWays) {
    const FakeContainer container(shouting());
    MonitorClient client = container.client();
    const OpenedConsole console = client.open_console(0);
    EXPECT_EQ(console.tty, 0);
    sys::write_all(console.fd, "abc", "console");
    EXPECT_TRUE(read_until(console.fd, "ABC").ends_with("ABC"));
}

TEST(MonitorConsole, EndsWithTheContainer) {
    const FakeContainer container(shouting());
    MonitorClient client = container.client();
    const OpenedConsole console = client.open_console(0);
    sys::write_all(console.fd, "x", "console");
    (void)read_until(console.fd, "never seen");
    std::array<char, 8> piece;
    EXPECT_EQ(sys::try_read(console.fd, piece), 0);
}

TEST(MonitorConsole, AForegroundSessionMissesNothing) {
    auto [ours, theirs] = sys::stream_pair();
    const FakeContainer container(shouting(
        [fd = theirs.raw()](SupervisorState& state) { state.session = fd; }));
    theirs.reset();
    EXPECT_EQ(read_until(ours, "ready>"), "ready>");
}

TEST(MonitorConsole, RingBufferIsReadInPartsAndCleared) {
    FakeContainer::Options options;
    options.console = true;
    options.adjust = [](SupervisorState& state) { state.console_buffer = 256 << 10; };
    std::string sent;
    for (int i = 0; sent.size() < 200 << 10; ++i) sent += std::to_string(i) + '\n';
    options.init = [&](FdRef console) {
        make_raw(console);
        sys::write_all(console, sent, "console");
        return ::pause();
    };
    const FakeContainer container(std::move(options));
    MonitorClient client = container.client();
    std::string log;
    for (int i = 0; i < 2000 && log.size() < sent.size(); ++i) log = client.console_log();
    EXPECT_TRUE(log == sent);
    EXPECT_TRUE(client.console_log(true) == sent);
    EXPECT_EQ(client.console_log(), "");
}

TEST(MonitorConsole, WithoutBufferOrConsoleTheReasonIsSaid) {
    const FakeContainer with(shouting());
    MonitorClient client = with.client();
    EXPECT_EQ(error_of([&] { (void)client.console_log(); }),
              "container c1 keeps no console log (see lxc.console.buffer.size)");
    const FakeContainer without;
    MonitorClient other = without.client();
    EXPECT_EQ(error_of([&] { (void)other.open_console(0); }),
              "container c1 has no console here (see lxc.console.path)");
}

TEST(MonitorConsole, TheLogFileRotates) {
    const test::TempDir dir("/dev/shm");
    FakeContainer::Options options;
    options.console = true;
    options.adjust = [&](SupervisorState& state) {
        state.console_logfile = dir / "console";
        state.console_size = 1000;
        state.console_rotate = true;
    };
    options.init = [](FdRef console) {
        make_raw(console);
        sys::write_all(console, std::string(1000, 'a') + std::string(500, 'b'), "console");
        return 0;
    };
    FakeContainer container(std::move(options));
    container.wait_supervisor(); // what was printed last is in the log even then
    EXPECT_EQ(sys::read_file(dir / "console.1"), std::string(1000, 'a'));
    EXPECT_EQ(sys::read_file(dir / "console"), std::string(500, 'b'));
}

TEST(MonitorConsole, AnUnusableLogFileIsReportedAndTheContainerLives) {
    const FakeContainer container(shouting(
        [](SupervisorState& state) { state.console_logfile = "/nonexistent/console"; }));
    MonitorClient client = container.client();
    const OpenedConsole console = client.open_console(0);
    sys::write_all(console.fd, "a", "console");
    EXPECT_TRUE(read_until(console.fd, "A").ends_with("A"));
    EXPECT_NE(sys::read_file(container.log())
                  .find("ERROR c1: console log: open /nonexistent/console: No such file"),
              std::string::npos);
}

TEST(MonitorConsole, NeitherNobodyNorAViewerThatNeverReadsBlocksTheContainer) {
    for (const bool viewer : {false, true}) {
        FakeContainer::Options options;
        options.console = true;
        options.init = [](FdRef console) {
            char go = 0;
            make_raw(console);
            if (::read(console.raw(), &go, 1) != 1) return 1;
            for (int i = 0; i < 1024; ++i) sys::write_all(console, std::string(4096, 'x'), "console");
            return 42;
        };
        FakeContainer container(std::move(options));
        MonitorClient client = container.client();
        client.subscribe();
        OpenedConsole console = client.open_console(0);
        sys::write_all(console.fd, "g", "console");
        if (!viewer) console.fd.reset();
        EXPECT_EQ(next_event(client).exit, (sys::ExitStatus{false, 42}));
    }
}

TEST(MonitorConsole, ResizeReachesTheContainer) {
    FakeContainer::Options options;
    options.console = true;
    options.init = [](FdRef console) {
        char asked = 0;
        make_raw(console);
        if (::read(console.raw(), &asked, 1) != 1) return 1;
        return int{sys::window_size(console)->ws_row};
    };
    FakeContainer container(std::move(options));
    MonitorClient client = container.client();
    client.subscribe();
    client.resize({.ws_row = 61, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0});
    const OpenedConsole console = client.open_console(0);
    sys::write_all(console.fd, "?", "console");
    EXPECT_EQ(next_event(client).exit, (sys::ExitStatus{false, 61}));
}

TEST(MonitorConsole, SurvivesAReboot) {
    FakeContainer::Options options = shouting();
    options.cleanup = test::CleanupMode::Reboot;
    const FakeContainer container(std::move(options));
    MonitorClient client = container.client();
    client.subscribe();
    EXPECT_EQ(client.open_console(0).tty, 0);
    client.kill(SIGHUP);
    EXPECT_EQ(next_event(client).state, State::Stopping);
    EXPECT_EQ(next_event(client).state, State::Running);
}

TEST(MonitorTtys, AreHeldByOneClientEach) {
    FakeContainer::Options options;
    options.ttys = 2;
    const FakeContainer container(std::move(options));
    MonitorClient one = container.client();
    EXPECT_EQ(one.open_console(-1).tty, 1);
    std::optional<MonitorClient> two = container.client();
    EXPECT_EQ(error_of([&] { (void)two->open_console(1); }),
              "no tty 1 of c1 is free, somebody is connected");
    const OpenedConsole second = two->open_console(-1);
    EXPECT_EQ(second.tty, 2);
    EXPECT_TRUE(sys::is_ptmx_master(second.fd));
    MonitorClient three = container.client();
    EXPECT_EQ(error_of([&] { (void)three.open_console(-1); }),
              "no tty of c1 is free, somebody is connected");
    EXPECT_EQ(error_of([&] { (void)three.open_console(3); }), "no tty 3 of c1 exists (see lxc.tty.max)");
    two.reset(); // the connection is the lease, not the descriptor
    int tty = 0;
    for (int i = 0; i < 1000 && tty != 2; ++i) {
        (void)error_of([&] { tty = three.open_console(-1).tty; });
    }
    EXPECT_EQ(tty, 2);
}

TEST(MonitorTtys, WithoutAnyTheReasonIsSaid) {
    const FakeContainer container;
    MonitorClient client = container.client();
    EXPECT_EQ(error_of([&] { (void)client.open_console(-1); }), "no tty of c1 exists (see lxc.tty.max)");
}

} // namespace
} // namespace lxcpp
