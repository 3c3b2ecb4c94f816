// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

enum class ProgressUnit { Bytes, Items };

// One of several files that a phase works at just now; total 0 = not known.
struct ProgressPart {
    std::string name;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
};
using ProgressParts = std::function<std::vector<ProgressPart>()>;

// Where long work says how far it is. One phase at a time, always called from one thread.
class ProgressSink {
public:
    ProgressSink() = default;
    ProgressSink(const ProgressSink&) = delete;
    ProgressSink& operator=(const ProgressSink&) = delete;
    virtual ~ProgressSink() = default;

    // A phase starts, e.g. "Downloading packages". total 0 = not known.
    virtual void begin(std::string_view phase, std::uint64_t total, ProgressUnit unit) = 0;
    // What the phase that has begun works at; asked for in update() only, and as long as the phase lasts.
    virtual void show_parts(ProgressParts) {}
    // The absolute amount done; may also correct the total. Cheap: call as often as you like.
    virtual void update(std::uint64_t done, std::uint64_t total) = 0;
    // The phase is complete; a note ("183 files, 12 kept") ends its line.
    virtual void end(std::string_view note) = 0;
    // The phase stopped by an error: leaves the terminal on a fresh line.
    virtual void abandon() noexcept = 0;
    // A line of its own between or within phases.
    virtual void message(std::string_view line) = 0;
};

// Takes no notice of anything.
class SilentProgress final : public ProgressSink {
public:
    void begin(std::string_view, std::uint64_t, ProgressUnit) override {}
    void update(std::uint64_t, std::uint64_t) override {}
    void end(std::string_view) override {}
    void abandon() noexcept override {}
    void message(std::string_view) override {}
};

// Begins a phase; abandons it when left without end(), i.e. by an exception.
class ProgressPhase {
public:
    ProgressPhase(ProgressSink& sink, std::string_view phase, std::uint64_t total,
                  ProgressUnit unit = ProgressUnit::Items);
    ProgressPhase(const ProgressPhase&) = delete;
    ProgressPhase& operator=(const ProgressPhase&) = delete;
    ~ProgressPhase();
    void update(std::uint64_t done) { sink_.update(done, total_); }
    void advance(std::uint64_t by = 1) { update(done_ += by); }
    void end(std::string_view note = {});

private:
    ProgressSink& sink_;
    std::uint64_t total_;
    std::uint64_t done_ = 0;
    bool open_ = true;
};

using ProgressClock = std::chrono::steady_clock::time_point (*)();

// A bar that redraws one line (percent, amount, rate, time left), and one above it for each of several large files,
// when output is a terminal that can (not TERM=dumb); otherwise one line at the start and end of a phase and one about
// every five seconds. The clock is replaced by tests.
[[nodiscard]] std::unique_ptr<ProgressSink>
make_progress(FdRef output, ProgressClock clock = &std::chrono::steady_clock::now);

// Parts of the drawing that tests look at.
[[nodiscard]] std::string format_amount(std::uint64_t value, ProgressUnit unit); // "12.3 MB", "183"
[[nodiscard]] std::string format_duration(std::chrono::seconds time);            // "1:05"
struct ProgressState {
    std::string phase;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    ProgressUnit unit = ProgressUnit::Items;
    std::chrono::milliseconds elapsed{};
    std::uint64_t before = 0; // of done: was there at the start, and says nothing of the rate
};
// One line of at most width columns, without control characters: as much as fits, the share last.
[[nodiscard]] std::string render_progress_line(const ProgressState& state, unsigned width);

} // namespace lxcpp::image
