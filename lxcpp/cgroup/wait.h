// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string_view>

namespace lxcpp {

using Deadline = std::chrono::steady_clock::time_point;

// Reads file until wanted() accepts its content; false at the deadline. Between two reads it waits
// for the kernel's notification (v2 cgroup.events) or, where there is none, a few milliseconds. A
// file that vanishes counts as empty text.
[[nodiscard]] bool wait_for_content(const std::filesystem::path& file, Deadline deadline,
                                    const std::function<bool(std::string_view)>& wanted);

// Sleeps, a little longer each time, and never past the deadline; false when that has come.
class Backoff {
public:
    explicit Backoff(Deadline deadline) noexcept : deadline_(deadline) {}
    bool pause();

private:
    Deadline deadline_;
    std::chrono::microseconds next_{500};
};

// The number behind "key " in a file of "key number" lines, as text; empty when it is not there.
[[nodiscard]] std::string_view flat_value(std::string_view text, std::string_view key);

} // namespace lxcpp
