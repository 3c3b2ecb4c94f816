// SPDX-License-Identifier: Apache-2.0
#include "image/progress.h"

#include "base/strings.h"
#include "sys/file.h"
#include "sys/pty.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/core.h>
#include <map>
#include <utility>

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
    if (state.elapsed < kRateWindow || state.done <= state.before) return {};
    const double seconds = static_cast<double>(state.elapsed.count()) / 1000;
    const double rate = static_cast<double>(state.done - state.before) / seconds;
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
        fresh_ = true;
        parts_ = nullptr;
        show_begin();
    }

    void show_parts(ProgressParts parts) override { parts_ = std::move(parts); }

    void update(std::uint64_t done, std::uint64_t total) override {
        state_.done = done;
        state_.total = total;
        const auto now = clock_();
        if (std::exchange(fresh_, false) && now - started_ < kRedraw) state_.before = done; // nothing is that fast
        if (now - shown_ < interval()) return;
        shown_ = now;
        state_.elapsed = since_start(now);
        show_update();
    }

    void end(std::string_view note) override {
        parts_ = nullptr;
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
    [[nodiscard]] std::vector<ProgressPart> parts() const { return parts_ ? parts_() : std::vector<ProgressPart>(); }
    [[nodiscard]] std::chrono::steady_clock::time_point now() const { return clock_(); }
    [[nodiscard]] FdRef output() const noexcept { return output_; }

private:
    [[nodiscard]] std::chrono::milliseconds
    since_start(std::chrono::steady_clock::time_point now) const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
    }

    FdRef output_;
    ProgressClock clock_;
    ProgressState state_;
    ProgressParts parts_;
    bool fresh_ = true; // the phase has had no update yet
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point shown_;
};

// Redraws the line of the phase, below those of its parts. All is written in one piece, each line cleared to its end
// and then what was below, so nothing flickers. The cursor waits at the end of the last line.
class TerminalProgress final : public ShownProgress {
public:
    using ShownProgress::ShownProgress;
    void abandon() noexcept override {
        try {
            put(above_ == 0 ? "\n" : to_first_line() + phase_line() + kClearBelow + "\n");
        } catch (const std::exception&) { // no memory for a line
            put("\n");
        }
    }
    void message(std::string_view line) override { put(to_first_line() + printable(line) + kClear + "\n" + kClearBelow); }

private:
    static constexpr auto kClear = "\x1b[K";
    static constexpr auto kClearBelow = "\x1b[J";
    static constexpr std::size_t kMostParts = 8;
    static constexpr std::uint64_t kLargePart = 1'000'000; // what is smaller is gone before it is read

    struct Start {
        std::chrono::steady_clock::time_point time;
        std::uint64_t done = 0;
    };

    std::chrono::milliseconds interval() const override { return kRedraw; }
    void show_begin() override {
        starts_.clear();
        put(to_first_line() + phase_line() + kClear);
    }
    void show_update() override {
        const std::vector<std::string> lines = part_lines();
        std::string text = to_first_line();
        for (const std::string& line : lines) text += line + kClear + "\n";
        put(text + phase_line() + (lines.empty() && !had_parts_ ? kClear : kClearBelow));
        above_ = lines.size();
        had_parts_ = above_ != 0;
    }
    void show_end(const std::string& note) override {
        std::string line = finished(note);
        line.insert(line.size() - 1, above_ == 0 ? kClear : kClearBelow);
        put(to_first_line() + line);
    }

    // From where the cursor waits.
    [[nodiscard]] std::string to_first_line() {
        const std::size_t up = std::exchange(above_, 0);
        return up == 0 ? "\r" : fmt::format("\r\x1b[{}A", up);
    }
    [[nodiscard]] std::string phase_line() const { return render_progress_line(state(), width()); }

    std::vector<std::string> part_lines() {
        std::vector<ProgressPart> shown = parts();
        std::erase_if(shown, [](const ProgressPart& part) { return part.total != 0 && part.total < kLargePart; });
        shown.resize(std::min({shown.size(), kMostParts, height() / 2}));
        std::size_t longest = 0;
        for (const ProgressPart& part : shown) longest = std::max(longest, part.name.size());
        std::vector<std::string> lines;
        for (const ProgressPart& part : shown) lines.push_back(part_line(part, longest));
        return lines;
    }
    std::string part_line(const ProgressPart& part, std::size_t name_width) {
        const auto [start, fresh] = starts_.try_emplace(part.name, Start{now(), part.done});
        const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now() - start->second.time);
        return render_progress_line({.phase = fmt::format("  {:<{}}", printable(part.name), name_width), .done = part.done, .total = part.total,
                                     .unit = ProgressUnit::Bytes, .elapsed = elapsed, .before = start->second.done},
                                    width());
    }

    // A serial line does not know its width. One column less, or some terminals wrap.
    [[nodiscard]] unsigned width() const noexcept {
        const auto size = sys::window_size(output());
        return size && size->ws_col > 1 ? size->ws_col - 1u : 79u;
    }
    [[nodiscard]] std::size_t height() const noexcept {
        const auto size = sys::window_size(output());
        return size && size->ws_row != 0 ? size->ws_row : 24u;
    }

    std::size_t above_ = 0; // lines of parts above the cursor
    bool had_parts_ = false;
    std::map<std::string, Start> starts_; // of parts of this phase
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
    const char* kind = std::getenv("TERM");
    const bool dumb = kind != nullptr && std::string_view(kind) == "dumb";
    if (!dumb && sys::is_terminal(output)) return std::make_unique<TerminalProgress>(output, clock);
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
    const std::string share = state.total == 0 ? "" : fmt::format(" {:3}%", percent(state));
    const std::string short_line = fmt::format("{}{} {}{}", state.phase, share, share.empty() ? "" : " ", amount(state));
    const std::string line = short_line + speed(state);
    // Too narrow for a bar that says something: the figures alone, or what there is room for.
    if (!share.empty() && line.size() + 13 <= width) {
        const std::size_t bar_width = std::min<std::size_t>(40, width - line.size() - 3);
        return fmt::format("{} {}{}", state.phase, bar(percent(state), bar_width), line.substr(state.phase.size()));
    }
    if (line.size() <= width) return line;
    if (short_line.size() <= width) return short_line;
    const std::size_t room = width > share.size() ? width - share.size() : 0;
    return (state.phase.substr(0, room) + share).substr(0, width);
}

} // namespace lxcpp::image
