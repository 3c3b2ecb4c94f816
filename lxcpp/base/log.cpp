// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include "base/fd.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr std::array<std::string_view, 9> kLevelNames{"TRACE", "DEBUG", "INFO",  "NOTICE", "WARN",
                                                      "ERROR", "CRIT",  "ALERT", "FATAL"};

bool same_word(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace

std::string_view log_level_name(LogLevel level) noexcept {
    return kLevelNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view text) noexcept {
    for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
        if (same_word(text, kLevelNames[i])) return static_cast<LogLevel>(i);
    }
    const auto number = parse_u64(text);
    if (!number || *number >= kLevelNames.size()) return std::nullopt;
    return static_cast<LogLevel>(*number);
}

} // namespace lxcpp

namespace lxcpp::log {
namespace {

using LineFormat = std::string (*)(const std::string& program, LogLevel level,
                                   std::string_view text);

std::string terminal_line(const std::string& program, LogLevel level, std::string_view text) {
    if (level >= LogLevel::Warn) return fmt::format("{}: {}\n", program, text);
    return fmt::format("{}: {}: {}\n", program, log_level_name(level), text);
}

std::string file_line(const std::string& program, LogLevel level, std::string_view text) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    tm utc{};
    ::gmtime_r(&now.tv_sec, &utc);
    return fmt::format("{} {:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z {} {}\n", program,
                       utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                       utc.tm_sec, now.tv_nsec / 1000000, log_level_name(level), text);
}

// Our nine levels do not fit spdlog's six: a record carries ours as its source line.
LogLevel level_of(const spdlog::details::log_msg& record) noexcept {
    return static_cast<LogLevel>(record.source.line);
}

Fd open_log_file(const std::string& path) {
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW,
                 0640));
    if (!fd.valid()) throw SystemError("open log file " + path);
    return fd;
}

// A log file whose descriptor may be closed under it: a new process closes all that it does not
// know, and its next descriptor has that number.
class LogFile {
public:
    explicit LogFile(std::string path) : path_(std::move(path)) {
        open();
        path_ = std::filesystem::absolute(path_).string(); // for later, when we are elsewhere
    }
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;
    ~LogFile() {
        if (!is_ours()) (void)fd_.release();
    }

    [[nodiscard]] int number() {
        if (!is_ours()) {
            (void)fd_.release();
            open();
        }
        return fd_.raw();
    }

private:
    void open() {
        fd_ = open_log_file(path_);
        if (::fstat(fd_.raw(), &file_) != 0) throw SystemError("look at log file " + path_);
    }
    [[nodiscard]] bool is_ours() const noexcept {
        struct stat now {};
        return ::fstat(fd_.raw(), &now) == 0 && now.st_dev == file_.st_dev &&
               now.st_ino == file_.st_ino;
    }

    std::string path_;
    Fd fd_;
    struct stat file_ {};
};

// Each line is one write(2) on an O_APPEND descriptor: lines of several processes do not mix, and
// unlike spdlog's own file sink the descriptor is close-on-exec and never a followed link.
class LineSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    // Without a file it is standard error's.
    LineSink(std::unique_ptr<LogFile> file, std::string program, LineFormat format)
        : file_(std::move(file)), program_(std::move(program)), format_(format) {}

private:
    void sink_it_(const spdlog::details::log_msg& record) override {
        const std::string_view text(record.payload.data(), record.payload.size());
        const std::string line = format_(program_, level_of(record), text);
        const int fd = file_ ? file_->number() : STDERR_FILENO;
        // A log that cannot be written is no reason to fail what is logged.
        while (::write(fd, line.data(), line.size()) < 0 && errno == EINTR) {
        }
    }
    void flush_() override {}

    std::unique_ptr<LogFile> file_;
    std::string program_;
    LineFormat format_;
};

struct Logger {
    std::unique_ptr<spdlog::logger> spdlog; // none until configure(): a library is silent
    LogLevel level = LogLevel::Error;
};

Logger& logger() {
    static Logger instance;
    return instance;
}

} // namespace

void configure(const LogOptions& options) {
    auto result = std::make_unique<spdlog::logger>(options.program);
    if (!options.file.empty()) {
        result->sinks().push_back(std::make_shared<LineSink>(
            std::make_unique<LogFile>(options.file), options.program, file_line));
    }
    if (options.to_stderr) {
        result->sinks().push_back(
            std::make_shared<LineSink>(nullptr, options.program, terminal_line));
    }
    result->set_level(spdlog::level::trace);
    logger() = {std::move(result), options.level};
}

bool enabled(LogLevel level) noexcept {
    return logger().spdlog != nullptr && level >= logger().level;
}

void write(LogLevel level, std::string_view message) noexcept {
    if (!enabled(level)) return;
    try {
        const spdlog::source_loc carrier{"", static_cast<int>(level), ""};
        logger().spdlog->log(carrier, spdlog::level::critical, printable(message));
    } catch (...) { // out of memory: the line is lost, the work goes on
    }
}

} // namespace lxcpp::log
