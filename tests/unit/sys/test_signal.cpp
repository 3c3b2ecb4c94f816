// SPDX-License-Identifier: Apache-2.0
#include "sys/signal.h"

#include "sys/epoll.h"

#include <gtest/gtest.h>

#include <csignal>

using namespace lxcpp;
using namespace std::chrono_literals;
using sys::parse_signal;
using sys::signal_name;

TEST(Signal, ParsesNumbersNamesAndRealTimeOffsets) {
    EXPECT_EQ(parse_signal("9"), SIGKILL);
    EXPECT_EQ(parse_signal("64"), 64);
    EXPECT_EQ(parse_signal("SIGPWR"), SIGPWR);
    EXPECT_EQ(parse_signal("sigterm"), SIGTERM);
    EXPECT_EQ(parse_signal("SIGRTMIN"), SIGRTMIN);
    EXPECT_EQ(parse_signal("SIGRTMIN+3"), SIGRTMIN + 3);
    EXPECT_EQ(parse_signal("SIGRTMAX-1"), SIGRTMAX - 1);
    for (const char* bad : {"", "0", "65", "-9", "TERM", "SIG", "SIGNOPE", "SIGRTMIN-1",
                            "SIGRTMAX+1", "SIGRTMIN+31", "SIGRTMIN+", "SIGRTMIN+x", "SIGTERM "}) {
        EXPECT_FALSE(parse_signal(bad)) << bad;
    }
}

TEST(Signal, NamesCanBeParsedBack) {
    EXPECT_EQ(signal_name(SIGTERM), "SIGTERM");
    EXPECT_EQ(signal_name(SIGCHLD), "SIGCHLD");
    EXPECT_EQ(signal_name(SIGRTMIN + 3), "SIGRTMIN+3");
    EXPECT_EQ(signal_name(99), "signal 99");
    for (int signal = 1; signal <= 64; ++signal) {
        if (signal > 31 && signal < SIGRTMIN) continue; // the C library's own
        EXPECT_EQ(parse_signal(signal_name(signal)), signal) << signal;
    }
}

TEST(SignalFd, DeliversWhatItBlocksAndRestoresTheMask) {
    sigset_t before;
    sigset_t after;
    ::sigprocmask(SIG_SETMASK, nullptr, &before);
    {
        sys::SignalFd signals{SIGUSR1, SIGCHLD};
        EXPECT_FALSE(signals.next());
        ::raise(SIGUSR1);
        EXPECT_TRUE(sys::wait_readable(signals.fd(), 1s));
        EXPECT_EQ(signals.next(), SIGUSR1);
        EXPECT_FALSE(signals.next());
    }
    ::sigprocmask(SIG_SETMASK, nullptr, &after);
    EXPECT_EQ(sigismember(&before, SIGUSR1), sigismember(&after, SIGUSR1));
}
