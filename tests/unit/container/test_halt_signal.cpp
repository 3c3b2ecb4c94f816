// SPDX-License-Identifier: Apache-2.0
#include "container/halt_signal.h"

#include <csignal>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

namespace lxcpp {
namespace {

std::string status(const std::string& blocked, const std::string& caught) {
    return "Name:\tsystemd\nSigQ:\t0/1\nSigPnd:\t0000001000000000\nShdPnd:\t0000001000000000\nSigBlk:\t" + blocked +
           "\nSigIgn:\t0000001000001000\nSigCgt:\t" + caught + "\nCapInh:\t0000001000000000\n";
}

constexpr const char* kNone = "0000000000000000";
constexpr const char* kHalt = "0000001000000000"; // signal 37

TEST(HaltSignal, IsSystemdsWhenItIsBlockedOrCaught) {
    EXPECT_TRUE(waits_for_systemd_signals(status(kHalt, kNone)));
    EXPECT_TRUE(waits_for_systemd_signals(status(kNone, kHalt)));
    EXPECT_TRUE(waits_for_systemd_signals(status("7fe3c0fe28014a03", kNone))); // systemd 252
}

// Pending or ignored is not awaited.
TEST(HaltSignal, IsNotWhenOtherFieldsHaveIt) { EXPECT_FALSE(waits_for_systemd_signals(status(kNone, kNone))); }

TEST(HaltSignal, NeighboursDoNotCount) {
    EXPECT_FALSE(waits_for_systemd_signals(status("0000000800000000", "0000002000000000"))); // 36 and 38
}

TEST(HaltSignal, TextThatIsNoStatus) {
    EXPECT_FALSE(waits_for_systemd_signals(""));
    EXPECT_FALSE(waits_for_systemd_signals("SigBlk:"));
    EXPECT_FALSE(waits_for_systemd_signals("SigBlk:\tzzzz\nSigCgt:\n"));
    EXPECT_FALSE(waits_for_systemd_signals("Name:\tSigBlk:\t0000001000000000\n")); // a name of the container's making
}

TEST(HaltSignal, TheConfigurationWins) {
    Config config;
    config.signals.halt = SIGUSR1;
    config.signals.reboot = SIGUSR2;
    EXPECT_EQ(halt_signal(config, ::getpid()), SIGUSR1);
    EXPECT_EQ(reboot_signal(config, ::getpid()), SIGUSR2);
}

TEST(HaltSignal, OfAnyOtherInit) {
    EXPECT_EQ(halt_signal({}, ::getpid()), SIGPWR);
    EXPECT_EQ(reboot_signal({}, ::getpid()), SIGINT);
}

// This process, once it blocks the signal, looks like one.
TEST(HaltSignal, OfOneThatWaits) {
    sigset_t halt;
    sigset_t before;
    sigemptyset(&halt);
    sigaddset(&halt, 37);
    ASSERT_EQ(::sigprocmask(SIG_BLOCK, &halt, &before), 0);
    EXPECT_EQ(halt_signal({}, ::getpid()), 37);
    EXPECT_EQ(reboot_signal({}, ::getpid()), 39);
    ASSERT_EQ(::sigprocmask(SIG_SETMASK, &before, nullptr), 0);
}

} // namespace
} // namespace lxcpp
