// SPDX-License-Identifier: Apache-2.0
#include "image/progress.h"

#include "base/strings.h"
#include "sys/file.h"
#include "sys/pty.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::image {

namespace {

using namespace std::chrono_literals;

constexpr auto kRedraw = 100ms;  // often enough to look alive
constexpr auto kSpeakUp = 5s;    // for logs
constexpr auto kRateWindow = 1s; // before that a rate is noise

std::uint64_t percent(const ProgressState& state) {
    if (state.total == 0) return 0;
    return std::min<std::uint64_t>(100, static_cast<std::uint64_t>(
                                            100.0 * static_cast<double>(state.done) /
                                            static_cast<double>(state.total)));
}

std::string amount(const ProgressState& state) {
    if (state.total == 0) return format_amount(state.done, state.unit);
    if (state.unit == ProgressUnit::Items) return fmt::format("{}/{}", state.done, state.total);
    return fmt::format("{} of {}", format_amount(state.done, state.unit),
                       format_amount(state.total, state.unit));
}

// "  4.2 MB/s  0:07 left", as far as it can be known.
std::string speed(const ProgressState& state) {
    if (state.elapsed < kRateWindow || state.done == 0) return {};
    const double seconds = static_cast<double>(state.elapsed.count()) / 1000;
    const double rate = static_cast<double>(state.done) / seconds;
    std::string text;
    if (state.unit == ProgressUnit::Bytes)
        text = fmt::format("  {}/s", format_amount(static_cast<std::uint64_t>(rate), state.unit));
    if (state.total > state.done) {
        const double left = static_cast<double>(state.total - state.done) / rate;
        text += fmt::format("  {} left",
                            format_duration(std::chrono::seconds(static_cast<long>(left + 0.5))));
    }
    return text;
}

std::string bar(std::uint64_t percent_done, std::size_t width) {
    const std::size_t full = percent_done * width / 100;
    return fmt::format("[{}{}]", std::string(full, '#'), std::string(width - full, ' '));
}

// A sink keeps the state; the two kinds differ in when and how they show it.
class ShownProgress : public ProgressSink {
public:
    ShownProgress(FdRef output, ProgressClock clock) : output_(output), clock_(clock) {}

    void begin(std::string_view phase, std::uint64_t total, ProgressUnit unit) override {
        state_ = {.phase = printable(phase), .total = total, .unit = unit};
        started_ = clock_();
        shown_ = started_;
        show_begin();
    }

    void update(std::uint64_t done, std::uint64_t total) override {
        state_.done = done;
        state_.total = total;
        const auto now = clock_();
        if (now - shown_ < interval()) return;
        shown_ = now;
        state_.elapsed = since_start(now);
        show_update();
    }

    void end(std::string_view note) override {
        state_.elapsed = since_start(clock_());
        show_end(printable(note));
    }

protected:
    virtual std::chrono::milliseconds interval() const = 0;
    virtual void show_begin() = 0;
    virtual void show_update() = 0;
    virtual void show_end(const std::string& note) = 0;

    [[nodiscard]] std::string finished(const std::string& note) const {
        std::string text = state_.phase + ": ";
        text += note.empty() ? format_amount(state_.done, state_.unit) : note;
        if (state_.elapsed < kRateWindow) return text + "\n";
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(state_.elapsed);
        return text + fmt::format(" in {}\n", format_duration(seconds));
    }
    // Progress that cannot be shown (the reader went away) is no reason to stop the work.
    void put(std::string_view text) noexcept {
        try {
            sys::write_all(output_, text, "progress");
        } catch (const std::exception&) {
            output_ = FdRef();
        }
    }
    [[nodiscard]] const ProgressState& state() const noexcept { return state_; }
    [[nodiscard]] FdRef output() const noexcept { return output_; }

private:
    [[nodiscard]] std::chrono::milliseconds
    since_start(std::chrono::steady_clock::time_point now) const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
    }

