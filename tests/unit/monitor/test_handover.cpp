// SPDX-License-Identifier: Apache-2.0
#include "monitor/handover.h"

#include "support/error_of.h"
#include "sys/fd_table.h"
#include "sys/socket.h"

#include <gtest/gtest.h>

#include <fcntl.h>

namespace lxcpp {
namespace {

using test::error_of;
using Words = std::vector<std::string>;

TEST(Handover, SupervisorArgumentsComeBackAsTheyWere) {
    const SupervisorArguments arguments{3, {7, 8}, {9}};
    EXPECT_EQ(print_arguments(arguments), (Words{"3", "--subscribers", "7,8", "--sessions", "9"}));
    EXPECT_EQ(parse_supervisor_arguments(print_arguments(arguments)), arguments);
    EXPECT_EQ(parse_supervisor_arguments(Words{"3"}), (SupervisorArguments{3, {}, {}}));
}

TEST(Handover, CleanupArgumentsComeBackAsTheyWere) {
    const CleanupArguments arguments{3, sys::ExitStatus{true, 1}, 5, {7, 8}, {9}};
    EXPECT_EQ(print_arguments(arguments), (Words{"3", "--status", "signal:1", "--socket", "5",
                                                 "--subscribers", "7,8", "--sessions", "9"}));
    EXPECT_EQ(parse_cleanup_arguments(print_arguments(arguments)), arguments);
}

TEST(Handover, WrongArgumentsAreNamed) {
    const auto supervisor = [](const Words& words) {
        return error_of([&] { (void)parse_supervisor_arguments(words); });
    };
    EXPECT_EQ(supervisor({}), "lxcpp-supervisor: no runtime directory descriptor");
    EXPECT_EQ(supervisor({"x"}), "\"x\" is not a descriptor number");
    EXPECT_EQ(supervisor({"99999999999"}), "\"99999999999\" is not a descriptor number");
    EXPECT_EQ(supervisor({"3", "--sessions"}), "lxcpp-supervisor: unexpected argument --sessions");
    EXPECT_EQ(supervisor({"3", "--subscribers", "4,"}), "\"\" is not a descriptor number");
    EXPECT_EQ(supervisor({"3", "--socket", "4"}), "lxcpp-supervisor: unexpected argument --socket");
    const auto cleanup = [](const Words& words) {
        return error_of([&] { (void)parse_cleanup_arguments(words); });
    };
    EXPECT_EQ(cleanup({"3"}), "lxcpp-cleanup: no --status");
    EXPECT_EQ(cleanup({"3", "--status", "9"}), "exit status \"9\" is not code:N, signal:N or unknown");
}

TEST(Handover, TitleIsThatOfTheMonitor) {
    SupervisorState state;
    state.name = "c1";
    state.lxcpath = "/var/lib/lxcpp";
    EXPECT_EQ(monitor_title(state), "[lxcpp monitor] /var/lib/lxcpp c1");
}

TEST(Handover, AFailedExecLeavesDescriptorsCloseOnExec) {
    auto [one, other] = sys::socket_pair();
    const CleanupArguments arguments{one.raw(), std::nullopt, other.raw(), {}, {}};
    EXPECT_EQ(error_of([&] { exec_cleanup("/nonexistent/lxcpp-cleanup", arguments); }),
              "run /nonexistent/lxcpp-cleanup: No such file or directory");
    for (const Fd* fd : {&one, &other}) {
        EXPECT_EQ(::fcntl(fd->raw(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    }
}

} // namespace
} // namespace lxcpp
