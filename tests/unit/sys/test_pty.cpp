// SPDX-License-Identifier: Apache-2.0
#include "sys/pty.h"

#include "support/error_of.h"
#include "sys/epoll.h"
#include "sys/file.h"

#include <gtest/gtest.h>

#include <unistd.h>

using namespace lxcpp;
using namespace std::chrono_literals;

TEST(Pty, MasterAndTerminalAreConnected) {
    const sys::Pty pty = sys::open_pty();
    EXPECT_TRUE(sys::is_terminal(pty.slave));
    EXPECT_TRUE(sys::is_ptmx_master(pty.master));
    EXPECT_FALSE(sys::is_ptmx_master(pty.slave));
    EXPECT_FALSE(sys::is_ptmx_master(sys::open_file("/dev/null")));
    sys::write_all(pty.slave, "x", "pty");
    EXPECT_TRUE(sys::wait_readable(pty.master, 5s));
    char byte = 0;
    EXPECT_EQ(::read(pty.master.raw(), &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
}

TEST(Pty, WindowSizeIsShared) {
    const sys::Pty pty = sys::open_pty();
    sys::set_window_size(pty.master, {.ws_row = 12, .ws_col = 34, .ws_xpixel = 0, .ws_ypixel = 0});
    const auto size = sys::window_size(pty.slave);
    ASSERT_TRUE(size);
    EXPECT_EQ(size->ws_row, 12);
    EXPECT_EQ(size->ws_col, 34);
    EXPECT_FALSE(sys::window_size(sys::open_file("/dev/null")));
}

TEST(RawMode, RestoresTheSettings) {
    const sys::Pty pty = sys::open_pty();
    termios before{};
    termios during{};
    termios after{};
    ASSERT_EQ(::tcgetattr(pty.slave.raw(), &before), 0);
    {
        const sys::RawMode raw(pty.slave);
        ::tcgetattr(pty.slave.raw(), &during);
    }
    ::tcgetattr(pty.slave.raw(), &after);
    EXPECT_EQ(during.c_lflag & ICANON, 0u);
    EXPECT_EQ(after.c_lflag, before.c_lflag);
    EXPECT_EQ(after.c_iflag, before.c_iflag);
    EXPECT_EQ(test::error_of([] { const sys::RawMode raw(sys::open_file("/dev/null")); }),
              "read the terminal's settings: Inappropriate ioctl for device");
}