    FdRef output_;
    ProgressClock clock_;
    ProgressState state_;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point shown_;
};

// Redraws one line. It is written in one piece and cleared to its end, so nothing flickers.
class TerminalProgress final : public ShownProgress {
public:
    using ShownProgress::ShownProgress;
    void abandon() noexcept override { put("\n"); }
    void message(std::string_view line) override { put(kStart + printable(line) + kClear + "\n"); }

private:
    static constexpr auto kStart = "\r";
    static constexpr auto kClear = "\x1b[K";

    std::chrono::milliseconds interval() const override { return kRedraw; }
    void show_begin() override { show_update(); }
    void show_update() override {
        put(kStart + render_progress_line(state(), width() - 1) + kClear);
    }
    // A serial line does not know its width. One column less, or some terminals wrap.
    [[nodiscard]] unsigned width() const noexcept {
        const auto size = sys::window_size(output());
        return size && size->ws_col >= 20 ? size->ws_col : 80u;
    }
    void show_end(const std::string& note) override {
        std::string line = finished(note);
        line.insert(line.size() - 1, kClear);
        put(kStart + line);
    }
};

class PlainProgress final : public ShownProgress {
public:
    using ShownProgress::ShownProgress;
    void abandon() noexcept override {}
    void message(std::string_view line) override { put(printable(line) + "\n"); }

private:
    std::chrono::milliseconds interval() const override { return kSpeakUp; }
    void show_begin() override {
        const auto total = state().total;
        put(total == 0 ? state().phase + "\n"
                       : fmt::format("{}: {}\n", state().phase, format_amount(total, state().unit)));
    }
    void show_update() override {
        const std::string share =
            state().total == 0 ? "" : fmt::format("{}%, ", percent(state()));
        put(fmt::format("{}: {}{}{}\n", state().phase, share, amount(state()), speed(state())));
    }
    void show_end(const std::string& note) override { put(finished(note)); }
};

} // namespace

ProgressPhase::ProgressPhase(ProgressSink& sink, std::string_view phase, std::uint64_t total,
                             ProgressUnit unit)
    : sink_(sink), total_(total) {
    sink_.begin(phase, total, unit);
}

ProgressPhase::~ProgressPhase() {
    if (open_) sink_.abandon();
}

void ProgressPhase::end(std::string_view note) {
    open_ = false;
    sink_.end(note);
}

std::unique_ptr<ProgressSink> make_progress(FdRef output, ProgressClock clock) {
    if (sys::is_terminal(output)) return std::make_unique<TerminalProgress>(output, clock);
    return std::make_unique<PlainProgress>(output, clock);
}

std::string format_amount(std::uint64_t value, ProgressUnit unit) {
    if (unit == ProgressUnit::Items) return fmt::format("{}", value);
    if (value < 1000) return fmt::format("{} B", value);
    static constexpr std::array kUnits = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double scaled = static_cast<double>(value) / 1000;
    std::size_t index = 0;
    while (scaled >= 999.95 && index + 1 < kUnits.size()) {
        scaled /= 1000;
        ++index;
    }
    return fmt::format("{:.1f} {}", scaled, kUnits[index]);
}

std::string format_duration(std::chrono::seconds time) {
    const auto seconds = time.count();
    if (seconds >= 3600)
        return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

std::string render_progress_line(const ProgressState& state, unsigned width) {
    const std::string figures = amount(state) + speed(state);
    const std::string head = state.phase + ' ';
    if (state.total == 0) return (head + figures).substr(0, width);
    const std::string share = fmt::format(" {:3}%  ", percent(state));
    const std::size_t fixed = head.size() + 2 + share.size() + figures.size();
    // Too narrow for a bar that says something: the figures alone.
    if (fixed + 10 > width) return (head + share.substr(1) + figures).substr(0, width);
    const std::size_t bar_width = std::min<std::size_t>(40, width - fixed);
    return head + bar(percent(state), bar_width) + share + figures;
}

} // namespace lxcpp::image
