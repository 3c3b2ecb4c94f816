// SPDX-License-Identifier: Apache-2.0
#include "cgroup/freezer.h"

#include "base/strings.h"
#include "cgroup/wait.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <ranges>
#include <string>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// One freezer: v2 is asked through cgroup.freeze and answers in cgroup.events; v1 does both in
// freezer.state.
struct Freezer {
    fs::path control;
    fs::path status;
    bool v2 = true;

    void set(bool frozen) const {
        if (v2) {
            sys::write_existing(control, frozen ? "1" : "0");
        } else {
            sys::write_existing(control, frozen ? "FROZEN" : "THAWED");
        }
    }

    [[nodiscard]] bool says(std::string_view text, bool frozen) const {
        if (v2) return flat_value(text, "frozen") == (frozen ? "1" : "0");
        return trim(text) == (frozen ? "FROZEN" : "THAWED");
    }

    // text: what the status file says. What v1 was asked for itself is what it is, or becomes.
    [[nodiscard]] bool asked_to_freeze(std::string_view text) const {
        return v2 ? trim(sys::read_file_if_exists(control).value_or("")) == "1" : !text.empty() && !says(text, false);
    }

    [[nodiscard]] FreezerState state() const {
        const std::string text = sys::read_file_if_exists(status).value_or("");
        if (says(text, true)) return FreezerState::Frozen;
        const bool asked = v2 ? asked_to_freeze(text) : trim(text) == "FREEZING";
        return asked ? FreezerState::Freezing : FreezerState::Thawed;
    }
};

// On a hybrid host the v2 group comes last.
std::optional<Freezer> find_v2(std::span<const fs::path> dirs) {
    for (const fs::path& dir : std::views::reverse(dirs)) {
        if (sys::exists(dir / "cgroup.freeze")) return Freezer{dir / "cgroup.freeze", dir / "cgroup.events"};
    }
    return std::nullopt;
}

std::optional<Freezer> find_v1(std::span<const fs::path> dirs) {
    // Mostly the hierarchy is named after it; a listing asks this of each container.
    for (const bool named : {true, false}) {
        for (const fs::path& dir : dirs) {
            if ((dir.native().find("freezer") != std::string::npos) != named) continue;
            const fs::path file = dir / "freezer.state";
            if (sys::exists(file)) return Freezer{file, file, false};
        }
    }
    return std::nullopt;
}

enum class Frozen { Yes, No, ThawedByAnother };

Frozen wait_until_frozen(const Freezer& freezer, milliseconds timeout) {
    const Deadline deadline = std::chrono::steady_clock::now() + timeout;
    Frozen result = Frozen::No;
    (void)wait_for_content(freezer.status, deadline, [&](std::string_view text) {
        // A v1 group that still freezes has to be asked again when processes came in meanwhile.
        if (!freezer.v2 && trim(text) == "FREEZING") freezer.set(true);
        if (freezer.says(text, true)) result = Frozen::Yes;
        else if (!freezer.asked_to_freeze(text)) result = Frozen::ThawedByAnother;
        return result != Frozen::No;
    });
    return result;
}

// Whoever freezes it meanwhile loses: a command that stops or thaws a container is not held up by one that freezes it.
bool wait_until_thawed(const Freezer& freezer, milliseconds timeout) {
    const Deadline deadline = std::chrono::steady_clock::now() + timeout;
    return wait_for_content(freezer.status, deadline, [&](std::string_view text) {
        if (freezer.says(text, false)) return true;
        if (freezer.asked_to_freeze(text)) freezer.set(false);
        return false;
    });
}

void thaw_one(const Freezer& freezer, milliseconds timeout) {
    freezer.set(false);
    if (wait_until_thawed(freezer, timeout)) return;
    throw StateError(StateProblem::TimedOut,
                     fmt::format("{} is not thawed after {} ms: a group above it may be frozen",
                                 freezer.control.native(), timeout.count()));
}

} // namespace

FreezerState freezer_state(std::span<const fs::path> dirs) {
    FreezerState state = FreezerState::Thawed;
    if (const auto freezer = find_v2(dirs)) state = freezer->state();
    if (const auto freezer = find_v1(dirs)) state = std::max(state, freezer->state());
    return state;
}

void freeze(std::span<const fs::path> dirs, milliseconds timeout) {
    auto freezer = find_v2(dirs);
    if (!freezer) freezer = find_v1(dirs);
    if (!freezer) throw Error("freeze: the container has no cgroup with a freezer on this host");
    freezer->set(true);
    const Frozen result = wait_until_frozen(*freezer, timeout);
    if (result == Frozen::Yes) return;
    if (result == Frozen::ThawedByAnother) {
        throw StateError(StateProblem::Busy, "freeze: another command thawed or stopped the container meanwhile");
    }
    freezer->set(false);
    throw StateError(StateProblem::TimedOut,
                     fmt::format("freeze: a process did not stop within {} ms (it may be stuck in the kernel)",
                                 timeout.count()));
}

void thaw(std::span<const fs::path> dirs, milliseconds timeout) {
    if (const auto freezer = find_v2(dirs)) thaw_one(*freezer, timeout);
    if (const auto freezer = find_v1(dirs)) thaw_one(*freezer, timeout);
}

} // namespace lxcpp
