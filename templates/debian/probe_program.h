// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::debian {

// A program of an architecture (Debian's name) that does nothing but exit(0), to be tried where it
// is not known whether such programs run: by the kernel itself, or by an interpreter. nullopt for
// one of which there is none.
[[nodiscard]] std::optional<std::string> probe_program(std::string_view architecture);

} // namespace lxcpp::debian
