// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "image/progress.h"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

enum class ReportForm { Text, Quiet, Json };

// A step that failed, for people: what it was, how it ended, and the text that it ran.
struct FailedStep {
    std::string title;
    std::string reason;     // "exit code 1", "killed by SIGKILL"
    std::string script;     // empty: no script but words
    std::string place = {}; // in the recipe
};

// What a build says while it works: lines for people on standard error, or one JSON object a line on standard output.
class BuildReport {
public:
    explicit BuildReport(ReportForm form);
    BuildReport(const BuildReport&) = delete;
    BuildReport& operator=(const BuildReport&) = delete;

    void image(std::string_view title); // one of several images begins
    void expect(std::size_t steps);     // of this image, in all
    // A step begins; it ends by done(), cached() or failed().
    void begin(std::string_view title);
    void done();
    void cached(std::string_view title, std::chrono::seconds saved); // without begin()
    // With the end of what it printed.
    void failed(const FailedStep& step, const std::filesystem::path& log);
    void message(std::string_view line);
    void warn(std::string_view line);
    // A file or directory that was made.
    void output(const std::filesystem::path& path, std::uint64_t size, std::string_view sha256);
    void summary();

    // Of downloads and packing, within a step.
    [[nodiscard]] image::ProgressSink& progress() noexcept { return *progress_; }

private:
    using Clock = std::chrono::steady_clock;
    void line(std::string_view text);
    [[nodiscard]] double seconds_since(Clock::time_point start) const;

    ReportForm form_;
    std::unique_ptr<image::ProgressSink> progress_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point step_start_{};
    std::string title_;
    std::size_t number_ = 0;
    std::size_t count_ = 0;
    std::size_t cached_ = 0;
    std::size_t run_ = 0;
    bool open_line_ = false; // a step's line waits for its end
};

// The last lines of a file, at most so many, safe for a terminal.
[[nodiscard]] std::vector<std::string> last_lines(const std::filesystem::path& file, std::size_t count);

} // namespace lxcpp::distro
