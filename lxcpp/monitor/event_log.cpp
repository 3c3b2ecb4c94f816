// SPDX-License-Identifier: Apache-2.0
#include "monitor/event_log.h"

#include "sys/file.h"
#include "sys/stream.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <exception>
#include <utility>

namespace lxcpp {
namespace {

std::string utc_now() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    tm utc{};
    ::gmtime_r(&now.tv_sec, &utc);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ",
                  utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                  utc.tm_sec, now.tv_nsec / 1000000);
    return text.data();
}

} // namespace

EventLog::EventLog(const std::filesystem::path& path, std::string container) noexcept
    : container_(std::move(container)) {
    try {
        if (path.empty()) return;
        file_ = sys::open_file(path, {.access = sys::Access::Append,
                                      .create = true,
                                      .follow = false,
                                      .nonblock = true,
                                      .mode = 0640});
    } catch (const std::exception&) {
        // See the header: no log is better than no container.
    }
}

void EventLog::write(std::string_view level, std::string_view text) noexcept {
    if (!file_.valid()) return;
    try {
        std::string line = "lxcpp-supervisor " + utc_now();
        line.append(" ").append(level).append(" ").append(container_).append(": ").append(text);
        line += '\n';
        (void)sys::try_write(file_, line);
    } catch (const std::exception&) {
        // Out of memory: the line is lost.
    }
}

} // namespace lxcpp
