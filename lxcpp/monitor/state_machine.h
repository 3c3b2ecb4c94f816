// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/state.h>

#include "sys/pidfd.h"

#include <optional>
#include <vector>

namespace lxcpp {

// The states of one container as its monitor sees them: pure, no clock, no descriptor. Each step
// gives the states to announce, in order.
class StateMachine {
public:
    explicit StateMachine(State state = State::Running) noexcept : state_(state) {}

    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] bool init_exited() const noexcept { return exited_; }
    [[nodiscard]] const std::optional<sys::ExitStatus>& exit() const noexcept { return exit_; }

    // A tool's notice. nullopt: it makes no sense in this state.
    [[nodiscard]] std::optional<std::vector<State>> notice(State wanted) {
        if (exited_ || !may_follow(wanted)) return std::nullopt;
        if (wanted == state_) return std::vector<State>{};
        // THAWED is only ever announced: who waits for RUNNING must see it after a thaw.
        if (wanted == State::Thawed) {
            state_ = State::Running;
            return std::vector{State::Thawed, State::Running};
        }
        state_ = wanted;
        return std::vector{wanted};
    }

    // Init is gone; nullopt when nobody knows how. STOPPING is announced even after a tool's notice,
    // because it carries the exit status; STOPPED is left to the clean-up.
    [[nodiscard]] std::vector<State> init_exit(std::optional<sys::ExitStatus> exit) {
        exited_ = true;
        exit_ = exit;
        state_ = State::Stopping;
        return {State::Stopping};
    }

private:
    [[nodiscard]] bool may_follow(State wanted) const noexcept {
        switch (wanted) {
        case State::Freezing:
            return state_ == State::Running || state_ == State::Freezing;
        case State::Frozen:
            return state_ == State::Running || state_ == State::Freezing || state_ == State::Frozen;
        case State::Thawed:
            return state_ == State::Freezing || state_ == State::Frozen || state_ == State::Running;
        case State::Stopping:
        case State::Running: // a stop that was given up, a freeze that failed
            return true;
        case State::Stopped:
        case State::Starting:
        case State::Aborting:
            return false;
        }
        return false;
    }

    State state_;
    bool exited_ = false;
    std::optional<sys::ExitStatus> exit_;
};

} // namespace lxcpp
