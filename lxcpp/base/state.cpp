// SPDX-License-Identifier: Apache-2.0
#include <lxcpp/state.h>

#include <array>
#include <utility>

namespace lxcpp {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 8> kStates{{
    {State::Stopped, "STOPPED"},
    {State::Starting, "STARTING"},
    {State::Running, "RUNNING"},
    {State::Stopping, "STOPPING"},
    {State::Aborting, "ABORTING"},
    {State::Freezing, "FREEZING"},
    {State::Frozen, "FROZEN"},
    {State::Thawed, "THAWED"},
}};

} // namespace

std::string_view state_name(State state) noexcept {
    return kStates[static_cast<std::size_t>(state)].second;
}

std::optional<State> parse_state(std::string_view text) noexcept {
    for (const auto& [state, name] : kStates) {
        if (name == text) return state;
    }
    return std::nullopt;
}

} // namespace lxcpp
