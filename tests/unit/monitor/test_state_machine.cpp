// SPDX-License-Identifier: Apache-2.0
#include "monitor/state_machine.h"

#include <gtest/gtest.h>

namespace lxcpp {
namespace {

using States = std::vector<State>;

TEST(StateMachine, FreezeAndThaw) {
    StateMachine machine;
    EXPECT_EQ(machine.notice(State::Freezing), States{State::Freezing});
    EXPECT_EQ(machine.notice(State::Frozen), States{State::Frozen});
    EXPECT_EQ(machine.notice(State::Thawed), (States{State::Thawed, State::Running}));
    EXPECT_EQ(machine.state(), State::Running);
}

TEST(StateMachine, RepeatedNoticeAnnouncesNothing) {
    StateMachine machine(State::Frozen);
    EXPECT_EQ(machine.notice(State::Frozen), States{});
}

TEST(StateMachine, AFreezeOrAStopCanBeGivenUp) {
    StateMachine machine;
    (void)machine.notice(State::Freezing);
    EXPECT_EQ(machine.notice(State::Running), States{State::Running});
    (void)machine.notice(State::Stopping);
    EXPECT_EQ(machine.notice(State::Frozen), std::nullopt);
    EXPECT_EQ(machine.notice(State::Running), States{State::Running});
}

TEST(StateMachine, NobodyCanClaimWhatOnlyTheMonitorKnows) {
    StateMachine machine;
    for (const State state : {State::Stopped, State::Starting, State::Aborting}) {
        EXPECT_EQ(machine.notice(state), std::nullopt);
    }
    EXPECT_EQ(machine.state(), State::Running);
}

TEST(StateMachine, AfterTheEndNoticesAreRefused) {
    StateMachine machine;
    (void)machine.notice(State::Stopping);
    // Announced again, because it carries the exit status now.
    EXPECT_EQ(machine.init_exit(sys::ExitStatus{false, 3}), States{State::Stopping});
    EXPECT_TRUE(machine.init_exited());
    EXPECT_EQ(machine.exit(), (sys::ExitStatus{false, 3}));
    EXPECT_EQ(machine.notice(State::Running), std::nullopt);
    EXPECT_EQ(machine.state(), State::Stopping);
}

} // namespace
} // namespace lxcpp
