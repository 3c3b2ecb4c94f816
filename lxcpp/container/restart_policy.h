// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"
#include "sys/pidfd.h"

#include <chrono>
#include <optional>

namespace lxcpp {

// A run that ended without anybody having asked for it.
struct LastRun {
    std::optional<sys::ExitStatus> exit; // not known where the monitor was not init's parent
    std::chrono::milliseconds ran{};
    unsigned restarts = 0;        // by policy before it, since lxcpp-start
    std::chrono::seconds delay{}; // that it was started after
};

struct NextRun {
    unsigned restarts = 0;
    std::chrono::seconds delay{};
    bool operator==(const NextRun&) const = default;
};

// What lxc.restart.* makes of it: nullopt = it stays stopped. The delay doubles, up to a minute, as long as runs are
// shorter than ten seconds. A system that was powered off from inside stays off.
[[nodiscard]] std::optional<NextRun> next_run(const Restart& wish, const LastRun& last);

} // namespace lxcpp
