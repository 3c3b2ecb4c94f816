// SPDX-License-Identifier: Apache-2.0
#include "container/restart_policy.h"

#include <csignal>
#include <gtest/gtest.h>

namespace lxcpp {
namespace {

using namespace std::chrono_literals;

constexpr sys::ExitStatus kGood{};
constexpr sys::ExitStatus kBad{false, 3};
constexpr sys::ExitStatus kKilled{true, SIGKILL};
constexpr sys::ExitStatus kPoweredOff{true, SIGINT};

bool again(const Restart& wish, const std::optional<sys::ExitStatus>& exit, unsigned restarts = 0) {
    return next_run(wish, {.exit = exit, .ran = 1s, .restarts = restarts, .delay = 0s}).has_value();
}

TEST(RestartPolicyOf, No) { EXPECT_FALSE(again({}, kBad)); }

TEST(RestartPolicyOf, OnFailureLooksAtTheEnd) {
    const Restart wish{.policy = RestartPolicy::OnFailure};
    EXPECT_FALSE(again(wish, kGood));
    EXPECT_TRUE(again(wish, kBad));
    EXPECT_TRUE(again(wish, kKilled));
    EXPECT_TRUE(again(wish, std::nullopt));
    EXPECT_FALSE(again(wish, kPoweredOff));
    EXPECT_TRUE(again(wish, kBad, 1000));
}

TEST(RestartPolicyOf, OnFailureCounts) {
    const Restart wish{.policy = RestartPolicy::OnFailure, .most = 2};
    EXPECT_TRUE(again(wish, kBad, 1));
    EXPECT_FALSE(again(wish, kBad, 2));
}

TEST(RestartPolicyOf, AlwaysMeansAnyEndButAPowerOff) {
    for (const auto policy : {RestartPolicy::Always, RestartPolicy::UnlessStopped}) {
        EXPECT_TRUE(again({.policy = policy}, kGood));
        EXPECT_TRUE(again({.policy = policy}, kBad, 1000));
        EXPECT_FALSE(again({.policy = policy}, kPoweredOff));
    }
}

TEST(RestartPolicyOf, TheDelayDoublesUntilARunWasLong) {
    const Restart wish{.policy = RestartPolicy::Always, .delay = 1};
    LastRun last{.exit = kBad, .ran = 1s};
    for (const auto expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        const auto next = next_run(wish, last);
        ASSERT_TRUE(next);
        EXPECT_EQ(next->delay, expected);
        EXPECT_EQ(next->restarts, last.restarts + 1);
        last.restarts = next->restarts;
        last.delay = next->delay;
    }
    last.ran = 10s;
    EXPECT_EQ(next_run(wish, last), (NextRun{9, 1s}));
    EXPECT_EQ(next_run({.policy = RestartPolicy::Always, .delay = 300}, {.exit = kBad, .ran = 1s, .restarts = 5, .delay = 300s})->delay, 300s);
    EXPECT_EQ(next_run({.policy = RestartPolicy::Always, .delay = 0}, {.exit = kBad, .ran = 1s, .restarts = 5, .delay = 0s})->delay, 0s);
}

} // namespace
} // namespace lxcpp
