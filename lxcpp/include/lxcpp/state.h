// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/export.h>

#include <optional>
#include <string_view>

namespace lxcpp {

// A container's state, with LXC's words (lxc(7)).
enum class State { Stopped, Starting, Running, Stopping, Aborting, Freezing, Frozen, Thawed };

[[nodiscard]] LXCPP_API std::string_view state_name(State state) noexcept; // "RUNNING"
[[nodiscard]] LXCPP_API std::optional<State> parse_state(std::string_view text) noexcept; // exact word

} // namespace lxcpp
