// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lxcpp {

[[nodiscard]] std::string host_architecture(); // as lxc.arch has it: "x86_64"
// Whether programs of an architecture (of lxc.arch) run here: it is the machine's own, the 32-bit one of it, or one for
// which an interpreter is registered (binfmt_misc).
[[nodiscard]] bool can_run_architecture(std::string_view architecture);

// The first half of the above: by what the machine itself executes.
[[nodiscard]] bool executes(std::string_view machine, std::string_view architecture) noexcept;

} // namespace lxcpp
