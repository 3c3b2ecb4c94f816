// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace lxcpp::tools {

// "MOUNT|PID", as -s has it: CLONE_NEW* of each word. Throws Error that lists them.
[[nodiscard]] std::uint64_t parse_namespaces(const std::string& text);

} // namespace lxcpp::tools
