// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <optional>
#include <string>
#include <string_view>

namespace lxcpp {

// LXC's levels, lxc.log.level and -l use these names.
enum class LogLevel { Trace, Debug, Info, Notice, Warn, Error, Crit, Alert, Fatal };

[[nodiscard]] std::string_view log_level_name(LogLevel level) noexcept;
// Case-insensitive name, or 0..8.
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view text) noexcept;

struct LogOptions {
    std::string program;              // first word of each line
    LogLevel level = LogLevel::Error; // less important lines are dropped
    std::string file;                 // appended to; empty = none
    bool to_stderr = true;            // only lines at or above level
};

} // namespace lxcpp

// The one logger of the process (the sole global of design rule 7). Library code logs at debug and
// info, and throws for errors; it never does both.
namespace lxcpp::log {

void configure(const LogOptions& options); // throws SystemError when the file cannot be opened
[[nodiscard]] bool enabled(LogLevel level) noexcept;
void write(LogLevel level, std::string_view message) noexcept;

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(LogLevel::Debug))
        write(LogLevel::Debug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(LogLevel::Info))
        write(LogLevel::Info, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(LogLevel::Warn))
        write(LogLevel::Warn, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(LogLevel::Error))
        write(LogLevel::Error, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace lxcpp::log
