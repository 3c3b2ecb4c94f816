// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace lxcpp {

// The monitor's lines in the container's log, in the format of lxcpp::log but without its
// libraries. Writing never blocks and never throws.
class EventLog {
public:
    EventLog() = default; // drops everything
    // Appends to path (mode 0640). A path that cannot be opened drops everything, too: a container
    // does not stop for want of a log.
    EventLog(const std::filesystem::path& path, std::string container) noexcept;

    void info(std::string_view text) noexcept { write("INFO", text); }
    void warn(std::string_view text) noexcept { write("WARN", text); }
    void error(std::string_view text) noexcept { write("ERROR", text); }

private:
    void write(std::string_view level, std::string_view text) noexcept;

    Fd file_;
    std::string container_;
};

} // namespace lxcpp
