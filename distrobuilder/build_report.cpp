// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/build_report.h"

#include "base/strings.h"
#include "common/harmless.h"
#include "common/say.h"
#include "sys/file.h"
#include "sys/terminal.h"

#include <algorithm>
#include <fcntl.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace lxcpp::distro {
namespace {

using tools::harmless;
using tools::say;
using Json = nlohmann::ordered_json;

constexpr std::size_t kTail = 20;
constexpr std::size_t kTailBytes = 16u << 10;
constexpr std::size_t kShownScript = 40; // lines

void print_json(const Json& object) {
    fmt::print("{}\n", object.dump(-1, ' ', false, Json::error_handler_t::replace));
    (void)std::fflush(stdout);
}

std::unique_ptr<image::ProgressSink> sink_of(ReportForm form) {
    if (form == ReportForm::Text) return image::make_progress(FdRef(STDERR_FILENO));
    return std::make_unique<image::SilentProgress>();
}

void say_indented(std::string_view text, std::size_t most) {
    std::size_t count = 0;
    const auto lines = split_lines(text);
    for (const std::string_view line : lines) {
        if (++count > most) {
            say("    ... {} lines more\n", lines.size() - most);
            return;
        }
        say("    {}\n", harmless(line));
    }
}

} // namespace

BuildReport::BuildReport(ReportForm form) : form_(form), progress_(sink_of(form)) {}

double BuildReport::seconds_since(Clock::time_point start) const {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void BuildReport::line(std::string_view text) {
    if (form_ != ReportForm::Text) return;
    if (open_line_) say("\n");
    open_line_ = false;
    say("{}\n", text);
}

void BuildReport::image(std::string_view title) {
    number_ = count_ = 0;
    if (form_ == ReportForm::Json) print_json({{"event", "image"}, {"title", std::string(title)}});
    else line(fmt::format("{}:", harmless(title)));
}

void BuildReport::expect(std::size_t steps) { count_ = steps; }

void BuildReport::begin(std::string_view title) {
    title_ = title;
    ++number_;
    step_start_ = Clock::now();
    if (form_ == ReportForm::Json) print_json({{"event", "begin"}, {"step", number_}, {"of", count_}, {"title", title_}});
    if (form_ != ReportForm::Text) return;
    if (open_line_) say("\n");
    say("[{}/{}] {}\n", number_, count_, harmless(title_));
}

void BuildReport::done() {
    ++run_;
    const double seconds = seconds_since(step_start_);
    if (form_ == ReportForm::Json)
        print_json({{"event", "done"}, {"step", number_}, {"of", count_}, {"title", title_}, {"seconds", seconds}});
    if (seconds >= 1.0) line(fmt::format("        {:.1f} s", seconds));
}

void BuildReport::cached(std::string_view title, std::chrono::seconds saved) {
    ++number_;
    ++cached_;
    if (form_ == ReportForm::Json)
        print_json({{"event", "cached"}, {"step", number_}, {"of", count_}, {"title", std::string(title)}, {"saved", saved.count()}});
    line(fmt::format("[{}/{}] {} (cached)", number_, count_, harmless(title)));
}

void BuildReport::failed(const FailedStep& step, const std::filesystem::path& log) {
    const std::vector<std::string> tail = last_lines(log, kTail);
    if (form_ == ReportForm::Json) {
        print_json({{"event", "failed"},
                    {"step", number_},
                    {"of", count_},
                    {"title", step.title},
                    {"reason", step.reason},
                    {"output", tail},
                    {"script", step.script},
                    {"place", step.place}});
        return;
    }
    if (open_line_) say("\n");
    open_line_ = false;
    say("{}: {}\n", harmless(step.title), harmless(step.reason));
    if (!tail.empty()) {
        say("  its output ends with:\n");
        say_indented(join(tail, "\n"), kTail);
    }
    if (!step.script.empty()) {
        say("  the script{}{}:\n", step.place.empty() ? "" : " of ", harmless(step.place));
        say_indented(step.script, kShownScript);
    }
}

void BuildReport::message(std::string_view text) {
    if (form_ == ReportForm::Json) print_json({{"event", "message"}, {"text", std::string(text)}});
    else line("        " + harmless(text));
}

void BuildReport::warn(std::string_view text) {
    if (form_ == ReportForm::Json) print_json({{"event", "warning"}, {"text", std::string(text)}});
    else if (form_ == ReportForm::Text) line("warning: " + harmless(text));
}

void BuildReport::output(const std::filesystem::path& path, std::uint64_t size, std::string_view sha256) {
    if (form_ == ReportForm::Json) {
        print_json({{"event", "output"}, {"path", path.string()}, {"size", size}, {"sha256", std::string(sha256)}});
        return;
    }
    line(fmt::format("        {}  {}", harmless(path.string()), size == 0 ? "" : image::format_amount(size, image::ProgressUnit::Bytes)));
}

void BuildReport::summary() {
    const double seconds = seconds_since(start_);
    if (form_ == ReportForm::Json) print_json({{"event", "summary"}, {"steps", run_}, {"cached", cached_}, {"seconds", seconds}});
    else line(fmt::format("Finished in {:.1f} s: {} {}, {} from the cache", seconds, run_, run_ == 1 ? "step" : "steps", cached_));
}

std::vector<std::string> last_lines(const std::filesystem::path& file, std::size_t count) {
    const auto opened = sys::try_open_file(file);
    if (!opened) return {};
    const auto size = static_cast<std::uint64_t>(sys::stat_fd(*opened).st_size);
    const std::uint64_t from = size > kTailBytes ? size - kTailBytes : 0;
    std::string text(static_cast<std::size_t>(size - from), '\0');
    const ssize_t got = ::pread(opened->raw(), text.data(), text.size(), static_cast<off_t>(from));
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    std::vector<std::string> lines;
    for (const std::string_view line : split_lines(text)) {
        const std::size_t last = trim(line).find_last_of('\r'); // a bar that was drawn over and over
        lines.push_back(harmless(last == line.npos ? line : trim(line).substr(last + 1)));
    }
    while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
    if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
    return lines;
}

} // namespace lxcpp::distro
