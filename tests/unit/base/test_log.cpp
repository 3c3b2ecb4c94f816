// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include "base/scope_exit.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp;
using test::error_of;
using testing::MatchesRegex;

namespace {

// Leaves the logger as quiet as a program that configured nothing asks for.
auto quiet_afterwards() {
    return ScopeExit([] { log::configure({.program = "tests", .level = LogLevel::Fatal}); });
}

} // namespace

TEST(LogLevels, NamesAndNumbers) {
    EXPECT_EQ(parse_log_level("debug"), LogLevel::Debug);
    EXPECT_EQ(parse_log_level("NOTICE"), LogLevel::Notice);
    EXPECT_EQ(parse_log_level("0"), LogLevel::Trace);
    EXPECT_EQ(parse_log_level("8"), LogLevel::Fatal);
    EXPECT_FALSE(parse_log_level("9"));
    EXPECT_FALSE(parse_log_level("loud"));
    EXPECT_FALSE(parse_log_level(""));
    EXPECT_EQ(log_level_name(LogLevel::Warn), "WARN");
}

TEST(Log, StandardErrorHasNoNoise) {
    const auto quiet = quiet_afterwards();
    log::configure({.program = "lxcpp-start", .level = LogLevel::Info});
    testing::internal::CaptureStderr();
    log::debug("dropped");
    log::info("shown as {}", "info");
    log::warn("careful");
    log::error("c1: broken");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "lxcpp-start: INFO: shown as info\n"
                                                      "lxcpp-start: careful\n"
                                                      "lxcpp-start: c1: broken\n");
}

TEST(Log, AFileGetsTimeAndLevelAndIsAppendedTo) {
    const auto quiet = quiet_afterwards();
    const test::TempDir dir;
    const std::string file = dir / "c1.log";
    sys::write_file_atomic(file, "old\n");
    log::configure(
        {.program = "lxcpp-start", .level = LogLevel::Debug, .file = file, .to_stderr = false});
    log::debug("message");
    EXPECT_THAT(
        sys::read_file(file),
        MatchesRegex("old\nlxcpp-start [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
                     "\\.[0-9]{3}Z DEBUG message\n"));
}

TEST(Log, OneMessageIsOneLine) {
    const auto quiet = quiet_afterwards();
    log::configure({.program = "t", .level = LogLevel::Error});
    testing::internal::CaptureStderr();
    log::error("a\nt: forged\x1b[2J");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "t: a\\x0at: forged\\x1b[2J\n");
}

TEST(Log, ALinkInPlaceOfTheFileIsRefused) {
    const test::TempDir dir;
    std::filesystem::create_symlink("/dev/null", dir / "log");
    EXPECT_EQ(error_of([&] { log::configure({.program = "t", .file = dir / "log"}); }),
              "open log file " + (dir / "log").native() + ": Too many levels of symbolic links");
}
