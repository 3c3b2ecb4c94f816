// SPDX-License-Identifier: Apache-2.0
#include "image/progress.h"

#include "sys/file.h"
#include "sys/pty.h"
#include "sys/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <unistd.h>

using namespace lxcpp;
using namespace lxcpp::image;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

namespace {

std::chrono::steady_clock::time_point fake_now;
std::chrono::steady_clock::time_point fake_clock() { return fake_now; }

// What was written to a terminal comes in pieces, and ends with EIO.
std::string read_all(const Fd& master) {
    std::string text;
    std::array<char, 512> buffer;
    for (ssize_t got = 0; (got = ::read(master.raw(), buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

ProgressState half_way() {
    return {.phase = "Downloading", .done = 50'000'000, .total = 100'000'000,
            .unit = ProgressUnit::Bytes, .elapsed = 10s};
}

} // namespace

TEST(ProgressText, Amounts) {
    EXPECT_EQ(format_amount(999, ProgressUnit::Bytes), "999 B");
    EXPECT_EQ(format_amount(1000, ProgressUnit::Bytes), "1.0 kB");
    EXPECT_EQ(format_amount(999'949, ProgressUnit::Bytes), "999.9 kB");
    EXPECT_EQ(format_amount(999'950, ProgressUnit::Bytes), "1.0 MB");
    EXPECT_EQ(format_amount(170'400'000, ProgressUnit::Bytes), "170.4 MB");
    EXPECT_EQ(format_amount(~std::uint64_t{0}, ProgressUnit::Bytes), "18.4 EB");
    EXPECT_EQ(format_amount(183, ProgressUnit::Items), "183");
    EXPECT_EQ(format_duration(7s), "0:07");
    EXPECT_EQ(format_duration(3661s), "1:01:01");
}

TEST(ProgressText, LineWithBar) {
    EXPECT_EQ(render_progress_line(half_way(), 80),
              "Downloading [#########          ]  50%  50.0 MB of 100.0 MB  5.0 MB/s  0:10 left");
    EXPECT_EQ(render_progress_line(half_way(), 60),
              "Downloading  50%  50.0 MB of 100.0 MB  5.0 MB/s  0:10 left");
    EXPECT_EQ(render_progress_line(half_way(), 40), "Downloading  50%  50.0 MB of 100.0 MB");
    EXPECT_EQ(render_progress_line(half_way(), 20), "Downloading  50%");
    EXPECT_EQ(render_progress_line(half_way(), 10), "Downl  50%");
    for (unsigned width = 1; width < 200; ++width)
        EXPECT_LE(render_progress_line(half_way(), width).size(), width);
}

TEST(ProgressText, WhatWasThereAtTheStartIsNoSpeed) {
    auto state = half_way();
    state.before = 40'000'000;
    EXPECT_EQ(render_progress_line(state, 60), "Downloading  50%  50.0 MB of 100.0 MB  1.0 MB/s  0:50 left");
    state.before = state.done;
    EXPECT_EQ(render_progress_line(state, 40), "Downloading  50%  50.0 MB of 100.0 MB");
}

TEST(ProgressText, WithoutTotalOrTime) {
    EXPECT_EQ(render_progress_line({.phase = "Reading", .done = 1234, .unit = ProgressUnit::Bytes}, 80),
              "Reading 1.2 kB");
    EXPECT_EQ(render_progress_line({.phase = "Unpacking", .done = 3, .total = 4}, 40),
              "Unpacking [#############     ]  75%  3/4");
    EXPECT_THAT(render_progress_line({.phase = "x", .done = 9, .total = 4}, 40), HasSubstr("100%"));
}

class ProgressSinkTest : public testing::Test {
protected:
    ProgressSinkTest() : scratch_("/tmp", "lxcpp-progress-") {
        fake_now = {};
        ::setenv("TERM", "xterm", 1);
        file_ = sys::open_file(path(), {.access = sys::Access::Write, .create = true});
    }
    std::filesystem::path path() { return scratch_.path() / "out"; }
    std::string output() { return sys::read_file(path()); }

    sys::TempDir scratch_;
    Fd file_;
};

TEST_F(ProgressSinkTest, PlainOutputIsALineNowAndThen) {
    const auto sink = make_progress(file_, &fake_clock);
    sink->begin("Downloading packages", 10'000'000, ProgressUnit::Bytes);
    for (int second = 1; second <= 11; ++second) {
        fake_now += 1s;
        sink->update(static_cast<std::uint64_t>(second) * 900'000, 10'000'000);
    }
    sink->update(10'000'000, 10'000'000);
    sink->end("183 files");
    EXPECT_EQ(output(), "Downloading packages: 10.0 MB\n"
                        "Downloading packages: 45%, 4.5 MB of 10.0 MB  900.0 kB/s  0:06 left\n"
                        "Downloading packages: 90%, 9.0 MB of 10.0 MB  900.0 kB/s  0:01 left\n"
                        "Downloading packages: 183 files in 0:11\n");
}

TEST_F(ProgressSinkTest, ControlCharactersDoNotReachTheTerminal) {
    const auto sink = make_progress(file_, &fake_clock);
    sink->message("name\x1b[2Jevil");
    sink->begin("pha\rse", 0, ProgressUnit::Items);
    sink->end("no\x07te");
    EXPECT_THAT(output(), Not(HasSubstr("\x1b")));
    EXPECT_THAT(output(), Not(HasSubstr("\r")));
    EXPECT_THAT(output(), Not(HasSubstr("\x07")));
}

TEST_F(ProgressSinkTest, AnUnfinishedPhaseIsAbandoned) {
    const auto sink = make_progress(file_, &fake_clock);
    try {
        ProgressPhase phase(*sink, "Unpacking", 3);
        phase.advance();
        throw std::runtime_error("x");
    } catch (const std::runtime_error&) {
    }
    EXPECT_EQ(output(), "Unpacking: 3\n");
}

TEST_F(ProgressSinkTest, ATerminalShowsOneLineThatFits) {
    auto pty = sys::open_pty();
    sys::set_window_size(pty.master, {.ws_row = 24, .ws_col = 60, .ws_xpixel = 0, .ws_ypixel = 0});
    const auto sink = make_progress(pty.slave, &fake_clock);
    sink->begin("Downloading", 100'000'000, ProgressUnit::Bytes);
    for (int i = 0; i < 1000; ++i) { // no time passes: nothing is redrawn
        sink->update(static_cast<std::uint64_t>(i), 100'000'000);
    }
    sink->show_parts([] { return std::vector<ProgressPart>(); });
    fake_now += 10s;
    sink->update(50'000'000, 100'000'000);
    sink->end("183 files");
    pty.slave.reset(); // so that the other side ends
    EXPECT_EQ(read_all(pty.master), "\rDownloading [                       ]   0%  0 B of 100.0 MB\x1b[K"
                     "\rDownloading  50%  50.0 MB of 100.0 MB  5.0 MB/s  0:10 left\x1b[K"
                     "\rDownloading: 183 files in 0:10\x1b[K\r\n");
}

TEST_F(ProgressSinkTest, ATerminalShowsLargePartsAboveTheTotal) {
    auto pty = sys::open_pty();
    sys::set_window_size(pty.master, {.ws_row = 24, .ws_col = 60, .ws_xpixel = 0, .ws_ypixel = 0});
    const auto sink = make_progress(pty.slave, &fake_clock);
    std::vector<ProgressPart> parts{{"meta.tar.xz", 10, 500}, {"a", 0, 2'000'000}, {"root.xz", 0, 8'000'000}};
    sink->begin("Down", 10'000'000, ProgressUnit::Bytes);
    sink->show_parts([&] { return parts; });
    fake_now += 1s;
    sink->update(0, 10'000'000);
    parts = {{"root.xz", 4'000'000, 8'000'000}};
    fake_now += 2s;
    sink->update(6'000'000, 10'000'000);
    sink->message("said");
    fake_now += 1s;
    sink->update(8'000'000, 10'000'000);
    sink->end("2 files");
    pty.slave.reset();
    EXPECT_EQ(read_all(pty.master),
              "\rDown [                               ]   0%  0 B of 10.0 MB\x1b[K"
              "\r  a       [                           ]   0%  0 B of 2.0 MB\x1b[K\r\n"
              "  root.xz [                           ]   0%  0 B of 8.0 MB\x1b[K\r\n"
              "Down [                               ]   0%  0 B of 10.0 MB\x1b[J"
              "\r\x1b[2A  root.xz  50%  4.0 MB of 8.0 MB  2.0 MB/s  0:02 left\x1b[K\r\n"
              "Down  60%  6.0 MB of 10.0 MB  2.0 MB/s  0:02 left\x1b[J"
              "\r\x1b[1Asaid\x1b[K\r\n\x1b[J"
              "\r  root.xz  50%  4.0 MB of 8.0 MB  1.3 MB/s  0:03 left\x1b[K\r\n"
              "Down  80%  8.0 MB of 10.0 MB  2.0 MB/s  0:01 left\x1b[J"
              "\r\x1b[1ADown: 2 files in 0:04\x1b[J\r\n");
}

TEST_F(ProgressSinkTest, ATerminalThatCannotGetsLines) {
    ::setenv("TERM", "dumb", 1);
    auto pty = sys::open_pty();
    const auto sink = make_progress(pty.slave, &fake_clock);
    sink->begin("Downloading", 2, ProgressUnit::Items);
    sink->end("");
    pty.slave.reset();
    EXPECT_EQ(read_all(pty.master), "Downloading: 2\r\nDownloading: 0\r\n");
}

TEST_F(ProgressSinkTest, AReaderThatWentAwayIsNoError) {
    const auto sink = make_progress(FdRef(-1), &fake_clock);
    EXPECT_NO_THROW(sink->begin("Unpacking", 3, ProgressUnit::Items));
    EXPECT_NO_THROW(sink->end(""));
}
