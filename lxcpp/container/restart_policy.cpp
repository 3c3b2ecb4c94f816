// SPDX-License-Identifier: Apache-2.0
#include "container/restart_policy.h"

#include <algorithm>
#include <csignal>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kLongRun{10};
constexpr std::chrono::seconds kLongestDelay{60};

bool failed(const std::optional<sys::ExitStatus>& exit) { return !exit || *exit != sys::ExitStatus{}; }

// reboot(2), NOTES: how a pid namespace ends by RB_HALT_SYSTEM and RB_POWER_OFF.
bool powered_off(const std::optional<sys::ExitStatus>& exit) { return exit && *exit == sys::ExitStatus{true, SIGINT}; }

std::chrono::seconds delay_of(const Restart& wish, const LastRun& last) {
    const std::chrono::seconds first(wish.delay);
    if (last.restarts == 0 || last.ran >= kLongRun) return first;
    return std::clamp(2 * last.delay, first, std::max(first, kLongestDelay));
}

} // namespace

std::optional<NextRun> next_run(const Restart& wish, const LastRun& last) {
    if (wish.policy == RestartPolicy::No || powered_off(last.exit)) return std::nullopt;
    if (wish.policy == RestartPolicy::OnFailure) {
        if (!failed(last.exit)) return std::nullopt;
        if (wish.most != 0 && last.restarts >= wish.most) return std::nullopt;
    }
    return NextRun{last.restarts + 1, delay_of(wish, last)};
}

} // namespace lxcpp
