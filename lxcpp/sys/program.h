// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

// This process as a program: what it becomes, and how ps shows it.
namespace lxcpp::sys {

// execve(2) with our environment. Returns -errno; it does not return when it worked.
[[nodiscard]] int try_exec(const std::filesystem::path& program,
                           std::span<const std::string> argv) noexcept;

// Overwrites the argument area (and the environment behind it, which is copied first) with the
// title, cut to what fits, and sets the thread name. argv is main's. Call it once, with no pointer
// into argv or environ kept.
void set_title(int argc, char** argv, std::string_view title);

// A session of our own and "/" as the working directory.
void leave_terminal();

} // namespace lxcpp::sys
